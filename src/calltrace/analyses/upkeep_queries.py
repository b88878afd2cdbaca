"""What housekeeping and operators ask of all analyses: what is old, stranded or erased."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import AuditEntry, Mode, Organisation
from calltrace.analyses.models import Analysis
from calltrace.kit.cursor import Cursor
from calltrace.recordings.models import Recording

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
