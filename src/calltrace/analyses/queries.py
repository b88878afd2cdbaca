"""Every SELECT on analyses and what hangs on them."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from calltrace.accounts.models import AuditEntry, Mode, Organisation
from calltrace.analyses.matching import is_found
from calltrace.analyses.models import Analysis, EvaluationRow, IdempotencyKey, TranscriptRow
from calltrace.analyses.search_terms import Search
from calltrace.catalog.models import Agent, Engagement, Project, Queue
from calltrace.db.base import Json
from calltrace.db.rls import BY_INDEX
from calltrace.kit.cursor import Cursor
from calltrace.recordings.models import Recording
from calltrace.scorecards.models import ScorecardVersion


@dataclass(frozen=True, slots=True)
class Found:
    """An analysis with its transcript and newest evaluation, as far as they exist.

    Both are JSON text: they were checked when they were stored, and mostly they are only passed on.
    """

    analysis: Analysis
    transcript: str | None
    evaluation: str | None


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


_TRANSCRIPT = (
    select(cast(TranscriptRow.document, Text))
    .where(TranscriptRow.analysis_id == Analysis.id)
    .scalar_subquery()
)
_NEWEST_EVALUATION = (
    select(cast(EvaluationRow.document, Text))
    .where(EvaluationRow.analysis_id == Analysis.id, EvaluationRow.status == "completed")
    .order_by(EvaluationRow.created_at.desc())
    .limit(1)
    .scalar_subquery()
)
_WITH_RESULTS = select(Analysis, _TRANSCRIPT, _NEWEST_EVALUATION)
"""Analyses with their results. These are looked up, not joined: PostgreSQL cuts a page out first and unpacks
the transcripts of its rows only (what costs much is computed after LIMIT, even where it has to sort).
"""


async def find(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode | None = None) -> Found | None:
    """One analysis of the organisation with its results; of one mode, when that is given."""
    one = _WITH_RESULTS.where(Analysis.id == analysis_id)
    if mode is not None:
        one = one.where(Analysis.mode == mode)
    row = (await session.execute(one)).first()
    return Found(row[0], row[1], row[2]) if row else None


async def lock(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode | None) -> Analysis | None:
    """One analysis, locked until the transaction ends: no worker writes to it meanwhile."""
    query = select(Analysis).where(Analysis.id == analysis_id).with_for_update()
    return await session.scalar(query if mode is None else query.where(Analysis.mode == mode))


async def former_human_lines(
    session: AsyncSession, analysis_id: uuid.UUID, evaluation_id: uuid.UUID
) -> int | None:
    """How many criteria people decided in the other evaluations of an analysis; ``None``: none."""
    query = select(func.nullif(func.sum(EvaluationRow.human_lines), 0))
    others = (EvaluationRow.analysis_id == analysis_id, EvaluationRow.id != evaluation_id)
    return await session.scalar(query.where(*others))


async def whole(session: AsyncSession, analysis_ids: Collection[uuid.UUID]) -> Sequence[Found]:
    """Some analyses with their results, newest first; those that are gone are left out."""
    query = _WITH_RESULTS.where(Analysis.id.in_(analysis_ids)).order_by(*_NEWEST_FIRST)
    return [Found(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


async def call(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode | None) -> Analysis | None:
    """One analysis of the organisation, and of one mode when that is given, without what was said."""
    query = select(Analysis).where(Analysis.id == analysis_id)
    return await session.scalar(query if mode is None else query.where(Analysis.mode == mode))


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
        query = query.order_by(*_NEWEST_FIRST)
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


def _scored(query: "_Query", filters: Filters) -> "_Query":
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


def _called(query: "_Query", filters: Filters) -> "_Query":
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


async def transcript_of(
    session: AsyncSession, analysis_id: uuid.UUID, mode: Mode
) -> tuple[Analysis, str | None] | None:
    """One analysis of the organisation and mode with its transcript as JSON text, if there is one yet."""
    query = select(Analysis, cast(TranscriptRow.document, Text))
    query = query.outerjoin(TranscriptRow, TranscriptRow.analysis_id == Analysis.id)
    row = (await session.execute(query.where(Analysis.id == analysis_id, Analysis.mode == mode))).first()
    return (row[0], row[1]) if row else None


_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])
_NEWEST_FIRST = (Analysis.created_at.desc(), Analysis.id.desc())


def _cut(query: _Query, filters: Filters, after: Cursor | None, limit: int) -> _Query:
    query = filtered(query, filters)
    if after:
        query = query.where(_beyond(after))
    return query.order_by(*_NEWEST_FIRST).limit(limit)


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


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an analysis is, in which attempt, and why it failed if it did."""

    analysis_id: uuid.UUID
    status: str
    stage: str
    percent: int
    attempt: int
    error: Json | None

    @property
    def over(self) -> bool:
        """Whether nothing of it changes any more."""
        return self.status in {"completed", "failed"}


async def progress(
    session: AsyncSession, analysis_ids: Collection[uuid.UUID], agents: Collection[uuid.UUID] | None = None
) -> Sequence[Progress]:
    """How far some analyses are; those that are gone, or of other agents than these, are left out."""
    columns = (Analysis.id, Analysis.status, Analysis.stage, Analysis.percent, Analysis.attempt)
    wanted = any_(literal(list(analysis_ids), ARRAY(Uuid)))
    query = select(*columns, Analysis.error).where(Analysis.id == wanted)
    if agents is not None:
        query = query.where(Analysis.agent_id.in_(agents))
    return [Progress(*row) for row in (await session.execute(query)).all()]


@dataclass(frozen=True, slots=True)
class FoundEvaluation:
    """An evaluation, its document as JSON text, and the scorecard version that it is pinned to.

    Without a version it is pinned to the scorecard that ships with the product.
    """

    row: EvaluationRow
    document: str | None
    version: ScorecardVersion | None


def _evaluations(analysis_id: uuid.UUID) -> Select[EvaluationRow, str, ScorecardVersion]:
    return (
        select(EvaluationRow, cast(EvaluationRow.document, Text), ScorecardVersion)
        .outerjoin(ScorecardVersion, ScorecardVersion.id == EvaluationRow.scorecard_version_id)
        .where(EvaluationRow.analysis_id == analysis_id)
        .options(defer(EvaluationRow.document))
    )


async def evaluation(
    session: AsyncSession, analysis_id: uuid.UUID, evaluation_id: uuid.UUID
) -> FoundEvaluation | None:
    """One evaluation of an analysis."""
    query = _evaluations(analysis_id).where(EvaluationRow.id == evaluation_id)
    row = (await session.execute(query)).first()
    return FoundEvaluation(row[0], row[1], row[2]) if row else None


async def evaluations(
    session: AsyncSession, analysis_id: uuid.UUID, *, after: Cursor | None, limit: int
) -> Sequence[FoundEvaluation]:
    """The next ``limit`` evaluations of an analysis after a cursor, newest first."""
    query = _evaluations(analysis_id)
    place = tuple_(EvaluationRow.created_at, EvaluationRow.id)
    if after:
        query = query.where(place < tuple_(literal(after.moment), literal(after.id)))
    query = query.order_by(EvaluationRow.created_at.desc(), EvaluationRow.id.desc()).limit(limit)
    return [FoundEvaluation(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


async def waiting_evaluation(
    session: AsyncSession, analysis_id: uuid.UUID, version_id: uuid.UUID | None
) -> EvaluationRow | None:
    """The evaluation of an analysis by one scorecard version that is still to be made."""
    same = EvaluationRow.scorecard_version_id.is_not_distinct_from(version_id)
    query = select(EvaluationRow).where(EvaluationRow.analysis_id == analysis_id, same)
    return await session.scalar(query.where(EvaluationRow.status == "queued").limit(1))


async def newest_evaluation(session: AsyncSession, analysis_id: uuid.UUID) -> EvaluationRow | None:
    """The evaluation of an analysis that was asked for last, without what it says."""
    query = select(EvaluationRow).where(EvaluationRow.analysis_id == analysis_id)
    query = query.order_by(EvaluationRow.created_at.desc(), EvaluationRow.id.desc()).limit(1)
    return await session.scalar(query.options(defer(EvaluationRow.document)))


async def evaluation_for_work(session: AsyncSession, evaluation_id: uuid.UUID) -> EvaluationRow | None:
    """An evaluation that is still to be made, locked until the transaction ends."""
    query = select(EvaluationRow).where(EvaluationRow.id == evaluation_id, EvaluationRow.status == "queued")
    return await session.scalar(query.with_for_update())


async def stranded_evaluations(
    session: AsyncSession, older_than: timedelta
) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """``(org, evaluation)`` of evaluations that are to be made and have no job (operator session).

    Those that a batch has in hand have none: it makes them itself, and is rescued itself.
    """
    same = sql("pgqueuer.dedupe_key = 'evaluate_again:' || evaluations.org_id || '/' || evaluations.id")
    job = exists(sql("1")).select_from(sql("pgqueuer")).where(same)
    query = (
        select(EvaluationRow.org_id, EvaluationRow.id)
        .where(EvaluationRow.status == "queued", not_(job), not_(_in_a_batch()))
        .where(EvaluationRow.created_at < func.clock_timestamp() - older_than)
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


def _in_a_batch() -> ColumnElement[bool]:
    """Whether a batch that goes on has the call of an evaluation before it (tables of ``batches``)."""
    tables = sql("batch_calls JOIN batches ON batches.id = batch_calls.batch_id")
    waits = sql("batch_calls.analysis_id = evaluations.analysis_id AND batch_calls.status = 'waiting'")
    goes_on = sql("batches.kind = 'evaluate' AND batches.status IN ('queued', 'running')")
    return exists(sql("1")).select_from(tables).where(waits, goes_on)


async def idempotency_key(session: AsyncSession, mode: Mode, key: str) -> IdempotencyKey | None:
    """The first use of a key by the organisation, among its live or its test requests."""
    match = (IdempotencyKey.mode == mode, IdempotencyKey.key == key)
    return await session.scalar(select(IdempotencyKey).where(*match))


_ERASED = AuditEntry.action == literal("analysis.erased", literal_execute=True)
"""Written out, so that the index of these entries applies."""


async def erasure(session: AsyncSession, receipt_id: uuid.UUID, mode: Mode) -> AuditEntry | None:
    """The receipt of one erasure among the organisation's live or its test analyses."""
    query = select(AuditEntry).where(AuditEntry.id == receipt_id, _ERASED)
    return await session.scalar(query.where(AuditEntry.details["mode"].astext == mode))


async def erasures(
    session: AsyncSession, mode: Mode, target_id: str | None, *, after: Cursor | None, limit: int
) -> Sequence[AuditEntry]:
    """The next ``limit`` receipts after a cursor, newest first; of one analysis, when that is given."""
    query = select(AuditEntry).where(_ERASED, AuditEntry.details["mode"].astext == mode)
    if target_id is not None:
        query = query.where(AuditEntry.target_id == target_id)
    if after:
        place = tuple_(AuditEntry.created_at, AuditEntry.id)
        query = query.where(place < tuple_(literal(after.moment), literal(after.id)))
    query = query.order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def recording_of(session: AsyncSession, analysis_id: uuid.UUID) -> Recording | None:
    """The stored audio of an analysis."""
    query = select(Recording).join(Analysis, Analysis.recording_id == Recording.id)
    return await session.scalar(query.where(Analysis.id == analysis_id))


async def stranded(session: AsyncSession, older_than: timedelta) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """``(org, analysis)`` of unfinished analyses without a job or a sign of life (operator session)."""
    same = sql("pgqueuer.dedupe_key = 'process_analysis:' || analyses.org_id || '/' || analyses.id")
    job = exists(sql("1")).select_from(sql("pgqueuer")).where(same)
    query = (
        select(Analysis.org_id, Analysis.id)
        .where(Analysis.status.in_(("queued", "processing")))
        .where(func.coalesce(Analysis.touched_at, Analysis.created_at) < func.clock_timestamp() - older_than)
        .where(not_(job))
    )
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]


async def under_way(session: AsyncSession, expected: float) -> float:
    """Seconds of audio in live calls that are not finished; one of unknown length counts as ``expected``."""
    length = func.coalesce(Analysis.duration_seconds, expected)
    unfinished = Analysis.status.in_(("queued", "processing"))
    query = select(func.sum(length)).where(Analysis.mode == "live", Analysis.medium == "voice", unfinished)
    return await session.scalar(query) or 0.0


_ENDED = Analysis.status.in_(("completed", "failed"))


async def count_older(session: AsyncSession, before: datetime) -> int:
    """How many calls of both modes have ended and came in before a moment."""
    query = select(func.count()).select_from(Analysis).where(_ENDED, Analysis.created_at < before)
    return await session.scalar(query) or 0


async def count_older_recorded(session: AsyncSession, before: datetime, floor: datetime | None) -> int:
    """Of how many of them there is a recording; those from before ``floor`` are left out."""
    query = select(func.count()).select_from(Analysis).where(_ENDED, Analysis.created_at < before)
    if floor is not None:
        query = query.where(Analysis.created_at >= floor)
    return await session.scalar(query.where(Analysis.recording_id.is_not(None))) or 0


async def older_calls(
    session: AsyncSession, before: datetime, limit: int
) -> Sequence[tuple[uuid.UUID, Mode]]:
    """The oldest calls that have ended and came in before a moment, with their modes."""
    query = select(Analysis.id, Analysis.mode).where(_ENDED, Analysis.created_at < before)
    rows = await session.execute(query.order_by(Analysis.created_at).limit(limit))
    return [(row[0], row[1]) for row in rows.all()]


async def older_recordings(session: AsyncSession, before: datetime, limit: int) -> Sequence[Recording]:
    """The recordings of the oldest of them; their calls are locked, and those that others locked left out."""
    query = select(Recording).join(Analysis, Analysis.recording_id == Recording.id)
    query = query.where(_ENDED, Analysis.created_at < before).order_by(Analysis.created_at).limit(limit)
    return (await session.scalars(query.with_for_update(of=Analysis, skip_locked=True))).all()


async def forgetful(session: AsyncSession) -> Sequence[Organisation]:
    """The organisations that keep recordings or calls for a time only (operator session)."""
    keeps = or_(Organisation.recordings_kept_days.is_not(None), Organisation.calls_kept_days.is_not(None))
    return (await session.scalars(select(Organisation).where(keeps))).all()
