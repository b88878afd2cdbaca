"""What customers said of calls beside what calls are scored: averages, and how much the two go together.

Surveys are few beside calls, so they are added up when somebody asks: their facts are (``SurveyFact``), which
triggers keep beside the surveys, each with the score that its call shows now. Chats count as well. The
coefficient is Pearson's, its interval Fisher's (95 %), and neither is told of fewer than
LEAST_FOR_CORRELATION calls: among so few even chance looks like a finding.
"""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.insights import queries
from calltrace.insights.measures import Dimension
from calltrace.insights.period import Bucket, Period
from calltrace.insights.queries import Narrowing, Question
from calltrace.insights.sums import of_days

LEAST_FOR_CORRELATION = 30
Row = tuple[uuid.UUID | None, date | None, "Sums"]
_95_PERCENT = 1.959964

_COUNTS = """
    count(*), count(*) FILTER (WHERE f.answered), count(f.said), coalesce(sum(f.said), 0),
    regr_count(f.scored, f.said), coalesce(regr_avgx(f.scored, f.said), 0),
    coalesce(regr_avgy(f.scored, f.said), 0), coalesce(regr_sxx(f.scored, f.said), 0),
    coalesce(regr_syy(f.scored, f.said), 0), coalesce(regr_sxy(f.scored, f.said), 0)
"""
"""In the order of ``Sums``; what begins with ``regr_`` PostgreSQL adds up once for all of them."""


@dataclass(frozen=True, slots=True)
class SurveyFigures:
    """What some surveys come to.

    Attributes:
        surveys: all of them, also those that nobody began to answer.
        answered: that somebody began to answer.
        scored: that have a score.
        average_said: of the scores that customers gave, on the sender's scale.
        paired: with a score, of calls that have a score of 0 to 100 as well.
        average_score: of those calls.
        together: the coefficient over them, however few they are; null where one side never differs.
    """

    surveys: int = 0
    answered: int = 0
    scored: int = 0
    average_said: float | None = None
    paired: int = 0
    average_score: float | None = None
    together: float | None = None

    @property
    def correlation(self) -> float | None:
        """-1 to 1; null for too few calls."""
        if self.together is None or self.paired < LEAST_FOR_CORRELATION:
            return None
        return round(self.together, 3)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between what the coefficient is with 95 % confidence."""
        if self.correlation is None or self.together is None:
            return None
        middle = math.atanh(max(-1 + 1e-12, min(1 - 1e-12, self.together)))
        half = _95_PERCENT / math.sqrt(self.paired - 3)
        return round(math.tanh(middle - half), 3), round(math.tanh(middle + half), 3)


@dataclass(frozen=True, slots=True)
class Sums:
    """What some surveys add up to: enough to add them to others.

    ``n`` of them have a score on both sides; ``mean_x`` of what was said, ``mean_y`` of what was scored, and
    the sums of squares and products around those (Chan, Golub and LeVeque, 1979).
    """

    surveys: int = 0
    answered: int = 0
    scored: int = 0
    said: float = 0.0
    n: int = 0
    mean_x: float = 0.0
    mean_y: float = 0.0
    sxx: float = 0.0
    syy: float = 0.0
    sxy: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        """Both together."""
        n = self.n + other.n
        share = other.n / n if n else 0.0
        x, y, weight = other.mean_x - self.mean_x, other.mean_y - self.mean_y, self.n * share
        return Sums(
            self.surveys + other.surveys, self.answered + other.answered, self.scored + other.scored,
            self.said + other.said, n, self.mean_x + x * share, self.mean_y + y * share,
            self.sxx + other.sxx + x * x * weight, self.syy + other.syy + y * y * weight,
            self.sxy + other.sxy + x * y * weight,
        )  # fmt: skip

    @property
    def figures(self) -> SurveyFigures:
        """What they come to."""
        spread = math.sqrt(self.sxx * self.syy)
        return SurveyFigures(
            self.surveys, self.answered, self.scored,
            round(self.said / self.scored, 2) if self.scored else None, self.n,
            round(self.mean_y, 1) if self.n else None,
            max(-1.0, min(1.0, self.sxy / spread)) if spread else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SurveyGroup:
    """The surveys of one agent, queue and so on; ``group_id`` and ``name`` are null for those without."""

    group_id: uuid.UUID | None
    name: str | None
    figures: SurveyFigures


@dataclass(frozen=True, slots=True)
class SurveyPoint:
    """The surveys of the calls of one day, week or month."""

    starts: date
    figures: SurveyFigures


async def summary(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period
) -> SurveyFigures:
    """Of all calls of a period, by the time when they took place."""
    return _total(await _ask(session, org_id, Question(narrowing, period)))


async def groups(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, by: Dimension
) -> tuple[SurveyFigures, list[SurveyGroup]]:
    """All of them, and a row for each agent, queue and so on that has some: most first, then by name."""
    found = await _ask(session, org_id, Question(narrowing, period, by))
    names = await queries.names(session, by, [group for group, _starts, _sums in found if group])
    rows = [
        SurveyGroup(group, names.get(group) if group else None, sums.figures)
        for group, _starts, sums in found
    ]
    return _total(found), sorted(rows, key=_most_first)


def _total(found: Sequence[Row]) -> SurveyFigures:
    return sum((sums for _group, _starts, sums in found), Sums()).figures


def _most_first(row: SurveyGroup) -> tuple[int, bool, str, str]:
    return -row.figures.surveys, row.name is None, (row.name or "").casefold(), str(row.group_id)


async def trend(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, bucket: Bucket
) -> list[SurveyPoint]:
    """A point for each day, week (from Monday) or month of the period, also where nobody was asked."""
    found = await _ask(session, org_id, Question(narrowing, period, bucket=bucket))
    known = {starts: sums for _group, starts, sums in found}
    return [SurveyPoint(one, known.get(one, Sums()).figures) for one in period.buckets(bucket)]


async def _ask(session: AsyncSession, org_id: uuid.UUID, question: Question) -> list[Row]:
    names: dict[str, Any] = {
        "org": org_id, "mode": question.narrowing.mode, "zone": question.period.zone,
        "first": question.period.first, "last": question.period.last,
    }  # fmt: skip
    where = queries.where_of(question.narrowing, names)
    day = "(f.called_at AT TIME ZONE :zone)::date"
    statement = f"""
        SELECT {queries.split(question, day)}, {_COUNTS} FROM survey_facts f
        WHERE {where} AND {of_days("CAST(:first AS date)", "CAST(:last AS date)")}
        GROUP BY 1, 2 HAVING count(*) > 0
    """  # noqa: S608 - no input: values are parameters
    rows = (await session.execute(sql(statement), names)).all()
    return [(row[0], row[1], Sums(*row[2:])) for row in rows]
