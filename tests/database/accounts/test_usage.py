"""The ledger of what is used up, and requests that are counted in memory first."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import text

from calltrace.accounts import usage
from calltrace.accounts.models import Contract, Mode
from calltrace.accounts.usage import Asked, Meter, Period, Usage
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import completed
from database.conftest import NewOrg
from database.line import Line

JUNE = Period.month(2026, 6)


async def _heard(
    database: Database, org: uuid.UUID, seconds: float, at: datetime, key: uuid.UUID | None = None,
    mode: Mode = "live",
) -> uuid.UUID:  # fmt: skip
    call = uuid.uuid4()
    async with database.tenant(org) as session:
        await usage.heard(session, org, mode, call, seconds=seconds, key_id=key)
        await session.execute(
            text("UPDATE usage_entries SET created_at = :at WHERE resource_id = :call"),
            {"at": at, "call": call},
        )
    return call


async def _june(database: Database, org: uuid.UUID, mode: Mode = "live") -> Usage:
    async with database.tenant(org) as session:
        return await usage.of_month(session, mode, JUNE)


async def test_a_completed_analysis_is_in_the_ledger_in_whole_seconds(
    intake: Intake, platform: Platform, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    async with platform.database.tenant(org) as session:
        used = await usage.of_month(session, "live", Period.of(datetime.now(UTC)))
    assert (used.audio_seconds, used.analyses, used.minutes) == (13, 1, 0.2)  # 12.5 s, rounded up


async def test_a_call_counts_once_however_often_it_is_told(database: Database, org: uuid.UUID) -> None:
    call = uuid.uuid4()
    for _ in range(2):
        async with database.tenant(org) as session:
            await usage.heard(session, org, "live", call, seconds=61, key_id=None)
    async with database.tenant(org) as session:
        assert (await usage.of_month(session, "live", Period.of(datetime.now(UTC)))).audio_seconds == 61


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        (JUNE.start - timedelta(microseconds=1), 0),
        (JUNE.start, 1),
        (JUNE.end - timedelta(microseconds=1), 1),
        (JUNE.end, 0),
    ],
)
async def test_a_month_is_a_calendar_month_in_utc(
    database: Database, org: uuid.UUID, moment: datetime, counted: int
) -> None:
    await _heard(database, org, 60, moment)
    assert (await _june(database, org)).analyses == counted


async def test_test_calls_and_calls_of_others_are_counted_apart(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    await _heard(database, org, 60, JUNE.start, mode="test")
    await _heard(database, await new_org(), 60, JUNE.start)
    assert await _june(database, org) == Usage()
    assert await _june(database, org, "test") == Usage(60, 1, 0)


async def test_usage_is_shown_by_month_day_and_key(database: Database, org: uuid.UUID) -> None:
    key = uuid.uuid4()
    await _heard(database, org, 60, JUNE.start, key)
    await _heard(database, org, 30, JUNE.start + timedelta(days=1))
    await _heard(database, org, 10, JUNE.end, key)
    async with database.tenant(org) as session:
        months = await usage.used(session, "live", JUNE.start, JUNE.end + timedelta(days=1), "month")
        days = await usage.used(session, "live", JUNE.start, JUNE.end, "day")
        keys = await usage.used(session, "live", JUNE.start, JUNE.end, "key")
    assert months == {"2026-06": Usage(90, 2), "2026-07": Usage(10, 1)}
    assert days == {"2026-06-01": Usage(60, 1), "2026-06-02": Usage(30, 1)}
    assert keys == {"": Usage(30, 1), str(key): Usage(60, 1)}


async def test_december_is_followed_by_january() -> None:
    assert Period.of(datetime(2026, 12, 31, 23, tzinfo=UTC)).end == datetime(2027, 1, 1, tzinfo=UTC)


async def _requests(database: Database, org: uuid.UUID) -> dict[str, int]:
    now = Period.of(datetime.now(UTC))
    async with database.tenant(org) as session:
        found = await usage.used(session, "live", now.start, now.end, "key")
    return {name: one.requests for name, one in found.items()}


async def test_requests_are_written_down_together_by_key(database: Database, org: uuid.UUID) -> None:
    key, meters = uuid.uuid4(), (Meter(), Meter())
    for meter in meters:  # two processes
        for key_id in (key, key, None):
            meter.note(database, Asked(org, "callcov", "live", key_id))
    assert await _requests(database, org) == {}
    await asyncio.gather(*(meter.close(database) for meter in meters))
    assert await _requests(database, org) == {"": 2, str(key): 4}


async def test_requests_are_written_down_in_the_background(
    database: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "FLUSH_SECONDS", 0.01)
    meter = Meter()
    for number in (1, 2):  # once everything is written, it begins again
        meter.note(database, Asked(org, "callcov", "live", None))
        async with asyncio.timeout(10):
            while await _requests(database, org) != {"": number}:  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.02)
    await meter.close(database)


async def test_what_cannot_be_written_now_is_kept(
    line: tuple[Line, str], database: Database, org: uuid.UUID
) -> None:
    cable, dsn = line
    through, meter = Database(dsn), Meter()
    meter.note(through, Asked(org, "callcov", "live", None))
    cable.die()
    await meter.flush(through)
    cable.revive()
    await meter.close(through)
    assert await _requests(database, org) == {"": 1}
    await through.close()


async def test_requests_of_an_organisation_that_was_deleted_hold_up_no_others(
    database: Database, org: uuid.UUID
) -> None:
    meter = Meter()
    meter.note(database, Asked(uuid.uuid4(), "callcov", "live", None))
    meter.note(database, Asked(org, "callcov", "live", None))
    await meter.close(database)
    assert await _requests(database, org) == {"": 1}


async def test_what_cannot_be_written_of_one_organisation_loses_nothing_of_others(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    meter, other = Meter(), await new_org()
    for contract in ("callcov", "x" * 100):  # no column holds that one
        for one in (org, other):
            meter.note(database, Asked(one, cast("Contract", contract), "live", None))
    third = await new_org()
    meter.note(database, Asked(third, "callcov", "live", None))
    await meter.flush(database)
    assert await _requests(database, third) == {"": 1}
    meter.note(database, Asked(third, "callcov", "live", None))
    await meter.close(database)
    assert await _requests(database, third) == {"": 2}
