"""The life of an analysis under a worker: claim, report, keep, complete, fail, give back.

Every write names the attempt it was claimed with. A worker that lost its lease finds that the attempt
has moved on, and writes nothing (fencing).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import usage
from calltrace.analyses import read
from calltrace.analyses.document import ErrorDocument, ProcessingDocument, Stage
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.evaluation.results import Evaluation
from calltrace.kit import clock
from calltrace.kit.document import Document
from calltrace.recordings import objects, uploads
from calltrace.recordings.models import Recording
from calltrace.speech.transcript import Mark, TalkMetrics, Transcript
from calltrace.webhooks import service as webhooks

MOST_LOST_LEASES = 10
"""A file that kills workers must not do so for ever (interfaces, LEASE_SECONDS)."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one analysis, until somebody claims it after us."""

    org_id: uuid.UUID
    analysis_id: uuid.UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What decoding and hearing found out about the call; ``playable`` as in the table."""

    duration_seconds: float
    channels: int
    sample_rate: int
    metrics: TalkMetrics
    marks: Sequence[Mark] = field(default=())
    playable: bool = False


async def claim(session: AsyncSession, analysis_id: uuid.UUID) -> Analysis | None:
    """Take the analysis over; ``None`` when it is finished or gone.

    A claim that was never given back means that its worker died: that is counted apart from failed tries.
    """
    analysis = await session.get(Analysis, analysis_id, with_for_update=True)
    if analysis is None or analysis.status in {"completed", "failed"}:
        return None
    analysis.attempt += 1
    analysis.lost_leases += 1 if analysis.claimed else 0
    analysis.claimed = True
    analysis.status = "processing"
    analysis.touched_at = func.clock_timestamp()
    analysis.started_at = analysis.started_at or clock.now()
    await session.flush()
    return analysis


async def report(session: AsyncSession, claim: Claim, stage: Stage, percent: int) -> None:
    """Show where the work is, and that it goes on."""
    await _write(session, claim, {"stage": stage, "percent": percent, "touched_at": func.clock_timestamp()})


async def keep_recording(
    session: AsyncSession, claim: Claim, recording: Recording, processing: ProcessingDocument
) -> list[str]:
    """The audio is stored: no later try downloads it again, and its upload is not needed any more.

    Answers the objects that are doomed with the upload.

    Raises:
        StaleAttemptError: the analysis is not ours any more. ObjectDoomedError: the audio came too late.
    """
    session.add(recording)
    await session.flush()
    values = {"recording_id": recording.id, "processing": _dump(processing)}
    analysis = await _write(session, claim, values)
    doomed = await uploads.let_go(session, analysis.upload_id) if analysis.upload_id else []
    await objects.spare(session, recording.object_key)
    return doomed


async def keep_transcript(
    session: AsyncSession,
    claim: Claim,
    transcript: Transcript,
    facts: CallFacts,
    processing: ProcessingDocument,
) -> None:
    """What was said is known: no later try transcribes again."""
    values = {
        "heard_language": transcript.language,
        "duration_seconds": facts.duration_seconds,
        "channels": facts.channels,
        "sample_rate": facts.sample_rate,
        "metrics": _dump(facts.metrics),
        "marks": [_dump(mark) for mark in facts.marks],
        "playable": facts.playable,
        "processing": _dump(processing),
    }
    await _write(session, claim, values)
    row = {"analysis_id": claim.analysis_id, "org_id": claim.org_id, "document": _dump(transcript)}
    statement = insert(TranscriptRow).values(row)
    changed = {"document": statement.excluded.document}
    await session.execute(statement.on_conflict_do_update(index_elements=["analysis_id"], set_=changed))


async def complete(
    session: AsyncSession,
    claim: Claim,
    transcript: Transcript,
    evaluation: Evaluation,
    processing: ProcessingDocument,
    links: RecordingLinks,
    *,
    scorecard_version_id: uuid.UUID | None = None,
) -> None:
    """The result, the state, what was used up and the event, in one transaction.

    ``scorecard_version_id`` is what the evaluation is pinned to; none is the scorecard that ships.
    """
    values = {
        "status": "completed", "stage": "done", "percent": 100, "completed_at": clock.now(),
        "claimed": False, "error": None, "processing": _dump(processing),
    }  # fmt: skip
    analysis = await _write(session, claim, values)
    session.add(
        EvaluationRow(
            org_id=claim.org_id, analysis_id=claim.analysis_id, score=evaluation.score,
            passed=evaluation.passed, document=_dump(evaluation), scorecard_version_id=scorecard_version_id,
            completed_at=analysis.completed_at,
        )
    )  # fmt: skip
    await usage.heard(
        session, claim.org_id, analysis.mode, analysis.id,
        seconds=analysis.duration_seconds or 0, key_id=analysis.api_key_id,
    )  # fmt: skip
    told = read.event(
        analysis, "analysis.completed", transcript=transcript, evaluation=evaluation, links=links
    )
    await webhooks.publish(
        session, claim.org_id, analysis.mode, told, claim.analysis_id, also=analysis.webhook_endpoint_id
    )


async def fail(session: AsyncSession, claim: Claim, error: ErrorDocument, links: RecordingLinks) -> None:
    """Processing is over without a result; the state, the event and the end of the upload, together."""
    values = {
        "status": "failed", "completed_at": clock.now(), "claimed": False, "error": _dump(error),
    }  # fmt: skip
    analysis = await _write(session, claim, values)
    if analysis.upload_id is not None:
        await uploads.let_go(session, analysis.upload_id)
    told = read.event(analysis, "analysis.failed", links=links)
    await webhooks.publish(
        session, claim.org_id, analysis.mode, told, claim.analysis_id, also=analysis.webhook_endpoint_id
    )


async def give_back(session: AsyncSession, claim: Claim, *, failed_try: bool) -> None:
    """Let go of the claim in good order: after a failed try, or because the worker is stopping."""
    tries = Analysis.tries + (1 if failed_try else 0)
    await _write(session, claim, {"claimed": False, "tries": tries})


async def _write(session: AsyncSession, claim: Claim, values: dict[str, Any]) -> Analysis:
    """Update the analysis if the claim is still the latest one.

    Raises:
        StaleAttemptError: it is not.
    """
    statement = (
        update(Analysis)
        .where(Analysis.id == claim.analysis_id, Analysis.attempt == claim.attempt)
        .where(Analysis.status == "processing")
        .values(values)
        .returning(Analysis)
        .execution_options(populate_existing=True)
    )
    analysis = await session.scalar(statement)
    if analysis is None:
        raise StaleAttemptError("The analysis moved on without this worker.")
    return analysis


def _dump(document: Document) -> Any:
    return document.model_dump(mode="json")


def tries_left(analysis: Analysis, schedule: Sequence[int]) -> bool:
    """Whether another try is due after one more failure."""
    return analysis.tries < len(schedule)
