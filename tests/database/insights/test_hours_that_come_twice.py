"""Where clocks are set back over midnight, or just before it, every call counts on the day they showed."""

import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.list_queries import filtered
from calltrace.analyses.models import Analysis
from calltrace.conversations.models import Survey
from calltrace.db.session import Database
from calltrace.insights import export_rows, rollup, service, surveys
from calltrace.insights.export_rows import Subject
from calltrace.insights.period import Period
from calltrace.insights.queries import Narrowing
from calltrace.web.call_filters import Chosen
from calltrace.web.insight_filters import Scene

DAY = timedelta(days=1)
CHANGES = {
    "America/Havana": datetime(2026, 11, 1, 5, tzinfo=UTC),  # 01:00 becomes 00:00, on the first of a month
    "Atlantic/Azores": datetime(2026, 10, 25, 1, tzinfo=UTC),  # 01:00 becomes 00:00
    "Africa/Cairo": datetime(2026, 10, 29, 21, tzinfo=UTC),  # 24:00 becomes 23:00
    "Asia/Beirut": datetime(2026, 10, 24, 21, tzinfo=UTC),  # 24:00 becomes 23:00
    "Europe/Berlin": datetime(2026, 10, 25, 1, tzinfo=UTC),  # 03:00 becomes 02:00
    "Africa/Cairo in spring": datetime(2026, 4, 23, 22, tzinfo=UTC),  # 00:00 becomes 01:00
}


async def _calls(database: Database, org: uuid.UUID, zone: str, change: datetime) -> Counter[date]:
    """A call with a survey every ten minutes, for five hours around the change; how many each day had."""
    moments = [change + timedelta(minutes=10 * number) for number in range(-15, 16)]
    calls = [Analysis(org_id=org, file_url="https://x.test/a.wav", called_at=one) for one in moments]
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE organisations SET time_zone = :zone"), {"zone": zone})
        session.add_all(calls)
        await session.flush()
        asked = {"org_id": org, "state": "NotStarted", "total_questions": 1, "questions_answered": 0}
        session.add_all(Survey(analysis_id=one.id, **asked) for one in calls)
    return Counter(one.astimezone(ZoneInfo(zone)).date() for one in moments)


@pytest.mark.parametrize("where", CHANGES)
async def test_every_call_counts_on_the_day_that_clocks_showed(
    database: Database, org: uuid.UUID, where: str
) -> None:
    zone, change = where.split(maxsplit=1)[0], CHANGES[where]
    had = await _calls(database, org, zone, change)
    assert len(had) == (1 if zone == "Europe/Berlin" else 2)
    await _check(database, org, zone, had)  # facts alone
    await rollup.keep_up(database, org)
    await _check(database, org, zone, had)  # sums
    for month in await rollup.months(database, org, zone):
        assert await rollup.repair(database, org, zone, month) == 0, "nothing is to be put right"


async def _check(database: Database, org: uuid.UUID, zone: str, had: Counter[date]) -> None:
    days = [min(had) - DAY, *had, max(had) + DAY]
    async with database.tenant(org) as session:
        for day in days:
            period = Period(day, day, zone)
            asked = (session, org, Narrowing(), period)
            assert (await service.summary(*asked)).calls == had[day], day
            assert [one.figures.calls for one in await service.trend(*asked, "day")] == [had[day]]
            assert [one.figures.surveys for one in await surveys.trend(*asked, "day")] == [had[day]]
            assert await _listed(session, period) == had[day]
    for day in days:
        subject = Subject("calls", Narrowing(), Period(day, day, zone))
        pages = [page async for page in export_rows.pages(database, org, subject)]
        assert sum(map(len, pages)) == had[day]


async def _listed(session: AsyncSession, period: Period) -> int:
    query = dict(parse_qsl(urlsplit(Scene(Narrowing(), period, "agent", None).calls()).query))
    wanted = filtered(select(Analysis.id), Chosen.of(query).filters(period.zone)).subquery()
    return await session.scalar(select(func.count()).select_from(wanted)) or 0
