"""Every SELECT on the evaluations of an analysis."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    cast,
    exists,
    func,
    literal,
    not_,
    select,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from calltrace.analyses.models import EvaluationRow
from calltrace.kit.cursor import Cursor
from calltrace.scorecards.models import ScorecardVersion


async def former_human_lines(
    session: AsyncSession, analysis_id: uuid.UUID, evaluation_id: uuid.UUID
) -> int | None:
    """How many criteria people decided in the other evaluations of an analysis; ``None``: none."""
    query = select(func.nullif(func.sum(EvaluationRow.human_lines), 0))
    others = (EvaluationRow.analysis_id == analysis_id, EvaluationRow.id != evaluation_id)
    return await session.scalar(query.where(*others))


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
