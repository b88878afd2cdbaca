"""Every SELECT on one analysis, or on some that are known."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    any_,
    cast,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.list_queries import NEWEST_FIRST
from calltrace.analyses.models import Analysis, EvaluationRow, IdempotencyKey, TranscriptRow
from calltrace.db.base import Json
from calltrace.recordings.models import Recording


@dataclass(frozen=True, slots=True)
class Found:
    """An analysis with its transcript and newest evaluation, as far as they exist.

    Both are JSON text: they were checked when they were stored, and mostly they are only passed on.
    """

    analysis: Analysis
    transcript: str | None
    evaluation: str | None


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


async def whole(session: AsyncSession, analysis_ids: Collection[uuid.UUID]) -> Sequence[Found]:
    """Some analyses with their results, newest first; those that are gone are left out."""
    query = _WITH_RESULTS.where(Analysis.id.in_(analysis_ids)).order_by(*NEWEST_FIRST)
    return [Found(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


async def call(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode | None) -> Analysis | None:
    """One analysis of the organisation, and of one mode when that is given, without what was said."""
    query = select(Analysis).where(Analysis.id == analysis_id)
    return await session.scalar(query if mode is None else query.where(Analysis.mode == mode))


async def transcript_of(
    session: AsyncSession, analysis_id: uuid.UUID, mode: Mode
) -> tuple[Analysis, str | None] | None:
    """One analysis of the organisation and mode with its transcript as JSON text, if there is one yet."""
    query = select(Analysis, cast(TranscriptRow.document, Text))
    query = query.outerjoin(TranscriptRow, TranscriptRow.analysis_id == Analysis.id)
    row = (await session.execute(query.where(Analysis.id == analysis_id, Analysis.mode == mode))).first()
    return (row[0], row[1]) if row else None


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


async def idempotency_key(session: AsyncSession, mode: Mode, key: str) -> IdempotencyKey | None:
    """The first use of a key by the organisation, among its live or its test requests."""
    match = (IdempotencyKey.mode == mode, IdempotencyKey.key == key)
    return await session.scalar(select(IdempotencyKey).where(*match))


async def recording_of(session: AsyncSession, analysis_id: uuid.UUID) -> Recording | None:
    """The stored audio of an analysis."""
    query = select(Recording).join(Analysis, Analysis.recording_id == Recording.id)
    return await session.scalar(query.where(Analysis.id == analysis_id))
