"""Files on pages: asked for, followed, fetched, and why there is none."""

import html
import re
import uuid
from pathlib import Path

from sqlalchemy import select

from calltrace.insights import exports, rollup
from calltrace.insights.models import Export
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.pipeline.exports import Exporter, TooManyRowsError
from database.reviews.factory import judged_call, new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import lead

PATH = "/exports"


def _asked() -> dict[str, str]:
    """Until today, whatever day it was when the run began."""
    return {"type": "calls", "format": "csv", "from": "2026-01-01", "to": clock.now().date().isoformat()}


async def _newest(platform: Platform, org: uuid.UUID) -> Export:
    async with platform.database.tenant(org) as session:
        found = await session.scalar(select(Export).order_by(Export.created_at.desc()).limit(1))
    assert found
    return found


async def test_a_file_is_asked_for_followed_and_fetched(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    ada, bo = [await new_agent(platform.database, org, name) for name in ("Ada", "Bo")]
    for agent, name in ((ada, "ada.wav"), (bo, "bo.wav")):
        await judged_call(platform, org, agent_id=agent, file_name=name)
    await rollup.keep_up(platform.database, org)
    assert "No file yet." in (await admin.get(PATH)).text
    calls = (await admin.get(f"/calls?agent={ada}&status=completed")).text
    way = re.search(r'href="(/exports\?[^"]+)"', calls)
    assert way
    form = (await admin.get(html.unescape(way[1]))).text
    assert f'<option value="{ada}" selected>Ada' in form
    assert '<option value="calls" selected>' in form
    asked = await admin.submit(PATH, _asked() | {"agent": str(ada)})
    assert (asked.status_code, asked.headers["location"]) == (303, f"{PATH}?done=export-asked")
    waiting = (await admin.get(PATH)).text
    assert "being made" in waiting
    assert 'data-live="pending"' in waiting
    row = await _newest(platform, org)
    async with platform.database.tenant(org) as session:
        claim = await exports.claim(session, org, row.id)
        assert claim
        (await session.get_one(Export, row.id)).total = 4
        await exports.report(session, claim, 1)
    assert '<progress max="100" value="25"' in (await admin.get(PATH)).text
    await Exporter(platform, tmp_path, []).export(org, row.id)
    done = (await admin.get(PATH)).text
    assert 'data-live="done"' in done
    link = re.search(r'href="https?://[^/]+(/api/v1/exports/[^"]+)" download', done)
    assert link
    file = await admin.get(html.unescape(link[1]))
    assert "ada.wav" in file.text
    assert "bo.wav" not in file.text
    assert "No file yet." in (await (await person("reviewer")).get(PATH)).text, "files are their asker's"


async def test_why_there_is_no_file_is_told(admin: Browser, platform: Platform, org: uuid.UUID) -> None:
    await admin.submit(PATH, _asked())
    row = await _newest(platform, org)
    async with platform.database.tenant(org) as session:
        claim = await exports.claim(session, org, row.id)
        assert claim
        await exports.fail(session, claim, TooManyRowsError("xlsx holds 10 rows; choose a shorter period."))
    shown = (await admin.get(PATH)).text
    assert "xlsx holds 10 rows; choose a shorter period." in shown
    assert ">failed</span>" in shown
    assert " download" not in shown


async def test_what_is_wrong_is_told_beside_its_field(admin: Browser) -> None:
    for changes, field in (
        ({"type": "moons"}, "type"), ({"format": "pdf"}, "format"), ({"from": "soon"}, "from"),
        ({"to": ""}, "to"), ({"from": "2026-02-02", "to": "2026-02-01"}, "to"), ({"to": "2190-01-01"}, "to"),
    ):  # fmt: skip
        refused = await admin.submit(PATH, _asked() | changes)
        assert refused.status_code == 400, changes
        assert f'id="{field}-mistake"' in refused.text, changes
    for _ in range(exports.MOST_UNFINISHED):
        assert (await admin.submit(PATH, _asked())).status_code == 303
    refused = await admin.submit(PATH, _asked() | {"from": "2026-03-01"})
    assert refused.status_code == 409
    assert "have not ended; wait for one." in refused.text
    assert 'value="2026-03-01"' in refused.text
    assert (await admin.get(f"{PATH}?agent=nonsense")).status_code == 404


async def test_a_supervisor_exports_the_calls_of_the_own_teams_and_agents_none(
    person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    ada = await new_agent(platform.database, org, "Ada")
    supervisor, agent = await person("supervisor"), await person("agent")
    await lead(platform.database, org, supervisor, ada)
    await supervisor.submit(PATH, _asked())
    async with platform.database.tenant(org) as session:
        subject = await exports.subject_of(session, await _newest(platform, org))
    assert subject.narrowing.agents == [ada]
    assert (await agent.get(PATH)).status_code == 403
    assert "/exports" not in (await agent.get("/calls")).text
