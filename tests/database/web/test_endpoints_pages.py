"""Admin > Integrations > Webhooks, through the pages (acceptance CT-110, CT-111, CT-133)."""

import re
import uuid
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.webhooks import service
from database.conftest import NewOrg
from database.web.conftest import Browser, hidden

LIST, NEW = "/admin/integrations/webhooks", "/admin/integrations/webhooks/new"
URL = "https://127.0.0.1/hook"
FORM: dict[str, Any] = {"url": URL, "description": "", "events": ["analysis.completed"], "mode": "live"}
_SECRET = re.compile(r"whsec_[\w+/=]{40,}")


def _secret(answer: httpx2.Response) -> str:
    found = _SECRET.findall(answer.text)
    assert len(found) == 1, answer.text
    return found[0]


async def _rows(database: Database, org: uuid.UUID) -> list[Any]:
    query = text("SELECT * FROM webhook_endpoints WHERE deleted_at IS NULL ORDER BY created_at")
    async with database.tenant(org) as session:
        return list((await session.execute(query)).all())


@pytest.fixture
async def here(admin: Browser, database: Database, org: uuid.UUID) -> str:
    """The page of an endpoint."""
    assert (await admin.submit(NEW, FORM)).status_code == 201
    return f"{LIST}/{(await _rows(database, org))[0].id}"


@pytest.mark.accepts("CT-110", "CT-111", "CT-133")
async def test_an_endpoint_is_created_as_asked_for_and_its_secret_is_shown_once(
    admin: Browser, database: Database, org: uuid.UUID, platform: Platform
) -> None:
    fields = hidden(await admin.get(NEW)) | FORM
    fields |= {"events": ["analysis.failed", "analysis.created"], "mode": "test", "description": "CRM"}
    answer = await admin.send(NEW, fields)
    assert answer.status_code == 201
    (row,) = await _rows(database, org)
    assert (row.url, row.mode, row.description) == (URL, "test", "CRM")
    assert row.events == ["analysis.created", "analysis.failed"]
    assert platform.box.open(row.sealed_secret) == _secret(answer)
    assert (await admin.send(NEW, fields)).status_code == 409, "a reload makes no second one"
    here = f"{LIST}/{row.id}"
    for path in (LIST, here, f"{here}/edit", f"{here}/rotate", f"{here}/delete"):
        assert not _SECRET.search((await admin.get(path)).text), path
    assert URL in (await admin.get(LIST)).text


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "no URL": ({"url": ""}, "url", "HTTPS URL"),
    "not HTTPS": ({"url": "http://127.0.0.1/hook"}, "url", "https"),
    "private": ({"url": "https://10.0.0.1/hook"}, "url", ""),
    "user info": ({"url": "https://me:secret@127.0.0.1/hook"}, "url", ""),
    "no text of a URL": ({"url": "crm"}, "url", ""),
    "too long": ({"url": f"{URL}/{'x' * 8200}"}, "url", "HTTPS URL"),
    "description too long": ({"description": "x" * 256}, "description", "255"),
    "no events": ({"events": []}, "events", "at least one event"),
    "unknown event": ({"events": ["call.ended"]}, "events", "call.ended"),
    "no mode": ({"mode": ""}, "mode", "live or test"),
}


@pytest.mark.parametrize(("changes", "field", "detail"), BAD.values(), ids=BAD)
async def test_what_is_wrong_is_said_at_the_field(
    admin: Browser, database: Database, org: uuid.UUID, changes: dict[str, Any], field: str, detail: str
) -> None:
    answer = await admin.submit(NEW, FORM | changes)
    assert answer.status_code in {400, 422}
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-mistake"' in answer.text
    assert detail in answer.text
    assert not await _rows(database, org)
    assert (await admin.send(NEW, hidden(answer) | FORM)).status_code == 201


async def test_an_endpoint_is_changed(admin: Browser, here: str, database: Database, org: uuid.UUID) -> None:
    form = await admin.get(f"{here}/edit")
    assert f'value="{URL}"' in form.text
    fields = FORM | {"url": f"{URL}/2", "description": "new", "events": ["analysis.failed"], "mode": "test"}
    answer = await admin.send(f"{here}/edit", hidden(form) | fields)
    assert answer.headers["location"] == f"{here}?done=endpoint-changed"
    (row,) = await _rows(database, org)
    assert (row.url, row.description, row.events) == (f"{URL}/2", "new", ["analysis.failed"])
    assert row.mode == "live", "the mode stays"
    refused = await admin.submit(f"{here}/edit", FORM | {"url": "http://127.0.0.1/"})
    assert refused.status_code == 422
    assert 'id="url-mistake"' in refused.text
    assert (await _rows(database, org))[0].url == f"{URL}/2"


async def test_an_endpoint_is_disabled_and_enabled(
    admin: Browser, here: str, database: Database, org: uuid.UUID
) -> None:
    await admin.submit(here, to=f"{here}/disable")
    page = (await admin.get(here)).text
    assert "Disabled since" in page
    assert "Disabled by hand." in page
    assert f"{here}/test" not in page
    answer = await admin.send(f"{here}/test", hidden(await admin.get(here)))
    assert answer.headers["location"] == here, "nothing is sent to it"
    await admin.submit(here, to=f"{here}/enable")
    assert (await _rows(database, org))[0].disabled_at is None
    assert "in use" in (await admin.get(here)).text


async def test_a_failing_endpoint_says_since_when(
    admin: Browser, here: str, database: Database, org: uuid.UUID
) -> None:
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE webhook_endpoints SET failing_since = '2026-06-19T12:00Z'"))
    for path in (LIST, here):
        page = (await admin.get(path)).text
        assert "failing" in page
        assert "19 Jun 2026, 12:00 UTC" in page


async def test_an_endpoint_is_deleted_after_asking(
    admin: Browser, here: str, database: Database, org: uuid.UUID
) -> None:
    assert "Delete this endpoint?" in (await admin.get(f"{here}/delete")).text
    assert await _rows(database, org)
    answer = await admin.submit(f"{here}/delete")
    assert answer.headers["location"] == f"{LIST}?done=endpoint-deleted"
    assert not await _rows(database, org)
    assert (await admin.get(here)).status_code == 404
    assert "No webhook endpoint yet." in (await admin.get(LIST)).text


async def test_a_test_event_leads_to_its_delivery(admin: Browser, here: str) -> None:
    answer = await admin.submit(here, to=f"{here}/test")
    assert re.fullmatch(
        r"/admin/integrations/deliveries/whd_\w{26}\?done=test-sent", answer.headers["location"]
    )
    page = (await admin.get(answer.headers["location"])).text
    assert "A test event is on its way." in page
    assert "webhook.ping" in page
    assert "webhook.ping" in (await admin.get(here)).text


async def test_a_rotated_secret_is_shown_once_and_the_old_one_stays_good_for_a_while(
    admin: Browser, here: str, database: Database, org: uuid.UUID, platform: Platform
) -> None:
    old = platform.box.open((await _rows(database, org))[0].sealed_secret)
    fields = hidden(await admin.get(f"{here}/rotate")) | {"overlapHours": "24"}
    answer = await admin.send(f"{here}/rotate", fields)
    assert answer.status_code == 201
    (row,) = await _rows(database, org)
    assert platform.box.open(row.sealed_secret) == _secret(answer) != old
    assert [platform.box.open(one["sealed"]) for one in row.previous_secrets] == [old]
    assert (await admin.send(f"{here}/rotate", fields)).status_code == 409, "a reload makes no third one"
    assert len((await _rows(database, org))[0].previous_secrets) == 1
    shown = clock.now() + timedelta(hours=24)
    assert f"{shown.day} {shown:%b %Y}" in (await admin.get(here)).text


@pytest.mark.parametrize("hours", ["", "2", "-1", "1e3", "99999999999999999999"])
async def test_an_overlap_is_one_of_those_offered(
    admin: Browser, here: str, database: Database, org: uuid.UUID, hours: str
) -> None:
    before = (await _rows(database, org))[0].sealed_secret
    answer = await admin.submit(f"{here}/rotate", {"overlapHours": hours})
    assert answer.status_code == 400
    assert 'id="overlapHours-mistake"' in answer.text
    assert (await _rows(database, org))[0].sealed_secret == before


async def test_too_many_rotations_are_refused_on_the_form(admin: Browser, here: str) -> None:
    statuses = [(await admin.submit(f"{here}/rotate", {"overlapHours": "24"})).status_code for _ in range(5)]
    assert statuses == [201, 201, 201, 201, 409]


async def test_another_organisations_endpoint_does_not_exist(
    admin: Browser, platform: Platform, new_org: NewOrg
) -> None:
    other = await new_org()
    async with platform.database.tenant(other) as session:
        theirs, _secret = await service.create_endpoint(
            session, other, "https://127.0.0.1/theirs", ["analysis.failed"], platform.box, platform.policy
        )
    fields = hidden(await admin.get(NEW)) | FORM | {"overlapHours": "0"}
    for verb in ("edit", "rotate", "delete"):
        assert (await admin.get(f"{LIST}/{theirs.id}/{verb}")).status_code == 404
    for verb in ("edit", "rotate", "delete", "test", "disable", "enable"):
        assert (await admin.send(f"{LIST}/{theirs.id}/{verb}", fields)).status_code == 404, verb
    assert (await admin.get(f"{LIST}/{theirs.id}")).status_code == 404
    assert "theirs" not in (await admin.get(LIST)).text


async def test_every_deed_is_in_the_audit_trail_with_the_person(
    admin: Browser, here: str, database: Database, org: uuid.UUID
) -> None:
    await admin.submit(f"{here}/edit", FORM | {"description": "x"})
    for verb in ("test", "disable", "enable"):
        await admin.submit(here, to=f"{here}/{verb}")
    await admin.submit(f"{here}/rotate", {"overlapHours": "0"})
    await admin.submit(f"{here}/delete")
    query = text("SELECT * FROM audit_entries WHERE action LIKE 'endpoint.%' ORDER BY created_at, id")
    async with database.tenant(org) as session:
        entries = (await session.execute(query)).all()
    assert [one.action.removeprefix("endpoint.") for one in entries] == [
        "created", "changed", "tested", "disabled", "enabled", "secret_rotated", "deleted"
    ]  # fmt: skip
    assert {(one.actor_kind, one.actor) for one in entries} == {("user", admin.email)}
    assert "whsec_" not in str(entries)
