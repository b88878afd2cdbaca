"""The job of one evaluation that was asked for later: claim, ask the child, write down what came of it."""

import asyncio
import uuid
from contextlib import suppress

import structlog

from calltrace.alerts import service as alerts
from calltrace.analyses import evaluation_work, lifecycle
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.evaluation_work import Claim, Material
from calltrace.db.outage import DatabaseAwayError
from calltrace.evaluation.results import Evaluation
from calltrace.kit.children import Child
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import (
    InternalProcessingError,
    TryAgainLater,
    WorkerLostError,
    error_document,
)
from calltrace.pipeline.interruptible import Interruptible
from calltrace.pipeline.steps import evaluation_request
from calltrace.reviews import standing

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Reevaluator(Interruptible):
    """Evaluates again with the worker's warm child, in turn with the analyses that it works on.

    Args:
        platform: where evaluations are kept.
        child: evaluates.
        owed: claims to be given back once the database is there again; outlives the reevaluator.
    """

    def __init__(self, platform: Platform, child: Child, owed: list[Claim]) -> None:
        super().__init__()
        self._owed = owed
        self._platform = platform
        self._child = child

    async def evaluate(self, org_id: uuid.UUID, evaluation_id: uuid.UUID) -> None:
        """Make one evaluation, or raise TryAgainLater. One that was erased meanwhile ends quietly.

        Raises:
            DatabaseAwayError: nothing can be written down now; the claim is owed.
        """
        with self.in_hand() as task:
            async with self._platform.database.tenant(org_id) as session:
                material = await evaluation_work.claim(session, org_id, evaluation_id)
            if material is None:
                return
            try:
                await self._run_guarded(material, task)
            except StaleAttemptError:
                log.info("stale_evaluation", evaluation=str(evaluation_id))
            except DatabaseAwayError:
                self._owed.append(material.claim)
                raise

    async def settle(self) -> None:
        """Give back what is owed: an outage of the database is no loss of a worker.

        Raises:
            DatabaseAwayError: it is away again; what is left stays owed.
        """
        while self._owed:
            claim = self._owed[-1]
            with suppress(StaleAttemptError):  # somebody was faster, or its end was written after all
                async with self._platform.database.tenant(claim.org_id) as session:
                    await evaluation_work.give_back(session, claim)
            self._owed.pop()

    async def _run_guarded(self, material: Material, task: "asyncio.Task[None]") -> None:
        """Run, and see to it that whatever goes wrong is written down as what it is."""
        try:
            await self._run(material)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            task.uncancel()
            async with self._platform.database.tenant(material.claim.org_id) as session:
                await evaluation_work.give_back(session, material.claim)
            raise TryAgainLater(0) from None
        except (StaleAttemptError, DatabaseAwayError):
            raise
        except CallTraceError as error:
            await self._handle_failed(material, error)
        except Exception as error:
            log.exception("evaluation_bug", evaluation=str(material.claim.evaluation_id))
            await self._handle_failed(material, InternalProcessingError(f"{type(error).__name__}."))

    async def _run(self, material: Material) -> None:
        if material.lost >= lifecycle.MOST_LOST_LEASES:
            raise WorkerLostError(f"{material.lost} workers ended over this evaluation.")
        request = evaluation_request(
            material.transcript, material.scorecard, material.duration, material.marks
        )
        answer = await self._child.call(request, lambda _progress: None)
        evaluation = Evaluation.model_validate(answer["evaluation"])
        async with self._platform.database.tenant(material.claim.org_id) as session:
            evaluation = await standing.with_suggestions(session, evaluation, material.version_id)
            await evaluation_work.complete(session, material.claim, evaluation)
            await alerts.judge_again(
                session, material.claim.evaluation_id, material.transcript, evaluation,
                self._platform.public_url,
            )  # fmt: skip
        log.info("evaluation_completed", evaluation=str(material.claim.evaluation_id))

    async def _handle_failed(self, material: Material, error: CallTraceError) -> None:
        """Let it be tried again, or end it as failed with a code."""
        schedule = self._platform.settings.processing_retry_schedule
        again = error.retryable and material.tries < len(schedule)
        log.warning(
            "evaluation_failed",
            evaluation=str(material.claim.evaluation_id),
            code=error.code,
            again=again,
        )
        async with self._platform.database.tenant(material.claim.org_id) as session:
            if again:
                await evaluation_work.note_failed_try(session, material.claim)
            else:
                await evaluation_work.fail(session, material.claim, error_document(error, "evaluating"))
        if again:
            raise TryAgainLater(schedule[material.tries])
