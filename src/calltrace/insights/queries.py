"""Every SELECT on facts and sums.

Sums and the changes that are not folded yet are read in one statement, so of one moment. Where sums are not
ready, such as in the minute after a new time zone was chosen, the facts themselves are added up.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, exists, func, literal, not_, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.catalog.models import Agent, CallCenter, Engagement, Project, Queue
from calltrace.catalog.queries import offered
from calltrace.insights.measures import DIMENSIONS, LETTERS, Dimension, Figures, Verdicts
from calltrace.insights.models import Export, Fact, Zone
from calltrace.insights.period import Bucket, Period
from calltrace.insights.sums import CELLS, MARKED, Family, kind_of, of_days
from calltrace.kit.cursor import Cursor

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
    only: Sequence[uuid.UUID] | None = None
    """These calls alone, chats too, whenever they took place: asked of ``picked``, not of sums."""

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

    @property
    def kind(self) -> int:
        """Which sums answer it: those that are split by whatever it names."""
        used = [*self.narrowing.chosen]
        used += ["agent_id"] if self.narrowing.agents is not None else []
        used += [self.by] if self.by else []
        return kind_of(list(dict.fromkeys(used)))


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
    return [Summed(row[0], row[1], Figures(*row[2:])) for row in rows]


async def marked(session: AsyncSession, org_id: uuid.UUID, question: Question) -> list[Marked]:
    """Sums over the criteria of those calls."""
    rows = await _ask(session, org_id, MARKED, question)
    return [Marked(row[0], row[1], row[2], row[3], Verdicts(*row[4:])) for row in rows]


async def _ask(session: AsyncSession, org_id: uuid.UUID, family: Family, question: Question) -> Sequence[Any]:
    kind = question.kind
    # the columns of the answer are those of Summed or Marked, in their order
    use_sums = await ready(session, org_id, question.period.zone)
    names: dict[str, Any] = {
        "org": org_id, "mode": question.narrowing.mode, "zone": question.period.zone,
        "first": question.period.first, "last": question.period.last, "kind": kind,
    }  # fmt: skip
    where = where_of(question.narrowing, names)
    parts = [_kept(family, question, where, names)] if use_sums else []
    parts.append(_counted(family, question, where, "insight_changes" if use_sums else "insight_facts"))
    sums = ", ".join(f"sum({one})::bigint AS {one}" for one in family.measures)
    more = "".join(f", {one}" for one in family.more)
    any_left = " OR ".join(f"sum({one}) <> 0" for one in family.measures)
    statement = f"""
        SELECT "by", bucket{more}, {sums} FROM ({" UNION ALL ".join(parts)}) AS every
        GROUP BY "by", bucket{more} HAVING {any_left}
    """
    return (await session.execute(sql(statement), names)).all()


def where_of(narrowing: Narrowing, names: dict[str, Any]) -> str:
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
    whole = question.bucket in {None, "month"}
    parts = question.period.parts() if whole else [("d", question.period.first, question.period.last)]
    days = list[str]()
    for number, (grain, first, last) in enumerate(parts):
        names |= {f"first{number}": first, f"last{number}": last}
        days.append(f"f.grain = '{grain}' AND f.starts BETWEEN :first{number} AND :last{number}")
    more = "".join(f", f.{one}" for one in family.more)
    measures = ", ".join(f"sum(f.{one}) AS {one}" for one in family.measures)
    selects = [
        f"""SELECT {split(question, "f.starts")}{more}, {measures} FROM {family.table} f
            WHERE {where} AND f.zone = :zone AND f.kind = :kind AND {one} GROUP BY 1, 2{more}"""
        for one in days
    ]
    return " UNION ALL ".join(selects)


def _counted(family: Family, question: Question, where: str, table: str) -> str:
    """What changes, or facts, come to."""
    more = ", f.scorecard_id, line.criterion" if family.more else ""
    measures = ", ".join(f"{value} AS {name}" for name, value in family.measures.items())
    sign = "" if table == "insight_changes" else "1 AS sign, "
    days = of_days("CAST(:first AS date)", "CAST(:last AS date)")
    day = "(f.called_at AT TIME ZONE :zone)::date"
    return f"""SELECT {split(question, day)}{more}, {measures}
        FROM (SELECT {sign}f.* FROM {table} f WHERE {where} AND {days}) AS f {family.lines}
        GROUP BY 1, 2{more}"""


def split(question: Question, day: str) -> str:
    """The columns ``by`` and ``bucket`` of a question; ``day`` is SQL for a row's day."""
    by = f"f.{question.by}" if question.by else "NULL::uuid"
    bucket = f"date_trunc('{question.bucket}', {day})::date" if question.bucket else "NULL::date"
    return f'{by} AS "by", {bucket} AS bucket'


async def names(
    session: AsyncSession, dimension: Dimension, only: Collection[uuid.UUID]
) -> dict[uuid.UUID, str]:
    """What agents, queues, call centres, projects or engagements are called."""
    model = NAMED[dimension]
    wanted = any_(literal(list(only), ARRAY(Uuid)))
    rows = await session.execute(select(model.id, model.name).where(model.id == wanted))
    return {row[0]: row[1] for row in rows.all()}


async def choices(
    session: AsyncSession, dimension: Dimension, limit: int, agents: Collection[uuid.UUID] | None = None,
    keep: Collection[uuid.UUID | None] = (),
) -> list[tuple[uuid.UUID, str]]:  # fmt: skip
    """The first ``limit`` of them in the order of their names; of agents some, where those are given.

    What was put away is left out, but for what is to ``keep``.
    """
    model = NAMED[dimension]
    query = select(model.id, model.name).order_by(model.name, model.id).limit(limit)
    query = query.where(offered(model, keep))
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


def facts(narrowing: Narrowing, period: Period) -> Select[Fact]:
    """The facts of some calls, to be joined with what else is known of them (by ``analysis_id``)."""
    query = select(Fact).where(Fact.mode == narrowing.mode)
    query = query.where(Fact.called_at >= period.begins, Fact.called_at < period.ends)
    for dimension, value in narrowing.chosen.items():
        column = getattr(Fact, dimension)
        query = query.where(column.is_(None) if value == NONE else column == value)
    if narrowing.agents is not None:
        query = query.where(Fact.agent_id.in_(narrowing.agents))
    return query


@dataclass(frozen=True, slots=True)
class Noted:
    """A call that is worth listening to, and what is counted of it."""

    analysis_id: uuid.UUID
    score: float | None
    passed: bool | None
    mood: str | None
    escalated: bool


async def worst(session: AsyncSession, narrowing: Narrowing, period: Period, limit: int) -> list[Noted]:
    """Judged calls from the one that went worst: escalated ones first, then by their scores."""
    query = _judged(narrowing, period).order_by(Fact.escalated.desc(), Fact.score, Fact.analysis_id)
    return [_noted(one) for one in await session.scalars(query.limit(limit))]


async def best(session: AsyncSession, narrowing: Narrowing, period: Period, limit: int) -> list[Noted]:
    """Judged calls from the one that went best, by their scores."""
    query = _judged(narrowing, period).order_by(Fact.score.desc(), Fact.analysis_id)
    return [_noted(one) for one in await session.scalars(query.limit(limit))]


def _judged(narrowing: Narrowing, period: Period) -> Select[Fact]:
    return facts(narrowing, period).where(Fact.score.is_not(None))


def _noted(fact: Fact) -> Noted:
    return Noted(fact.analysis_id, (fact.score or 0) / 10, fact.passed, fact.mood, bool(fact.escalated))


@dataclass(frozen=True, slots=True)
class Exported:
    """A call as exports tell of it."""

    fact: Fact
    external_id: str | None
    file_name: str | None


async def exported(
    session: AsyncSession,
    narrowing: Narrowing,
    period: Period,
    *,
    after: tuple[datetime, uuid.UUID] | None,
    limit: int,
) -> list[Exported]:
    """The next ``limit`` calls after one by the time when they took place, oldest first."""
    query = facts(narrowing, period).join(Analysis, Analysis.id == Fact.analysis_id)
    query = query.add_columns(Analysis.external_id, Analysis.file_name)
    if after is not None:
        place = tuple_(Fact.called_at, Fact.analysis_id)
        query = query.where(place > tuple_(literal(after[0]), literal(after[1])))
    rows = await session.execute(query.order_by(Fact.called_at, Fact.analysis_id).limit(limit))
    return [Exported(row[0], row[1], row[2]) for row in rows.all()]


async def picked(session: AsyncSession, narrowing: Narrowing, ids: Sequence[uuid.UUID]) -> list[Exported]:
    """Calls and chats by their ids, in that order; those that are gone or may not be seen are left out."""
    query = select(Analysis, Fact).outerjoin(Fact, Fact.analysis_id == Analysis.id)
    query = query.where(Analysis.id == any_(literal(list(ids), ARRAY(Uuid))), Analysis.mode == narrowing.mode)
    if narrowing.agents is not None:
        query = query.where(Analysis.agent_id.in_(narrowing.agents))
    every = (await session.execute(query)).all()
    rows: dict[uuid.UUID, tuple[Analysis, Fact | None]] = {row[0].id: (row[0], row[1]) for row in every}
    results = await _results(session, [key for key, (_call, fact) in rows.items() if fact is None])
    found = [rows[one] for one in ids if one in rows]
    return [
        Exported(fact or _uncounted(call, results.get(call.id)), call.external_id, call.file_name)
        for call, fact in found
    ]


async def _results(session: AsyncSession, ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, EvaluationRow]:
    """The newest result of each."""
    query = select(EvaluationRow).ext(distinct_on(EvaluationRow.analysis_id))
    query = query.where(EvaluationRow.analysis_id.in_(ids), EvaluationRow.status == "completed")
    order = EvaluationRow.analysis_id, EvaluationRow.created_at.desc()
    return {one.analysis_id: one for one in await session.scalars(query.order_by(*order))} if ids else {}


def _uncounted(call: Analysis, result: EvaluationRow | None) -> Fact:
    """What would be counted of a chat: a row of no table."""
    said: Mapping[str, Any] = (result.document if result and call.status == "completed" else None) or {}
    return Fact(
        analysis_id=call.id, called_at=call.called_at, ai_call=call.ai_call,
        state=call.status if call.status in {"completed", "failed"} else "pending",
        **{one: getattr(call, one) for one in DIMENSIONS},
        scorecard_id=said.get("scorecard", {}).get("id"),
        score=round(said["score"] * 10) if said else None, passed=said.get("passed"),
        mood=said.get("sentiment", {}).get("customer"), effort=said.get("customerEffortScore"),
        escalated=said.get("escalation"),
    )  # fmt: skip


async def count(session: AsyncSession, narrowing: Narrowing, period: Period) -> int:
    """How many calls those are."""
    return await session.scalar(select(func.count()).select_from(facts(narrowing, period).subquery())) or 0


async def export(session: AsyncSession, export_id: uuid.UUID, mode: Mode | None) -> Export | None:
    """One export of the organisation."""
    query = select(Export).where(Export.id == export_id)
    return await session.scalar(query if mode is None else query.where(Export.mode == mode))


async def exports(
    session: AsyncSession, mode: Mode, user_id: uuid.UUID | None, *, after: Cursor | None, limit: int
) -> Sequence[Export]:
    """The next ``limit`` exports after a cursor, newest first; of keys, or of one person."""
    query = select(Export).where(Export.mode == mode, Export.user_id.is_not_distinct_from(user_id))
    if after:
        place = tuple_(Export.created_at, Export.id)
        query = query.where(place < tuple_(literal(after.moment), literal(after.id)))
    return (
        await session.scalars(query.order_by(Export.created_at.desc(), Export.id.desc()).limit(limit))
    ).all()


async def unfinished_exports(session: AsyncSession, org_id: uuid.UUID) -> int:
    """How many exports of an organisation have not ended."""
    waiting = Export.status.in_(("queued", "running"))
    query = select(func.count()).select_from(Export).where(Export.org_id == org_id, waiting)
    return await session.scalar(query) or 0


async def stranded_exports(
    session: AsyncSession, older_than: timedelta
) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """``(org, export)`` of unfinished exports without a job or a sign of life (operator session)."""
    same = sql("pgqueuer.dedupe_key = 'export:' || exports.org_id || '/' || exports.id")
    job = exists(sql("1")).select_from(sql("pgqueuer")).where(same)
    query = select(Export.org_id, Export.id).where(Export.status.in_(("queued", "running")), not_(job))
    query = query.where(Export.touched_at < func.clock_timestamp() - older_than)
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]
