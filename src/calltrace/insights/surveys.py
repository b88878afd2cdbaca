"""What customers said of calls beside what calls are scored: averages, and how much the two go together.

Surveys are few beside calls, so they are counted when somebody asks, each with the evaluation that its call
shows now; chats count as well. The coefficient is Pearson's, its interval Fisher's (95 %), and neither is
told of fewer than LEAST_FOR_CORRELATION calls: among so few even chance looks like a finding.
"""

import math
import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.insights import queries
from calltrace.insights.measures import Dimension
from calltrace.insights.period import Bucket, Period
from calltrace.insights.queries import Narrowing, Question

LEAST_FOR_CORRELATION = 30
_95_PERCENT = 1.959964

_SAID = """
    SELECT s.org_id, s.mode, s.state, s.calculated_score AS said, shown.score AS scored,
        coalesce(a.called_at, c.started_at) AS called_at, coalesce(a.agent_id, c.agent_id) AS agent_id,
        coalesce(a.queue_id, c.queue_id) AS queue_id, a.project_id, a.call_center_id,
        coalesce(a.engagement_id, c.engagement_id) AS engagement_id
    FROM surveys s
    LEFT JOIN conversations c ON c.id = s.conversation_id
    LEFT JOIN analyses a ON a.id = coalesce(s.analysis_id, c.analysis_id)
    LEFT JOIN LATERAL (
        SELECT e.score FROM evaluations e WHERE e.analysis_id = a.id AND e.status = 'completed'
        ORDER BY e.created_at DESC LIMIT 1
    ) AS shown ON a.status = 'completed'
"""
_COUNTS = """
    count(*), count(*) FILTER (WHERE f.state <> 'NotStarted'), count(f.said), avg(f.said),
    regr_count(f.scored, f.said), regr_avgy(f.scored, f.said), corr(f.scored, f.said)
"""


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
    found = await _ask(session, org_id, Question(narrowing, period))
    return found[0][2] if found else SurveyFigures()


async def groups(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, by: Dimension
) -> list[SurveyGroup]:
    """A row for each agent, queue and so on that has surveys, most surveys first, then by name."""
    found = await _ask(session, org_id, Question(narrowing, period, by))
    names = await queries.names(session, by, [group for group, _starts, _figures in found if group])
    rows = [
        SurveyGroup(group, names.get(group) if group else None, figures) for group, _starts, figures in found
    ]
    return sorted(rows, key=_most_first)


def _most_first(row: SurveyGroup) -> tuple[int, bool, str, str]:
    return -row.figures.surveys, row.name is None, (row.name or "").casefold(), str(row.group_id)


async def trend(
    session: AsyncSession, org_id: uuid.UUID, narrowing: Narrowing, period: Period, bucket: Bucket
) -> list[SurveyPoint]:
    """A point for each day, week (from Monday) or month of the period, also where nobody was asked."""
    found = await _ask(session, org_id, Question(narrowing, period, bucket=bucket))
    known = {starts: figures for _group, starts, figures in found}
    return [SurveyPoint(one, known.get(one, SurveyFigures())) for one in period.buckets(bucket)]


async def _ask(
    session: AsyncSession, org_id: uuid.UUID, question: Question
) -> list[tuple[uuid.UUID | None, date | None, SurveyFigures]]:
    names: dict[str, Any] = {
        "org": org_id, "mode": question.narrowing.mode, "zone": question.period.zone,
        "first": question.period.first, "last": question.period.last,
    }  # fmt: skip
    where = queries.where_of(question.narrowing, names)
    day = "(f.called_at AT TIME ZONE :zone)::date"
    statement = f"""
        SELECT {queries.split(question, day)}, {_COUNTS} FROM ({_SAID}) AS f
        WHERE {where} AND f.called_at >= CAST(:first AS date)::timestamp AT TIME ZONE :zone
            AND f.called_at < (CAST(:last AS date) + 1)::timestamp AT TIME ZONE :zone
        GROUP BY 1, 2 HAVING count(*) > 0
    """  # noqa: S608 - no input: values are parameters
    rows = (await session.execute(sql(statement), names)).all()
    return [(row[0], row[1], _figures(*row[2:])) for row in rows]


def _figures(*counted: Any) -> SurveyFigures:
    surveys, answered, scored, said, paired, score, together = counted
    return SurveyFigures(surveys, answered, scored, _rounded(said, 2), paired, _rounded(score, 1), together)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
