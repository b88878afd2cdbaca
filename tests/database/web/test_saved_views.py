"""Saved views of the list of calls: whose they are, what they show, and what is refused."""

import re
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from calltrace.accounts.models import AuditEntry
from calltrace.analyses.models import Analysis, SavedView
from calltrace.analyses.submit import Intake
from calltrace.analyses.views import MOST_VIEWS
from calltrace.db.session import Database
from database.analyses.factory import submitted
from database.web.conftest import Browser, NewPerson, hidden

ALL_COLUMNS = ["when", "called", "agent", "queue", "project", "language", "duration", "status", "score"]


async def _save(browser: Browser, name: str, query: str = "status=failed", **fields: Any) -> str:
    """Save the list as it is narrowed down; the address of the view."""
    form = {"name": name, "columns": ["status", "score"]} | fields
    answer = await browser.submit(f"/calls/views/new?{query}", form, to="/calls/views/new")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _view_id(address: str) -> str:
    found = re.search(r"view=([0-9a-f-]{36})", address)
    assert found
    return found[1]


async def test_a_list_is_saved_opened_changed_and_deleted(
    database: Database, org: uuid.UUID, intake: Intake, admin: Browser
) -> None:
    failed = await submitted(intake, org)
    async with database.tenant(org) as session:
        (await session.get_one(Analysis, failed)).status = "failed"
    other = await submitted(intake, org)
    assert 'href="/calls/views/new?status=failed"' in (await admin.get("/calls?status=failed")).text
    address = await _save(admin, "  Failed   ones ", mode="live")
    assert address.startswith("/calls?status=failed&view=")
    shown = (await admin.get(address)).text
    assert "The view was saved." in shown
    assert 'aria-current="page">Failed ones<' in shown
    assert re.findall(r'<th scope="col" class="w-(\w+)', shown) == ["tick", "name", "status", "score"]
    assert str(failed) in shown
    assert str(other) not in shown
    assert f'name="view" value="{_view_id(address)}"' in shown, "filters keep the columns"

    page = f"/calls/views/{_view_id(address)}"
    assert "status failed" in (await admin.get(page)).text
    changed = await admin.submit(page, {"name": "Broken", "columns": ALL_COLUMNS})
    assert changed.headers["location"] == "/calls/views?done=view-saved"
    shown = (await admin.get(address)).text
    assert re.findall(r'<th scope="col" class="w-(\w+)', shown) == ["tick", "name", *ALL_COLUMNS]
    assert "Broken" in (await admin.get("/calls/views")).text
    token = hidden(await admin.get("/logout"))["csrf"]
    await admin.send(f"{page}/delete", {"csrf": token})
    assert "No view yet." in (await admin.get("/calls/views")).text
    assert (await admin.get(address)).status_code == 404


async def test_somebody_begins_with_a_view_and_sees_all_calls_when_asked(
    intake: Intake, org: uuid.UUID, person: NewPerson
) -> None:
    await submitted(intake, org)
    browser, colleague = await person("reviewer"), await person("reviewer")
    address = await _save(browser, "Mine", first="yes")
    assert (await browser.get("/calls")).headers["location"] == address.removesuffix("&done=view-saved")
    assert (await browser.get("/calls?view=all")).status_code == 200
    assert 'href="/calls?view=all"' in (await browser.get(address)).text
    assert (await colleague.get("/calls")).status_code == 200
    token = hidden(await browser.get("/logout"))["csrf"]
    await browser.send("/calls/views/all/first", {"csrf": token})
    assert (await browser.get("/calls")).status_code == 200
    await browser.send(f"/calls/views/{_view_id(address)}/first", {"csrf": token})
    assert (await browser.get("/calls")).status_code == 303


async def test_a_shared_view_is_everybodys_and_changed_by_administrators(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    shared = await _save(admin, "Team", "scoreTo=50", shared="yes")
    own = await _save(admin, "Team", "scoreTo=60")
    agent = await person("agent")
    assert "everybody's" in (await agent.get("/calls/views")).text
    assert (await agent.get(shared)).status_code == 200
    token = hidden(await agent.get("/logout"))["csrf"]
    for path in ("", "/delete"):
        answer = await agent.send(
            f"/calls/views/{_view_id(shared)}{path}", {"csrf": token, "name": "x", "columns": "score"}
        )
        assert answer.status_code == 403
        hidden_one = await agent.send(
            f"/calls/views/{_view_id(own)}{path}", {"csrf": token, "name": "x", "columns": "score"}
        )
        assert hidden_one.status_code == 404
    assert (await agent.get(own)).status_code == 404
    fields = {"csrf": token, "name": "x", "columns": "score", "shared": "yes"}
    assert (await agent.send("/calls/views/new", fields)).status_code == 403
    assert "For everybody" not in (await agent.get("/calls/views/new")).text
    async with database.tenant(org) as session:
        found = (await session.scalars(select(AuditEntry.action))).all()
    assert [one for one in found if one.startswith("saved_view")] == ["saved_view.created"]


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [({"name": " "}, 400, "needs a name"), ({"name": "x" * 61}, 400, "needs a name"),
     ({"columns": ["nothing"]}, 400, "at least one column"), ({"name": "TAKEN"}, 409, "already"),
     ({"status": "nonsense"}, 404, "no such filter")],
    ids=["blank", "long", "columns", "taken", "filter"],
)  # fmt: skip
async def test_what_is_no_view_is_refused(
    admin: Browser, fields: dict[str, Any], status: int, words: str
) -> None:
    await _save(admin, "Taken")
    form = {"name": "fine", "columns": ["score"]} | fields
    answer = await admin.submit("/calls/views/new", form)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


async def test_there_are_not_endlessly_many(database: Database, org: uuid.UUID, admin: Browser) -> None:
    await _save(admin, "First")
    async with database.tenant(org) as session:
        one = await session.scalar(select(SavedView))
        assert one
        session.add_all(
            SavedView(org_id=org, user_id=one.user_id, name=f"View {number}", fields={}, columns=["score"])
            for number in range(MOST_VIEWS - 1)
        )
    answer = await admin.submit("/calls/views/new", {"name": "One more", "columns": "score"})
    assert answer.status_code == 409
    assert "Delete one that nobody needs." in answer.text


async def test_views_of_another_organisation_do_not_exist(
    admin: Browser, person: NewPerson, new_org: Any
) -> None:
    address = await _save(admin, "Ours", shared="yes")
    stranger = await person("owner", await new_org())
    assert (await stranger.get(address)).status_code == 404
    assert "No view yet." in (await stranger.get("/calls/views")).text
