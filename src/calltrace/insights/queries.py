"""Every SELECT on facts and sums.

Sums and the changes that are not folded yet are read in one statement, so of one moment. Where sums are not
ready, such as in the minute after a new time zone was chosen, the facts themselves are added up.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.models import Analysis
from calltrace.catalog.models import Agent, CallCenter, Engagement, Project, Queue
from calltrace.insights.measures import DIMENSIONS, LETTERS, Dimension, Figures, Verdicts, figures, verdicts
from calltrace.insights.models import Fact, Zone
from calltrace.insights.period import Bucket, Period
from calltrace.insights.sums import CELLS, MARKED, Family, kind_of

NONE: Literal["none"] = "none"
"""In place of an id: calls that have none."""
Wanted = uuid.UUID | Literal["none"] | None
NAMED: Mapping[Dimension, type[Agent | Queue | CallCenter | Project | Engagement]] = {
    "project_id": Project, "engagement_id": Engagement, "call_center_id": CallCenter, "queue_id": Queue,
    "agent_id": Agent,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which calls count: of a mode, within what somebody may see, and with some labels."""

    mode: Mode = "live"
    agents: Collection[uuid.UUID] | None = None
    """Calls of these agents only, because somebody may see no others; ``None``: of all."""
    project_id: Wanted = None
    engagement_id: Wanted = None
    call_center_id: Wanted = None
    queue_id: Wanted = None
    agent_id: Wanted = None

    @property
    def chosen(self) -> dict[Dimension, uuid.UUID | Literal["none"]]:
        """The dimensions that are narrowed down to one value."""
        return {one: getattr(self, one) for one in DIMENSIONS if getattr(self, one) is not None}


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be summed: which calls of which days, split by a dimension and by time."""

    narrowing: Narrowing
    period: Period
    by: Dimension | None = None
    bucket: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Summed:
    """One answer: the value of the dimension and the first day of the bucket, if it was split by them."""

    group: uuid.UUID | None
    starts: date | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Marked:
    """The same of one criterion of a scorecard."""

    group: uuid.UUID | None
    starts: date | None
    scorecard_id: str | None
    criterion: str
    verdicts: Verdicts


async def ready(session: AsyncSession, org_id: uuid.UUID, zone: str) -> bool:
    """Whether the sums of an organisation by the days of a time zone can be used."""
    query = select(exists().where(Zone.org_id == org_id, Zone.zone == zone, Zone.ready))
    return bool(await session.scalar(query))


async def summed(session: AsyncSession, org_id: uuid.UUID, question: Question) -> list[Summed]:
    """Sums over calls; groups and buckets without a call are left out."""
    rows = await _ask(session, org_id, CELLS, question)
    return [Summed(row["by"], row["bucket"], figures(row)) for row in rows]


async def marked(session: AsyncSession, org_id: uuid.UUID, question: Question) -> list[Marked]:
    """Sums over the criteria of those calls."""
    rows = await _ask(session, org_id, MARKED, question)
    return [
        Marked(row["by"], row["bucket"], row["scorecard_id"], row["criterion"], verdicts(row)) for row in rows
    ]


async def _ask(
    session: AsyncSession, org_id: uuid.UUID, family: Family, question: Question
) -> Sequence[Mapping[str, Any]]:
    use_sums = await ready(session, org_id, question.period.zone)
    names: dict[str, Any] = {
        "org": org_id, "mode": question.narrowing.mode, "zone": question.period.zone,
        "first": question.period.first, "last": question.period.last,
    }  # fmt: skip
    where = _where(question.narrowing, names)
    parts = [_kept(family, question, where, names)] if use_sums else []
    parts.append(_counted(family, question, where, "insight_changes" if use_sums else "insight_facts"))
    sums = ", ".join(f"sum({one})::bigint AS {one}" for one in family.measures)
    more = "".join(f", {one}" for one in family.more)
    any_left = " OR ".join(f"sum({one}) <> 0" for one in family.measures)
    statement = f"""
        SELECT "by", bucket{more}, {sums} FROM ({" UNION ALL ".join(parts)}) AS every
        GROUP BY "by", bucket{more} HAVING {any_left}
    """
    return (await session.execute(sql(statement), names)).mappings().all()


def _where(narrowing: Narrowing, names: dict[str, Any]) -> str:
    """Conditions on a row ``f``; what they name is added to ``names``."""
    conditions = ["f.org_id = :org", "f.mode = :mode"]
    for dimension, value in narrowing.chosen.items():
        if value == NONE:
            conditions.append(f"f.{dimension} IS NULL")
        else:
            conditions.append(f"f.{dimension} = :{dimension}")
            names[dimension] = value
    if narrowing.agents is not None:
        conditions.append("f.agent_id = ANY(CAST(:agents AS uuid[]))")
        names["agents"] = list(narrowing.agents)
    return " AND ".join(conditions)


def _kept(family: Family, question: Question, where: str, names: dict[str, Any]) -> str:
    """What the sums say."""
    used = [*question.narrowing.chosen]
    used += ["agent_id"] if question.narrowing.agents is not None else []
    used += [question.by] if question.by else []
    names["kind"] = kind_of(list(dict.fromkeys(used)))
    whole = question.bucket in {None, "month"}
    parts = question.period.parts() if whole else [("d", question.period.first, question.period.last)]
    days = list[str]()
    for number, (grain, first, last) in enumerate(parts):
        names |= {f"first{number}": first, f"last{number}": last}
        days.append(f"f.grain = '{grain}' AND f.starts BETWEEN :first{number} AND :last{number}")
    more = "".join(f", f.{one}" for one in family.more)
    measures = ", ".join(f"sum(f.{one}) AS {one}" for one in family.measures)
    selects = [
        f"""SELECT {_split(question, "f.starts")}{more}, {measures} FROM {family.table} f
            WHERE {where} AND f.zone = :zone AND f.kind = :kind AND {one} GROUP BY 1, 2{more}"""
        for one in days
    ]
    return " UNION ALL ".join(selects)


def _counted(family: Family, question: Question, where: str, table: str) -> str:
    """What changes, or facts, come to."""
    more = ", f.scorecard_id, line.criterion" if family.more else ""
    measures = ", ".join(f"{value} AS {name}" for name, value in family.measures.items())
    sign = "" if table == "insight_changes" else "1 AS sign, "
    moments = """f.called_at >= CAST(:first AS date)::timestamp AT TIME ZONE :zone
        AND f.called_at < (CAST(:last AS date) + 1)::timestamp AT TIME ZONE :zone"""
    day = "(f.called_at AT TIME ZONE :zone)::date"
    return f"""SELECT {_split(question, day)}{more}, {measures}
        FROM (SELECT {sign}f.* FROM {table} f WHERE {where} AND {moments}) AS f {family.lines}
        GROUP BY 1, 2{more}"""


def _split(question: Question, day: str) -> str:
    by = f"f.{question.by}" if question.by else "NULL::uuid"
    bucket = f"date_trunc('{question.bucket}', {day})::date" if question.bucket else "NULL::date"
    return f'{by} AS "by", {bucket} AS bucket'


async def names(
    session: AsyncSession, dimension: Dimension, only: Collection[uuid.UUID]
) -> dict[uuid.UUID, str]:
    """What agents, queues, call centres, projects or engagements are called."""
    model = NAMED[dimension]
    rows = await session.execute(select(model.id, model.name).where(model.id.in_(only)))
    return {row[0]: row[1] for row in rows.all()}


async def choices(
    session: AsyncSession, dimension: Dimension, limit: int, agents: Collection[uuid.UUID] | None = None
) -> list[tuple[uuid.UUID, str]]:
    """The first ``limit`` of them in the order of their names; of agents some, where those are given."""
    model = NAMED[dimension]
    query = select(model.id, model.name).order_by(model.name, model.id).limit(limit)
    if agents is not None and dimension == "agent_id":
        query = query.where(model.id.in_(agents))
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


_CRITERIA = sql("""
    SELECT DISTINCT ON (v.scorecard_id, line ->> 'key') v.scorecard_id::text, line ->> 'key', line ->> 'name'
    FROM scorecard_versions v, jsonb_path_query(v.document, '$.sections[*].criteria[*]') AS line
    WHERE v.scorecard_id::text = ANY(:scorecard_ids)
    ORDER BY v.scorecard_id, line ->> 'key', v.version DESC
""")


async def criteria(session: AsyncSession, scorecard_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """What criteria are called, by scorecard and key: the newest version that has one says so."""
    rows = await session.execute(_CRITERIA, {"scorecard_ids": list(scorecard_ids)})
    return {(row[0], row[1]): row[2] for row in rows.all()}


def without(dimension: Dimension) -> ColumnElement[bool]:
    """A condition on ``Analysis``: it has no agent, queue and so on."""
    return getattr(Analysis, dimension).is_(None)


def counted_as(
    *,
    passed: bool | None = None,
    mood: str | None = None,
    escalated: bool = False,
    failed: tuple[str, str] | None = None,
) -> ColumnElement[bool]:
    """A condition on ``Analysis``: it is among the calls that a figure counts.

    ``failed`` is a criterion, by scorecard and key, that was not met.
    """
    conditions = [Fact.analysis_id == Analysis.id]
    if passed is not None:
        conditions.append(Fact.passed.is_(passed))
    if mood is not None:
        conditions.append(Fact.mood == mood)
    if escalated:
        conditions.append(Fact.escalated.is_(True))
    if failed is not None:
        place = func.array_position(Fact.criteria, failed[1])
        conditions.append(Fact.scorecard_id == failed[0])
        conditions.append(func.substr(Fact.verdicts, place, 1) == LETTERS["not_met"])
    return exists().where(*conditions)


def facts(narrowing: Narrowing, period: Period) -> "Select[tuple[Fact]]":
    """The facts of some calls, to be joined with what else is known of them (by ``analysis_id``)."""
    query = select(Fact).where(Fact.mode == narrowing.mode)
    query = query.where(Fact.called_at >= period.begins, Fact.called_at < period.ends)
    for dimension, value in narrowing.chosen.items():
        column = getattr(Fact, dimension)
        query = query.where(column.is_(None) if value == NONE else column == value)
    if narrowing.agents is not None:
        query = query.where(Fact.agent_id.in_(narrowing.agents))
    return query
