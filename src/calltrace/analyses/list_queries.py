"""Lists of analyses: what they are narrowed down by, and what a line of them shows."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.matching import is_found
from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.analyses.search_terms import Search
from calltrace.catalog.models import Agent, Engagement, Project, Queue
from calltrace.db.rls import BY_INDEX
from calltrace.kit.cursor import Cursor

_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])
NEWEST_FIRST = (Analysis.created_at.desc(), Analysis.id.desc())


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; all given ones must hold (acceptance CT-106)."""

    status: str | None = None
    external_id: str | None = None
    agent_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    mode: Mode = "live"
    medium: str | None = None
    """``voice`` or ``text``; ``None``: calls and chats."""
    heard_language: str | None = None
    score_from: float | None = None
    score_to: float | None = None
    called: str | None = None
    """An externalId or a file name, letter by letter."""
    text: Search | None = None
    """What was said, or a part of a name: asked of ``search.find``, and only there."""
    agents: Collection[uuid.UUID] | None = None
    """Calls of these agents only, because somebody may see no others; ``None``: of all."""
    project_id: uuid.UUID | None = None
    engagement_id: uuid.UUID | None = None
    call_center_id: uuid.UUID | None = None
    contact_id: str | None = None
    called_from: datetime | None = None
    """When the call took place: from here on."""
    called_before: datetime | None = None
    also: Sequence[ColumnElement[bool]] = ()
    """More conditions on ``Analysis``, such as on what is counted of a call."""


async def calls(
    session: AsyncSession, filters: Filters, *, after: Cursor | None, limit: int
) -> Sequence[Analysis]:
    """The next ``limit`` analyses after a cursor, newest first; stable while rows arrive. Of no words."""
    return (await session.scalars(_cut(select(Analysis), filters, after, limit))).all()


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list of calls: no words, and of the newest completed evaluation only the result."""

    analysis: Analysis
    agent: str | None
    queue: str | None
    project: str | None
    score: float | None
    passed: bool | None


_RESULT = (
    select(EvaluationRow.score, EvaluationRow.passed)
    .where(EvaluationRow.analysis_id == Analysis.id, EvaluationRow.status == "completed")
    .order_by(EvaluationRow.created_at.desc())
    .limit(1)
    .lateral("result")
)

_LISTED = (
    select(Analysis, Agent.name, Queue.name, Project.name, _RESULT.c.score, _RESULT.c.passed)
    .outerjoin(Agent, Agent.id == Analysis.agent_id)
    .outerjoin(Queue, Queue.id == Analysis.queue_id)
    .outerjoin(Project, Project.id == Analysis.project_id)
    .outerjoin(_RESULT, true())
)


async def listed(
    session: AsyncSession, filters: Filters, *, after: Cursor | None, limit: int
) -> Sequence[Listed]:
    """The same as ``calls``, with names and results; only here scores and names narrow it down.

    Where no score does, the ids are looked for first: the index of the list knows them, and when calls took
    place, without a look at the rows.
    """
    await session.execute(BY_INDEX)
    if filters.score_from is not None or filters.score_to is not None:
        query = _cut(_called(_scored(_LISTED, filters), filters), filters, after, limit)
    else:
        ids = _cut(_called(select(Analysis.id), filters), filters, after, limit)
        query = _LISTED.where(Analysis.id == any_(func.array(ids.scalar_subquery())))
        query = query.order_by(*NEWEST_FIRST)
    return [Listed(*row) for row in (await session.execute(query)).all()]


def narrowed(filters: Filters, after: Cursor | None) -> Select[uuid.UUID, datetime]:
    """Ids and moments of all calls that ``listed`` shows after a cursor, unordered; ``text`` is not asked."""
    query = select(Analysis.id, Analysis.created_at)
    if filters.score_from is not None or filters.score_to is not None:
        query = _scored(query.outerjoin(_RESULT, true()), filters)
    query = filtered(_called(query, filters), filters)
    return query if after is None else query.where(_beyond(after))


async def listed_by_id(session: AsyncSession, analysis_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Listed]:
    """The same of some calls; those that are gone are left out."""
    rows = (await session.execute(_LISTED.where(Analysis.id.in_(analysis_ids)))).all()
    return {row[0].id: Listed(*row) for row in rows}


_WALKED = {"project_id": Project, "queue_id": Queue, "engagement_id": Engagement}
"""What there is an index for that leads from one to its newest call."""


async def last_calls(
    session: AsyncSession, column: str, only: Collection[uuid.UUID], agents: Collection[uuid.UUID] | None
) -> dict[uuid.UUID, datetime] | None:
    """When the newest live call of some projects, queues or engagements came in; ``None`` for other columns.

    Args:
        session: of the organisation.
        column: of ``Analysis`` that names them.
        only: which ones.
        agents: whose calls may be seen; ``None`` for everybody's.
    """
    model = _WALKED.get(column)
    if model is None:
        return None
    call = Analysis.mode == "live", Analysis.medium == "voice"
    newest = select(Analysis.created_at).where(getattr(Analysis, column) == model.id, *call)
    if agents is not None:
        newest = newest.where(Analysis.agent_id.in_(agents))
    last = newest.order_by(Analysis.created_at.desc()).limit(1).scalar_subquery()
    rows = await session.execute(select(model.id, last).where(model.id.in_(only)))
    found: dict[uuid.UUID, datetime | None] = {row[0]: row[1] for row in rows.all()}
    return {one: moment for one, moment in found.items() if moment is not None}


def of_engagement(engagement_id: uuid.UUID) -> Select[uuid.UUID]:
    """The ids of the analyses of an engagement."""
    return select(Analysis.id).where(Analysis.engagement_id == engagement_id)


_LANGUAGES = sql("""
    WITH RECURSIVE found AS (
        (SELECT heard_language AS one FROM analyses WHERE mode = :mode AND heard_language IS NOT NULL
         ORDER BY heard_language LIMIT 1)
        UNION ALL
        SELECT (SELECT heard_language FROM analyses WHERE mode = :mode AND heard_language > found.one
                ORDER BY heard_language LIMIT 1)
        FROM found WHERE found.one IS NOT NULL
    )
    SELECT one FROM found WHERE one IS NOT NULL
""")
"""From one language to the next in the index: as many steps as there are languages, however many calls."""


async def heard_languages(session: AsyncSession, mode: Mode) -> Sequence[str]:
    """The languages that calls of a mode were heard in (ISO 639-1), in order."""
    return (await session.scalars(_LANGUAGES, {"mode": mode})).all()


def _scored(query: _Query, filters: Filters) -> _Query:
    """By the score that is shown. First the same is asked of all evaluations: for that there is an index."""
    if filters.score_from is None and filters.score_to is None:
        return query
    some = _between(EvaluationRow.score, filters)
    ever = select(EvaluationRow.analysis_id).where(EvaluationRow.status == "completed", some)
    return query.where(Analysis.id.in_(ever), _between(_RESULT.c.score, filters))


def _between(score: SQLColumnExpression[Any], filters: Filters) -> ColumnElement[bool]:
    least, most = filters.score_from, filters.score_to
    return and_(
        true() if least is None else score >= least,
        true() if most is None else score <= most,
    )


def _called(query: _Query, filters: Filters) -> _Query:
    if filters.called is None:
        return query
    return query.where(or_(Analysis.external_id == filters.called, Analysis.file_name == filters.called))


async def newer(session: AsyncSession, filters: Filters, than: Cursor, most: int) -> int:
    """How many calls ``listed`` would show before a cursor, counted up to ``most``."""
    position = tuple_(literal(than.moment), literal(than.id))
    query = filtered(_called(_scored(_LISTED, filters), filters), filters)
    if filters.text is not None:
        query = query.where(is_found(filters.text))
    query = query.where(tuple_(Analysis.created_at, Analysis.id) > position).limit(most)
    found = query.with_only_columns(Analysis.id).subquery()
    return await session.scalar(select(func.count()).select_from(found)) or 0


def _cut(query: _Query, filters: Filters, after: Cursor | None, limit: int) -> _Query:
    query = filtered(query, filters)
    if after:
        query = query.where(_beyond(after))
    return query.order_by(*NEWEST_FIRST).limit(limit)


def _beyond(after: Cursor) -> ColumnElement[bool]:
    return tuple_(Analysis.created_at, Analysis.id) < tuple_(literal(after.moment), literal(after.id))


def filtered(query: _Query, filters: Filters) -> _Query:
    """A query over analyses, narrowed down; scores and ``called`` count in ``listed`` only."""
    equal = {
        Analysis.mode: filters.mode,
        Analysis.medium: filters.medium,
        Analysis.status: filters.status,
        Analysis.external_id: filters.external_id,
        Analysis.agent_id: filters.agent_id,
        Analysis.queue_id: filters.queue_id,
        Analysis.heard_language: filters.heard_language,
        Analysis.project_id: filters.project_id,
        Analysis.engagement_id: filters.engagement_id,
        Analysis.call_center_id: filters.call_center_id,
        Analysis.contact_id: filters.contact_id,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if filters.agents is not None:
        query = query.where(Analysis.agent_id.in_(filters.agents))
    if filters.created_from:
        query = query.where(Analysis.created_at >= filters.created_from)
    if filters.created_to:
        query = query.where(Analysis.created_at <= filters.created_to)
    if filters.called_from:
        query = query.where(Analysis.called_at >= filters.called_from)
    if filters.called_before:
        query = query.where(Analysis.called_at < filters.called_before)
    return query.where(*filters.also)
