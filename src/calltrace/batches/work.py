"""A batch under a worker: take it over, take one call after the other, write down what came of each.

Every take-over raises ``attempts`` of the batch and every write names the one that it has: a worker that lost
its lease finds nothing to write to. No transaction is open while a call is evaluated.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import evaluation_work, evaluations
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.errors import AnalysisNotCompletedError, StaleAttemptError
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.batches import queries
from calltrace.batches.models import Batch, BatchCall
from calltrace.batches.service import job_key
from calltrace.catalog import assignment
from calltrace.db import jobs
from calltrace.db.base import Json
from calltrace.evaluation.results import Evaluation
from calltrace.kit.errors import NotFoundError
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.models import ScorecardVersion
from calltrace.speech.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a batch, until somebody takes it over after us."""

    org_id: uuid.UUID
    batch_id: uuid.UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Taken:
    """One call in a worker's hands.

    Attributes:
        scorecards: what to judge it by: one, or in a back-test against another version that one too.
        duration: of the recording, in seconds; ``None`` of a text conversation.
        marks: hold music and the like, as they are kept with the analysis.
        tries, lost: how often it failed before, and how many workers ended over it without a word.
        evaluation: the ordinary evaluation that is made, if one is, and the scorecard version it is made by
            (``None``: the one that ships).
    """

    claim: Claim
    analysis_id: uuid.UUID
    transcript: Transcript
    scorecards: Sequence[Scorecard]
    duration: float | None
    marks: list[Json] | None
    tries: int
    lost: int
    evaluation: evaluation_work.Claim | None = None
    version_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """What is left failed before, and is to be tried again after a while."""

    tries: int


async def take_over(session: AsyncSession, org_id: uuid.UUID, batch_id: uuid.UUID) -> Claim | None:
    """Take a batch over; ``None`` when it has ended."""
    values = {
        "attempts": Batch.attempts + 1, "status": "running", "touched_at": func.clock_timestamp(),
    }  # fmt: skip
    unfinished = Batch.status.in_(("queued", "running"))
    statement = update(Batch).where(Batch.id == batch_id, unfinished).values(values)
    attempt = await session.scalar(statement.returning(Batch.attempts))
    return None if attempt is None else Claim(org_id, batch_id, attempt)


async def take(session: AsyncSession, claim: Claim, tried: int | None) -> Taken | Later | None:
    """The next call; ``None`` when none is left, ``Later`` when those left failed more often than ``tried``.

    Raises:
        StaleAttemptError: the batch was cancelled, or taken over.
    """
    batch = await _hold(session, claim, running=True)
    while (call := await queries.next_call(session, claim.batch_id)) is not None:
        if tried is not None and call.tries > tried:
            return Later(call.tries)
        if not await queries.hold_call(session, call.analysis_id):
            session.expunge(call)  # erased this moment, and its row with it
            continue
        taken = await (_try_out if batch.kind == "backtest" else _evaluate)(session, claim, batch, call)
        if taken is not None:
            call.attempts += 1
            await session.flush()
            return taken
    return None


async def _try_out(session: AsyncSession, claim: Claim, batch: Batch, call: BatchCall) -> Taken:
    analysis = await session.get_one(Analysis, call.analysis_id)
    heard = await session.get_one(TranscriptRow, call.analysis_id)
    wanted = [Scorecard.model_validate(batch.document)]
    if batch.against_id is not None:
        other = await session.get_one(ScorecardVersion, batch.against_id)
        wanted.append(Scorecard.model_validate(other.document))
    return Taken(
        claim, analysis.id, Transcript.model_validate(heard.document), wanted,
        analysis.measured_seconds, analysis.marks, call.tries, call.attempts - call.tries,
    )  # fmt: skip


async def _evaluate(session: AsyncSession, claim: Claim, batch: Batch, call: BatchCall) -> Taken | None:
    """An ordinary evaluation, as if it had been asked for alone; ``None`` if that cannot be."""
    try:
        analysis = await evaluations.heard_analysis(session, call.analysis_id, batch.mode)
    except (AnalysisNotCompletedError, NotFoundError) as error:
        await _write(session, call.batch_id, call.analysis_id, {"status": "failed", "code": error.code})
        await session.refresh(call)
        return None
    version_id = batch.scorecard_version_id
    if batch.by_choice:
        chosen = await assignment.chosen_version(session, analysis.queue_id)
        version_id = chosen.id if chosen else None
    row = await evaluations.waiting(session, claim.org_id, analysis.id, version_id, batch.api_key_id)
    material = await evaluation_work.claim(session, claim.org_id, row.id)
    if material is None:  # somebody made it this moment; the call is looked at once more
        return None
    return Taken(
        claim, analysis.id, material.transcript, [material.scorecard], material.duration, material.marks,
        call.tries, call.attempts - call.tries, material.claim, material.version_id,
    )  # fmt: skip


async def complete(session: AsyncSession, taken: Taken, made: Sequence[Evaluation]) -> None:
    """Write down what came of a call; of one that was erased meanwhile nothing is kept.

    Args:
        session: of the organisation.
        taken: the call.
        made: an evaluation for each of its scorecards.

    Raises:
        StaleAttemptError: the batch was taken over, or another evaluation took this one's place.
    """
    await _hold(session, taken.claim)
    values: Json = {"status": "done"}
    if taken.evaluation is not None:
        await evaluation_work.complete(session, taken.evaluation, made[0])
        values["evaluation_id"] = taken.evaluation.evaluation_id
    else:
        values["after"] = await _after(session, taken, made[0])
        values["before"] = await _before(session, taken, made)
    await _write(session, taken.claim.batch_id, taken.analysis_id, values)


async def _after(session: AsyncSession, taken: Taken, made: Evaluation) -> Json:
    """Of a back-test of a single call the whole evaluation: who tries a scorecard on it reads why."""
    document = made.model_dump(mode="json")
    batch = await session.get_one(Batch, taken.claim.batch_id)
    whole = {"evaluation": document} if batch.selected == 1 else {}
    return outcome(document) | whole


async def _before(session: AsyncSession, taken: Taken, made: Sequence[Evaluation]) -> Json | None:
    """By the other version, or what the call had when the back-test was asked for."""
    if len(made) > 1:
        return outcome(made[1].model_dump(mode="json"))
    call = await session.get(BatchCall, (taken.claim.batch_id, taken.analysis_id))
    row = await session.get(EvaluationRow, call.evaluation_id) if call and call.evaluation_id else None
    return outcome(row.document) if row is not None and row.document is not None else None


def outcome(evaluation: Json) -> Json:
    """What a back-test keeps of an evaluation: no words of the call."""
    verdicts = {one["key"]: one["verdict"] for one in evaluation["criteria"]}
    return {"score": evaluation["score"], "passed": evaluation["passed"], "verdicts": verdicts}


async def fail(session: AsyncSession, taken: Taken, error: ErrorDocument) -> None:
    """A call could not be judged; the others go on.

    Raises:
        StaleAttemptError: as above.
    """
    await _hold(session, taken.claim)
    if taken.evaluation is not None:
        await evaluation_work.fail(session, taken.evaluation, error)
    values = {"status": "failed", "code": error.code}
    await _write(session, taken.claim.batch_id, taken.analysis_id, values)


async def note_failed_try(session: AsyncSession, taken: Taken) -> None:
    """Another try of a call is due, after the others.

    Raises:
        StaleAttemptError: as above.
    """
    await _hold(session, taken.claim)
    if taken.evaluation is not None:
        await evaluation_work.note_failed_try(session, taken.evaluation)
    await _write(session, taken.claim.batch_id, taken.analysis_id, {"tries": BatchCall.tries + 1})


async def give_back(session: AsyncSession, taken: Taken) -> None:
    """Let go of a call: it neither failed nor got lost.

    Raises:
        StaleAttemptError: as above.
    """
    await _hold(session, taken.claim)
    if taken.evaluation is not None:
        await evaluation_work.give_back(session, taken.evaluation)
    await put_back(session, taken)


async def put_back(session: AsyncSession, taken: Taken) -> None:
    """The same when the evaluation has moved on without us: the call's turn comes again.

    Raises:
        StaleAttemptError: the batch was taken over.
    """
    await _hold(session, taken.claim)
    await _write(session, taken.claim.batch_id, taken.analysis_id, {"attempts": BatchCall.attempts - 1})


async def finish(session: AsyncSession, claim: Claim) -> None:
    """No call is left.

    Raises:
        StaleAttemptError: the batch was cancelled, or taken over.
    """
    batch = await _hold(session, claim, running=True)
    batch.status, batch.completed_at = "completed", func.clock_timestamp()
    await session.flush()


async def hand_on(session: AsyncSession, claim: Claim, delay: float) -> None:
    """Let others have their turn: the batch goes on by a job of its own, ``delay`` seconds from now at least.

    Raises:
        StaleAttemptError: the batch was cancelled, or taken over.
    """
    batch = await _hold(session, claim, running=True)
    await jobs.enqueue(session, jobs.EVALUATE_BATCH, job_key(batch), delay=delay)


async def _hold(session: AsyncSession, claim: Claim, *, running: bool = False) -> Batch:
    """The batch, locked and with a sign of life: nobody else writes to its calls meanwhile."""
    mine = update(Batch).where(Batch.id == claim.batch_id, Batch.attempts == claim.attempt)
    if running:
        mine = mine.where(Batch.status == "running")
    statement = mine.values(touched_at=func.clock_timestamp()).returning(Batch)
    batch = await session.scalar(statement.execution_options(populate_existing=True))
    if batch is None:
        raise StaleAttemptError("The batch was cancelled, or moved on without this worker.")
    return batch


async def _write(
    session: AsyncSession, batch_id: uuid.UUID, analysis_id: uuid.UUID, values: dict[str, Any]
) -> None:
    """What is written of a call; one that was erased has no row any more."""
    mine = update(BatchCall).where(BatchCall.batch_id == batch_id, BatchCall.analysis_id == analysis_id)
    statement = mine.where(BatchCall.status == "waiting").values(values)
    await session.execute(statement.execution_options(synchronize_session=False))
