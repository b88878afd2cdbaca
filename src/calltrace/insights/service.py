"""Questions that pages, the API and other contracts ask: totals, rows by what calls are sorted by, trends.

Whoever asks says which calls count (``queries.Narrowing``) and of which days (``period.Period``: the days of
UTC, or of the organisation's own time zone). A call counts with the evaluation that it shows.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.insights import queries
from calltrace.insights.measures import Dimension, Figures, Verdicts
from calltrace.insights.period import Bucket, Period
from calltrace.insights.queries import Narrowing, Question
from calltrace.scorecards.catalogue import default_scorecard

LEAST_IN_RANKING = 5
"""Calls that somebody or something needs to be ranked: fewer say nothing, and may point at single calls."""


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one agent, queue and so on; ``group_id`` and ``name`` are null for those without."""

    group_id: uuid.UUID | None
    name: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Point:
    """The calls of one day, week or month."""

    starts: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Criterion:
    """How one criterion of a scorecard went."""

    scorecard_id: str | None
    key: str
    name: str
    verdicts: Verdicts


async def summary(session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period) -> Figures:
    """Everything in one row."""
    found = await queries.summed(session, org_id, Question(narrowing, period))
    return found[0].figures if found else Figures()


async def groups(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, by: Dimension
) -> list[Group]:
    """A row for each agent, queue and so on that has calls, most calls first, then by name."""
    found = await queries.summed(session, org_id, Question(narrowing, period, by))
    names = await queries.names(session, by, [one.group for one in found if one.group])
    rows = [Group(one.group, names.get(one.group) if one.group else None, one.figures) for one in found]
    return sorted((one for one in rows if one.figures.calls), key=_most_first)


def _most_first(row: Group) -> tuple[int, bool, str, str]:
    return -row.figures.calls, row.name is None, (row.name or "").casefold(), str(row.group_id)


async def trend(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, bucket: Bucket
) -> list[Point]:
    """A point for each day, week (from Monday) or month of the period, also where nobody called.

    The first and the last count only those of their days that lie in the period.
    """
    found = await queries.summed(session, org_id, Question(narrowing, period, bucket=bucket))
    sums = {one.starts: one.figures for one in found}
    return [Point(one, sums.get(one, Figures())) for one in period.buckets(bucket)]


async def criteria(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period
) -> list[Criterion]:
    """Every criterion by which those calls were judged, those that fail most first."""
    found = await queries.marked(session, org_id, Question(narrowing, period))
    names = await _criterion_names(session, [one.scorecard_id for one in found])
    rows = [
        Criterion(
            one.scorecard_id, one.criterion, names.get((one.scorecard_id, one.criterion), one.criterion),
            one.verdicts,
        )
        for one in found
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-(row.verdicts.failing or 0), -row.verdicts.decided, row.name))


async def criterion_trends(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, bucket: Bucket
) -> dict[tuple[str | None, str], list[tuple[date, Verdicts]]]:
    """How each criterion (scorecard, key) went over time, a point for each bucket."""
    found = await queries.marked(session, org_id, Question(narrowing, period, bucket=bucket))
    sums = {(one.scorecard_id, one.criterion, one.starts): one.verdicts for one in found}
    return {
        (scorecard, key): [(at, sums.get((scorecard, key, at), Verdicts())) for at in period.buckets(bucket)]
        for scorecard, key in dict.fromkeys((one.scorecard_id, one.criterion) for one in found)
    }


async def criterion_name(session: AsyncSession, scorecard_id: str, key: str) -> str:
    """What a criterion of a scorecard is called; its key where nobody knows any more."""
    return (await _criterion_names(session, [scorecard_id])).get((scorecard_id, key), key)


async def _criterion_names(
    session: AsyncSession, scorecard_ids: Sequence[str | None]
) -> dict[tuple[str | None, str], str]:
    shipped = default_scorecard()
    names: dict[tuple[str | None, str], str] = {
        (str(shipped.id), one.key): one.name for one in shipped.criteria
    }
    stored = {one for one in scorecard_ids if one} - {str(shipped.id)}
    return names | dict(await queries.criteria(session, stored)) if stored else names
