"""Several calls of the list at once: evaluated again, or erased after a yes, as far as the person may."""

import csv
import io
import uuid
from pathlib import Path

import pytest
from sqlalchemy import select, text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import erase
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.batches.models import Batch
from calltrace.db.session import Database
from calltrace.insights import exports
from calltrace.insights.models import Export
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.pipeline.exports import Exporter
from database.analyses.factory import completed, submitted
from database.conftest import NewOrg
from database.reviews.factory import new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import lead

PATH = "/calls/selected"


@pytest.fixture
async def two(platform: Platform, intake: Intake, org: uuid.UUID) -> list[str]:
    return [str(await completed(platform, intake, org, file_name=f"{name}.mp3")) for name in "ab"]


async def _left(database: Database, org: uuid.UUID) -> set[str]:
    async with database.tenant(org) as session:
        return {str(one) for one in await session.scalars(select(Analysis.id))}


async def test_calls_that_are_ticked_are_evaluated_again_in_one_batch(
    admin: Browser, database: Database, org: uuid.UUID, two: list[str]
) -> None:
    done = await admin.submit("/calls", {"id": [*two, "nonsense"], "do": "evaluate"}, to=PATH)
    assert done.headers["location"] == "/calls?done=evaluating-many"
    async with database.tenant(org) as session:
        assert [one.selected for one in await session.scalars(select(Batch))] == [2]


async def test_erasing_asks_first_and_then_erases_those(
    admin: Browser, database: Database, org: uuid.UUID, two: list[str]
) -> None:
    asked = await admin.submit("/calls", {"id": two[:1], "do": "erase"}, to=PATH)
    assert (asked.status_code, "Erase 1 call?" in asked.text, "a.mp3" in asked.text) == (200, True, True)
    assert await _left(database, org) == set(two)
    done = await admin.submit("/calls", {"id": [two[0], two[0]]}, to=f"{PATH}/erase")
    assert done.headers["location"] == "/calls?done=calls-erased"
    assert await _left(database, org) == {two[1]}


async def test_nothing_ticked_gone_and_nothing_heard_are_told(
    admin: Browser, intake: Intake, org: uuid.UUID
) -> None:
    waiting, gone = str(await submitted(intake, org)), str(uuid.uuid4())
    cases: list[tuple[list[str], int, str]] = [
        ([], 400, "Tick the calls"),
        ([gone], 400, "gone"),
        ([waiting], 409, "has a transcript"),
    ]
    for ids, status, word in cases:
        refused = await admin.submit("/calls", {"id": ids, "do": "evaluate"}, to=PATH)
        assert (refused.status_code, word in refused.text) == (status, True)


async def test_nobody_acts_on_calls_that_they_do_not_see_or_may_not_erase(
    person: NewPerson, database: Database, org: uuid.UUID, new_org: NewOrg, intake: Intake, two: list[str]
) -> None:
    elsewhere = str(await submitted(intake, await new_org()))
    reviewer, supervisor, agent = [await person(one) for one in ("reviewer", "supervisor", "agent")]
    assert 'value="erase"' not in (await reviewer.get("/calls")).text
    for path, fields in ((PATH, {"id": two, "do": "erase"}), (f"{PATH}/erase", {"id": two})):
        assert (await reviewer.submit("/calls", fields, to=path)).status_code == 403
    for one, ids, status in ((reviewer, [elsewhere], 400), (supervisor, two, 400), (agent, two, 403)):
        refused = await one.submit("/account", {"id": ids, "do": "evaluate"}, to=PATH)
        assert refused.status_code == status
    assert set(two) <= await _left(database, org)


async def test_calls_that_are_ticked_are_exported_in_their_order_or_all_that_match(
    admin: Browser, platform: Platform, intake: Intake, org: uuid.UUID, two: list[str], tmp_path: Path
) -> None:
    chat = await completed(platform, intake, org, file_name="chat")
    async with platform.database.tenant(org) as session:
        row = await session.get_one(Analysis, chat)
        row.medium, row.file_url = "text", None
        await session.execute(text("DELETE FROM insight_facts WHERE analysis_id = :id"), {"id": chat})
    await completed(platform, intake, org, file_name="c.mp3")
    assert 'name="list" value="text=mp3"' in (await admin.get("/calls?text=mp3")).text
    ticked = {"id": [two[1], str(chat), two[0]], "list": "text=mp3"}
    asked = await admin.submit("/calls", ticked | {"do": "export"}, to=PATH)
    assert "The 3 calls that are ticked" in asked.text
    assert "All 3 calls that match the filters" in asked.text
    refused = await admin.submit("/calls", ticked | {"format": "exe"}, to=f"{PATH}/export")
    assert (refused.status_code, "Choose a kind of file." in refused.text) == (400, True)
    for which, names in (("ticked", ["b.mp3", "chat", "a.mp3"]), ("all", ["c.mp3", "b.mp3", "a.mp3"])):
        fields = ticked | {"format": "csv", "which": which}
        done = await admin.submit("/calls", fields, to=f"{PATH}/export")
        assert done.headers["location"] == "/exports?done=export-asked"
        async with platform.database.tenant(org) as session:
            row = await session.scalar(select(Export).order_by(Export.created_at.desc()).limit(1))
        assert row
        await Exporter(platform, tmp_path, []).export(org, row.id)
        assert "3 chosen calls, CSV" in (await admin.get("/exports")).text
        content = await _content(platform, org, row.id)
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert [one["fileName"] for one in rows] == names
        assert {one["score"] for one in rows} == {"82.0"}
    await erase.erase(platform.database, platform.vault, OPERATOR, org, chat, "live")
    async with platform.database.tenant(org) as session:
        rows = (await session.scalars(select(Export).order_by(Export.created_at))).all()
    assert [one.expires_at is not None and one.expires_at <= clock.now() for one in rows] == [True, False]


async def _content(platform: Platform, org: uuid.UUID, export_id: uuid.UUID) -> bytes:
    async with platform.database.tenant(org) as session:
        stored = exports.file_of(await session.get_one(Export, export_id))
    return b"".join([chunk async for chunk in platform.vault.read(stored, 0, stored.size)])


async def test_a_supervisor_exports_only_what_they_see(
    person: NewPerson, platform: Platform, intake: Intake, org: uuid.UUID, two: list[str]
) -> None:
    supervisor = await person("supervisor")
    mine = await new_agent(platform.database, org)
    await lead(platform.database, org, supervisor, mine)
    seen = await completed(platform, intake, org, agent_id=mine)
    fields = {"id": [*two, str(seen)], "format": "xlsx", "which": "all"}
    done = await supervisor.submit("/calls", fields, to=f"{PATH}/export")
    assert done.status_code == 303
    async with platform.database.tenant(org) as session:
        assert await session.scalar(select(Export.chosen)) == [seen]
    assert (
        await supervisor.submit("/calls", {"id": two, "format": "csv"}, to=f"{PATH}/export")
    ).status_code == 400
    assert (await (await person("agent")).submit("/calls", fields, to=f"{PATH}/export")).status_code == 403
