"""Exports: every format holds the rows, whatever happens to workers, calls and time meanwhile."""

import asyncio
import csv
import io
import json
import uuid
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from arro3.io import read_parquet
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import User
from calltrace.analyses.erase import erase
from calltrace.analyses.errors import StaleAttemptError
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.insights import export_rows, exports, queries
from calltrace.insights.export_rows import Subject
from calltrace.insights.exports import Asked, Claim, TooManyExportsError
from calltrace.insights.models import Export
from calltrace.insights.period import Period
from calltrace.insights.queries import Narrowing
from calltrace.kit import clock
from calltrace.pipeline import housekeeping, rewind
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.exports import Exporter
from database.conftest import waiting_for_locks, waiting_jobs
from database.line import Line
from database.reviews.factory import judged_call, new_agent


def _days() -> Period:
    """Asked anew each time: a run can go past midnight."""
    return Period.recent(30, "UTC", clock.now())


@pytest.fixture
async def calls(platform: Platform, org: uuid.UUID) -> list[uuid.UUID]:
    agent = await new_agent(platform.database, org, "=HYPERLINK(1)")
    return [
        await judged_call(platform, org, agent_id=agent, external_id=f"-{number}", file_name=f"+a{number}")
        for number in range(3)
    ]


async def _ask(platform: Platform, org: uuid.UUID, form: Any = "csv", kind: Any = "calls") -> uuid.UUID:
    async with platform.database.tenant(org) as session:
        asked = Asked(Subject(kind, Narrowing(), _days()), form)
        return (await exports.ask(session, org, OPERATOR, asked)).id


async def _row(platform: Platform, org: uuid.UUID, export_id: uuid.UUID) -> Export:
    async with platform.database.tenant(org) as session:
        found = await queries.export(session, export_id, None)
    assert found
    return found


async def _content(platform: Platform, row: Export) -> bytes:
    stored = exports.file_of(row)
    return b"".join([piece async for piece in platform.vault.read(stored, 0, stored.size)])


async def _made(platform: Platform, org: uuid.UUID, folder: Path, form: Any, kind: Any = "calls") -> bytes:
    export_id = await _ask(platform, org, form, kind)
    await Exporter(platform, folder, []).export(org, export_id)
    row = await _row(platform, org, export_id)
    assert (row.status, row.error) == ("completed", None)
    return await _content(platform, row)


async def test_a_csv_has_a_heading_and_runs_nothing(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    content = (await _made(platform, org, tmp_path, "csv")).decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert list(rows[0]) == list(export_rows.columns("calls"))
    assert [row["analysisId"] for row in rows] == [str(one) for one in calls]
    assert {row["agentName"] for row in rows} == {"'=HYPERLINK(1)"}
    assert [row["externalId"] for row in rows] == ["-0", "-1", "-2"], "a number is a number"
    assert rows[0]["fileName"] == "'+a0"
    assert (rows[0]["passed"], rows[0]["score"], rows[0]["queueId"]) == ("true", "100.0", "")


async def test_json_xlsx_and_parquet_hold_the_same_rows(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    rows = json.loads(await _made(platform, org, tmp_path, "json"))
    assert [row["analysisId"] for row in rows] == [str(one) for one in calls]
    (tmp_path / "x.parquet").write_bytes(await _made(platform, org, tmp_path, "parquet"))
    table: Any = read_parquet(tmp_path / "x.parquet").read_all()  # half typed
    assert table.column("score").to_pylist() == [row["score"] for row in rows]
    assert [clock.iso(one) for one in table.column("calledAt").to_pylist()] == [
        row["calledAt"] for row in rows
    ]
    sheet = zipfile.ZipFile(io.BytesIO(await _made(platform, org, tmp_path, "xlsx")))
    cells = sheet.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in cells
    assert "=HYPERLINK(1)" in cells
    assert cells.count("<row ") == 4


@pytest.mark.parametrize(
    "kind", ["agents", "queues", "callCenters", "projects", "engagements", "trend", "criteria"]
)
async def test_sums_are_exported_too(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID], kind: str
) -> None:
    del calls
    rows = json.loads(await _made(platform, org, tmp_path, "json", kind))
    assert rows
    assert list(rows[0]) == list(export_rows.columns(kind))  # type: ignore[arg-type] - of the list above


async def test_nothing_to_tell_is_an_empty_table(platform: Platform, org: uuid.UUID, tmp_path: Path) -> None:
    assert json.loads(await _made(platform, org, tmp_path, "json")) == []
    assert (await _made(platform, org, tmp_path, "csv")).count(b"\n") == 1
    assert len(await _made(platform, org, tmp_path, "parquet")) > 0


async def test_a_worker_that_died_is_followed_by_another(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    del calls
    export_id = await _ask(platform, org)
    async with platform.database.tenant(org) as session:
        dead = await exports.claim(session, org, export_id)
    assert dead
    key = f"export:{org}/{export_id}"
    async with platform.database.operator() as session:
        await session.execute(text("DELETE FROM pgqueuer WHERE dedupe_key = :key"), {"key": key})
        await session.execute(text("UPDATE exports SET touched_at = touched_at - interval '1 hour'"))
    await housekeeping.tidy(platform.database, 1)
    assert await waiting_jobs(platform.database, key) == 1
    await Exporter(platform, tmp_path, []).export(org, export_id)
    with pytest.raises(StaleAttemptError):
        async with platform.database.tenant(org) as session:
            await exports.report(session, dead, 1)
    assert (await _row(platform, org, export_id)).status == "completed"


async def test_a_file_expires_and_its_object_goes(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    del calls
    await _made(platform, org, tmp_path, "csv")
    async with platform.database.operator() as session:
        await session.execute(text("UPDATE exports SET expires_at = now() - interval '1 s'"))
    await housekeeping.tidy(platform.database, 30)
    async with platform.database.tenant(org) as session:
        [row] = await queries.exports(session, "live", None, after=None, limit=9)
        doomed = await session.scalar(text("SELECT count(*) FROM doomed_objects"))
    assert (row.status, row.object_key, row.sealed_key, doomed) == ("expired", None, None, 1)
    with pytest.raises(exports.ExportGoneError):
        exports.file_of(row)


async def test_a_file_that_expired_is_gone_before_housekeeping_comes(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    await _made(platform, org, tmp_path, "csv")
    await erase(platform.database, platform.vault, OPERATOR, org, calls[0], "live")
    async with platform.database.tenant(org) as session:
        [row] = await queries.exports(session, "live", None, after=None, limit=9)
    assert row.status == "completed"
    with pytest.raises(exports.ExportGoneError):
        exports.file_of(row)


async def test_a_burst_of_erasures_is_no_worker_that_died(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    running = await _ask(platform, org)
    for call in calls:
        async with platform.database.tenant(org) as session:
            claim = await exports.claim(session, org, running)
        assert claim
        await erase(platform.database, platform.vault, OPERATOR, org, call, "live")
        row = await _row(platform, org, running)
        assert (row.status, row.attempts, row.lost) == ("queued", claim.attempt, 0)
    await Exporter(platform, tmp_path, []).export(org, running)
    assert (await _row(platform, org, running)).status == "completed"


async def test_an_export_that_kills_workers_does_so_only_so_often(
    platform: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    deadly = await _ask(platform, org)
    for number in range(exports.MOST_LOST):
        async with platform.database.tenant(org) as session:
            claim = await exports.claim(session, org, deadly)
        assert claim
        assert claim.lost == number
    await Exporter(platform, tmp_path, []).export(org, deadly)
    row = await _row(platform, org, deadly)
    assert (row.status, (row.error or {})["code"]) == ("failed", "worker_lost")


async def _running(platform: Platform, org: uuid.UUID, export_id: uuid.UUID) -> None:
    while (await _row(platform, org, export_id)).status != "running":  # noqa: ASYNC110 - another session
        await asyncio.sleep(0.01)


async def test_a_worker_that_is_stopped_is_none_that_died(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    del calls
    export_id, waiting = await _ask(platform, org), await _ask(platform, org)
    for _ in range(exports.MOST_LOST + 1):
        exporter = Exporter(platform, tmp_path, [])
        work = [asyncio.create_task(exporter.export(org, one)) for one in (export_id, waiting)]
        await _running(platform, org, export_id)
        await exporter.stop()
        answers = await asyncio.gather(*work, return_exceptions=True)
        assert [type(one) for one in answers] == [TryAgainLater, TryAgainLater]
    row = await _row(platform, org, export_id)
    assert (row.status, row.lost, row.tries) == ("queued", 0, 0)
    for one in (export_id, waiting):
        await Exporter(platform, tmp_path, []).export(org, one)
        assert (await _row(platform, org, one)).status == "completed"


async def test_an_outage_of_the_database_is_no_worker_that_died(
    platform: Platform, org: uuid.UUID, tmp_path: Path, line: tuple[Line, str], calls: list[uuid.UUID]
) -> None:
    del calls
    export_id, owed, database = await _ask(platform, org), list[Claim](), Database(line[1], pool_size=2)
    away = Exporter(replace(platform, database=database), tmp_path, owed)
    work = asyncio.create_task(away.export(org, export_id))
    await _running(platform, org, export_id)
    line[0].die()
    with pytest.raises(DatabaseAwayError):
        await work
    assert [one.export_id for one in owed] == [export_id]
    line[0].revive()
    await away.settle()
    row = await _row(platform, org, export_id)
    assert (owed, row.status, row.lost) == ([], "queued", 0)
    await database.close()


async def test_a_try_that_failed_is_no_worker_that_died(platform: Platform, org: uuid.UUID) -> None:
    export_id = await _ask(platform, org)
    for _ in range(2):
        async with platform.database.tenant(org) as session:
            claim = await exports.claim(session, org, export_id)
            assert claim
            await exports.note_failed_try(session, claim)
    row = await _row(platform, org, export_id)
    assert (row.status, row.tries, row.lost) == ("queued", 2, 0)


async def test_a_clock_that_was_set_back_leaves_no_export_to_a_dead_worker(
    platform: Platform, org: uuid.UUID
) -> None:
    export_id = await _ask(platform, org)
    async with platform.database.operator() as session:
        await session.execute(text("UPDATE exports SET touched_at = now() + interval '1 day'"))
        await rewind.bring_near(session, rewind.Horizon.of(platform.settings))
    assert (await _row(platform, org, export_id)).touched_at <= clock.now() + timedelta(seconds=5)


async def test_files_of_other_days_stay_when_a_call_is_erased(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    first = _days().first
    earlier = Period(first - timedelta(days=60), first - timedelta(days=3), "Pacific/Kiritimati")
    async with platform.database.tenant(org) as session:
        asked = Asked(Subject("calls", Narrowing(), earlier), "csv")
        other = (await exports.ask(session, org, OPERATOR, asked)).id
    await Exporter(platform, tmp_path, []).export(org, other)
    await erase(platform.database, platform.vault, OPERATOR, org, calls[0], "live")
    assert exports.link(platform.links, await _row(platform, org, other))


async def test_the_file_goes_with_the_person_who_asked_for_it(
    platform: Platform, org: uuid.UUID, tmp_path: Path
) -> None:
    async with platform.database.tenant(org) as session:
        person = User(org_id=org, email="ann@example.com", name="Ann", role="admin")
        session.add(person)
        await session.flush()
        asked = Asked(Subject("agents", Narrowing(), _days()), "csv", user_id=person.id)
        export_id = (await exports.ask(session, org, OPERATOR, asked)).id
    await Exporter(platform, tmp_path, []).export(org, export_id)
    key = exports.file_of(await _row(platform, org, export_id)).object_key
    async with platform.database.tenant(org) as session:
        await session.execute(text("DELETE FROM users WHERE id = :id"), {"id": person.id})
    async with platform.database.tenant(org) as session:
        assert list(await session.scalars(text("SELECT object_key FROM doomed_objects"))) == [key]


async def test_erasing_a_call_takes_back_files_that_tell_of_it(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    await _made(platform, org, tmp_path, "csv")
    running = await _ask(platform, org)
    async with platform.database.tenant(org) as session:
        claim = await exports.claim(session, org, running)
    await erase(platform.database, platform.vault, OPERATOR, org, calls[0], "live")
    async with platform.database.tenant(org) as session:
        done = [
            one
            for one in await queries.exports(session, "live", None, after=None, limit=9)
            if one.id != running
        ]
    assert exports.link(platform.links, done[0]) is None
    assert claim
    with pytest.raises(StaleAttemptError):
        async with platform.database.tenant(org) as session:
            await exports.report(session, claim, 1)
    await Exporter(platform, tmp_path, []).export(org, running)
    assert str(calls[0]) not in (await _content(platform, await _row(platform, org, running))).decode()


@pytest.mark.parametrize("of", ["days", "chosen calls"])
async def test_a_file_that_is_made_while_a_call_is_being_erased_does_not_hold_it(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID], of: str
) -> None:
    """The erasure looked for exports before this one was asked for, and is not over when it is made."""
    subject = Subject("calls", Narrowing(only=calls if of == "chosen calls" else None), _days())
    async with platform.database.tenant(org) as erasing:
        await erasing.execute(text("DELETE FROM analyses WHERE id = :id"), {"id": calls[0]})
        async with platform.database.tenant(org) as session:
            made = (await exports.ask(session, org, OPERATOR, Asked(subject, "csv"))).id
        making = asyncio.create_task(Exporter(platform, tmp_path, []).export(org, made))
        while not (making.done() or await waiting_for_locks(platform.database)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await making
    row = await _row(platform, org, made)
    assert (row.status, row.rows) == ("completed", 2)
    assert str(calls[0]) not in (await _content(platform, row)).decode()


async def test_a_call_that_is_told_another_day_is_still_taken_back_when_it_is_erased(
    platform: Platform, org: uuid.UUID, tmp_path: Path, calls: list[uuid.UUID]
) -> None:
    await _made(platform, org, tmp_path, "csv")
    move = text("UPDATE analyses SET called_at = called_at + :by WHERE id = :id")
    async with platform.database.tenant(org) as session:
        await session.execute(move, {"id": calls[1], "by": timedelta(hours=-1)})
        [row] = await queries.exports(session, "live", None, after=None, limit=9)
        assert exports.link(platform.links, row), "it is still of these days"
        await session.execute(move, {"id": calls[0], "by": timedelta(days=-90)})
    await erase(platform.database, platform.vault, OPERATOR, org, calls[0], "live")
    assert exports.link(platform.links, await _row(platform, org, row.id)) is None


async def test_only_so_many_at_a_time(platform: Platform, org: uuid.UUID) -> None:
    asked = [_ask(platform, org) for _ in range(exports.MOST_UNFINISHED + 2)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, TooManyExportsError) for one in answers) == 2


async def test_a_link_ends_with_the_file(
    platform: Platform, org: uuid.UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _made(platform, org, tmp_path, "csv")
    async with platform.database.tenant(org) as session:
        [row] = await queries.exports(session, "live", None, after=None, limit=9)
    assert exports.link(platform.links, row)
    moment = clock.now() + exports.LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert exports.link(platform.links, row) is None
