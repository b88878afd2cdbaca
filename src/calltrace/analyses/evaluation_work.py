"""The life of an evaluation that was asked for later, under a worker: claim, complete, fail, give back.

Every claim raises ``attempts`` and every write names the one it was claimed with, as for analyses: a worker
that lost its lease, or whose analysis was erased, finds nothing to write to.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import evaluation_queries, queries
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.db.base import Json
from calltrace.evaluation.results import Evaluation
from calltrace.kit import clock
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.models import ScorecardVersion
from calltrace.speech.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make one evaluation, until somebody claims it after us."""

    org_id: uuid.UUID
    evaluation_id: uuid.UUID
    attempt: int


@dataclass(frozen=True, slots=True)
class Material:
    """What making an evaluation takes; ``duration`` in seconds, ``marks`` as they are kept.

    ``duration`` is ``None`` for a text conversation.

    Attributes:
        tries: how often it failed before.
        lost: how many workers ended over it without a word.
        version_id: the scorecard's; ``None`` for the one that ships.
    """

    claim: Claim
    transcript: Transcript
    scorecard: Scorecard
    duration: float | None
    marks: list[Json] | None
    tries: int
    lost: int
    version_id: uuid.UUID | None

    @property
    def org_id(self) -> uuid.UUID:
        """Whose it is."""
        return self.claim.org_id


async def claim(session: AsyncSession, org_id: uuid.UUID, evaluation_id: uuid.UUID) -> Material | None:
    """Take an evaluation over; ``None`` when it was made, failed, or erased."""
    row = await evaluation_queries.evaluation_for_work(session, evaluation_id)
    if row is None:
        return None
    lost = row.attempts - row.tries
    row.attempts += 1
    await session.flush()
    analysis = await session.get_one(Analysis, row.analysis_id)
    heard = await session.get_one(TranscriptRow, row.analysis_id)
    return Material(
        Claim(org_id, evaluation_id, row.attempts),
        Transcript.model_validate(heard.document),
        await _scorecard(session, row.scorecard_version_id),
        analysis.measured_seconds,
        analysis.marks,
        row.tries,
        lost,
        row.scorecard_version_id,
    )


async def _scorecard(session: AsyncSession, version_id: uuid.UUID | None) -> Scorecard:
    if version_id is None:
        return default_scorecard()
    version = await session.get_one(ScorecardVersion, version_id)
    return Scorecard.model_validate(version.document)


async def complete(session: AsyncSession, claim: Claim, evaluation: Evaluation) -> None:
    """Write the result down; from now on it is the one that the analysis shows, if no newer one is.

    Raises:
        StaleAttemptError: the claim is not the latest, or everything was erased.
    """
    evaluation = await _with_former(session, claim, evaluation)
    values = {
        "status": "completed", "completed_at": clock.now(), "score": evaluation.score,
        "passed": evaluation.passed, "document": evaluation.model_dump(mode="json"),
    }  # fmt: skip
    await _write(session, claim, values)


async def _with_former(session: AsyncSession, claim: Claim, evaluation: Evaluation) -> Evaluation:
    """Say how much people decided in former evaluations. The analysis is locked, so they decide no more."""
    row = await session.get(EvaluationRow, claim.evaluation_id)
    if row is None or await queries.lock(session, row.analysis_id, None) is None:
        raise StaleAttemptError("The evaluation was erased.")
    former = await evaluation_queries.former_human_lines(session, row.analysis_id, row.id)
    return evaluation.model_copy(update={"former_overrides": former})


async def fail(session: AsyncSession, claim: Claim, error: ErrorDocument) -> None:
    """It ends without a result; the analysis goes on showing what it did.

    Raises:
        StaleAttemptError: the claim is not the latest, or everything was erased.
    """
    values = {"status": "failed", "completed_at": clock.now(), "error": error.model_dump(mode="json")}
    await _write(session, claim, values)


async def note_failed_try(session: AsyncSession, claim: Claim) -> None:
    """Another try is due.

    Raises:
        StaleAttemptError: the claim is not the latest, or everything was erased.
    """
    await _write(session, claim, {"tries": EvaluationRow.tries + 1})


async def give_back(session: AsyncSession, claim: Claim) -> None:
    """Let go of it because the worker is stopping: that neither failed nor got lost.

    Raises:
        StaleAttemptError: the claim is not the latest, or everything was erased.
    """
    await _write(session, claim, {"attempts": EvaluationRow.attempts - 1})


async def supersede(
    session: AsyncSession, analysis_id: uuid.UUID, error: ErrorDocument
) -> set[uuid.UUID | None]:
    """End all that is still to be made of an analysis; a worker that has one finds its claim stale.

    The answer is the scorecard versions that it was to be made by; none is the scorecard that ships.
    """
    values = {"status": "failed", "completed_at": clock.now(), "error": error.model_dump(mode="json")}
    waiting = update(EvaluationRow).where(EvaluationRow.analysis_id == analysis_id)
    ended = waiting.where(EvaluationRow.status == "queued").values(values)
    return set(await session.scalars(ended.returning(EvaluationRow.scorecard_version_id)))


async def _write(session: AsyncSession, claim: Claim, values: dict[str, Any]) -> None:
    statement = (
        update(EvaluationRow)
        .where(EvaluationRow.id == claim.evaluation_id, EvaluationRow.attempts == claim.attempt)
        .where(EvaluationRow.status == "queued")
        .values(values)
        .returning(EvaluationRow.id)
        .execution_options(synchronize_session=False)
    )
    if await session.scalar(statement) is None:
        raise StaleAttemptError("The evaluation moved on without this worker.")
