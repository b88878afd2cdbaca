"""Evaluations of an analysis: asking for another one, and reading all of them.

No transcript is made anew and no webhook is sent: an event tells of a state of the analysis (acceptance
CT-118), and that does not change.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import evaluation_queries, queries
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.errors import AnalysisNotCompletedError
from calltrace.analyses.evaluation_queries import FoundEvaluation
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.analyses.read import following
from calltrace.catalog import assignment
from calltrace.db import jobs
from calltrace.evaluation.results import Evaluation, ScorecardRef
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.document import Document
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import uuid7
from calltrace.kit.words import Words
from calltrace.scorecards.catalogue import default_scorecard

EvaluationStatus = Literal["queued", "completed", "failed"]


class EvaluationDocument(Document):
    """One evaluation of an analysis; ``evaluation`` is what it says, once it is completed."""

    evaluation_id: str
    analysis_id: str
    status: EvaluationStatus
    created_at: str
    completed_at: str | None
    scorecard: ScorecardRef
    score: float | None
    passed: bool | None
    evaluation: Evaluation | None
    error: ErrorDocument | None


@dataclass(frozen=True, slots=True)
class Wish:
    """Evaluate one analysis again: by a scorecard, or by the one that its queue chooses now."""

    analysis_id: uuid.UUID
    mode: Mode
    scorecard_id: uuid.UUID | None = None
    api_key_id: uuid.UUID | None = None


async def ask(session: AsyncSession, org_id: uuid.UUID, wish: Wish) -> EvaluationRow:
    """Have an analysis evaluated again; while the same is still to be done, it is not asked for twice.

    Raises:
        NotFoundError: there is no such analysis.
        AnalysisNotCompletedError: it is still being processed, or failed before anything was heard.
        InvalidRequestError: there is no such scorecard.
    """
    analysis = await heard_analysis(session, wish.analysis_id, wish.mode)
    version_id = await _version(session, analysis, wish.scorecard_id)
    return await ask_for(session, org_id, analysis.id, version_id, wish.api_key_id)


async def ask_for(
    session: AsyncSession,
    org_id: uuid.UUID,
    analysis_id: uuid.UUID,
    version_id: uuid.UUID | None,
    api_key_id: uuid.UUID | None,
) -> EvaluationRow:
    """The same by one version of a scorecard (none: the one that ships), of an analysis that is locked."""
    row = await waiting(session, org_id, analysis_id, version_id, api_key_id)
    await jobs.enqueue(session, jobs.EVALUATE, f"{org_id}/{row.id}")
    return row


async def waiting(
    session: AsyncSession,
    org_id: uuid.UUID,
    analysis_id: uuid.UUID,
    version_id: uuid.UUID | None,
    api_key_id: uuid.UUID | None,
) -> EvaluationRow:
    """The evaluation that is still to be made by a version; a new one has no job yet, the caller makes it."""
    row = await evaluation_queries.waiting_evaluation(session, analysis_id, version_id)
    if row is None:
        row = EvaluationRow(
            id=uuid7(), org_id=org_id, analysis_id=analysis_id, status="queued",
            scorecard_version_id=version_id, api_key_id=api_key_id,
        )  # fmt: skip
        session.add(row)
        await session.flush()
    return row


async def heard_analysis(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode) -> Analysis:
    """An analysis that has ended and of which something was heard, locked until the transaction ends.

    Raises:
        NotFoundError: there is no such analysis.
        AnalysisNotCompletedError: it is still being processed, or failed before anything was heard.
    """
    analysis = await queries.lock(session, analysis_id, mode)
    if analysis is None:
        raise NotFoundError("There is no analysis with this id.")
    if analysis.status not in {"completed", "failed"} or not await _was_heard(session, analysis):
        raise AnalysisNotCompletedError(
            Words("The analysis is %(status)s; there is nothing to evaluate.", status=analysis.status)
        )
    return analysis


async def _was_heard(session: AsyncSession, analysis: Analysis) -> bool:
    return await session.get(TranscriptRow, analysis.id) is not None


async def _version(
    session: AsyncSession, analysis: Analysis, scorecard_id: uuid.UUID | None
) -> uuid.UUID | None:
    """The version of the scorecard that counts; none for the one that ships."""
    if scorecard_id is None:
        version = await assignment.chosen_version(session, analysis.queue_id)
    else:
        version = await assignment.asked_version(session, scorecard_id)
    return version.id if version else None


async def find(
    session: AsyncSession, analysis_id: uuid.UUID, evaluation_id: uuid.UUID, mode: Mode
) -> FoundEvaluation:
    """One evaluation of an analysis.

    Raises:
        NotFoundError: there is no such analysis, or no such evaluation of it.
    """
    await _check_analysis(session, analysis_id, mode)
    found = await evaluation_queries.evaluation(session, analysis_id, evaluation_id)
    if found is None:
        raise NotFoundError("There is no evaluation with this id.")
    return found


async def page(
    session: AsyncSession, analysis_id: uuid.UUID, mode: Mode, *, cursor: str | None, limit: int
) -> tuple[Sequence[FoundEvaluation], str | None]:
    """One page of the evaluations of an analysis, newest first, and the cursor of the next page.

    Raises:
        NotFoundError: there is no such analysis.
    """
    await _check_analysis(session, analysis_id, mode)
    after = Cursor.decode(cursor) if cursor else None
    found = await evaluation_queries.evaluations(session, analysis_id, after=after, limit=limit + 1)
    return found[:limit], following([one.row for one in found], limit)


async def _check_analysis(session: AsyncSession, analysis_id: uuid.UUID, mode: Mode) -> None:
    if await queries.call(session, analysis_id, mode) is None:
        raise NotFoundError("There is no analysis with this id.")


def as_json(found: FoundEvaluation) -> dict[str, Any]:
    """An ``EvaluationDocument`` for ``orjson``; what it says is passed on as it was stored."""
    row = found.row
    head = EvaluationDocument(
        evaluation_id=str(row.id),
        analysis_id=str(row.analysis_id),
        status=row.status,  # pyright: ignore[reportArgumentType] - the table checks the same words
        created_at=clock.iso(row.created_at),
        completed_at=clock.iso(row.completed_at) if row.completed_at else None,
        scorecard=_pinned_to(found),
        score=row.score,
        passed=row.passed,
        evaluation=None,
        error=ErrorDocument.model_validate(row.error) if row.error else None,
    )
    content = head.model_dump(mode="json")
    content["evaluation"] = orjson.Fragment(found.document) if found.document else None
    return content


def _pinned_to(found: FoundEvaluation) -> ScorecardRef:
    if found.version is None:
        shipped = default_scorecard()
        return ScorecardRef(id=str(shipped.id), name=shipped.name, version=shipped.version)
    version = found.version
    name = version.document["name"]
    return ScorecardRef(id=str(version.scorecard_id), name=name, version=version.version)
