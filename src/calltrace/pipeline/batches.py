"""The job of a batch: one stored call after the other, in turn with whatever else the child has to do."""

import asyncio
import time
import uuid
from contextlib import suppress

import structlog

from calltrace.analyses import lifecycle
from calltrace.analyses.errors import StaleAttemptError
from calltrace.batches import work
from calltrace.batches.work import Claim, Later, Taken
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
from calltrace.pipeline.owing import Owing
from calltrace.pipeline.steps import evaluation_request
from calltrace.reviews import standing

TURN_SECONDS = 10.0
"""How long a batch goes on before another one has its turn."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class BatchRunner(Interruptible):
    """Works on batches with the worker's warm child: a call at a time, so that new calls need not wait.

    Args:
        platform: where calls are kept.
        child: evaluates.
        owed: calls to be given back once the database is there again; outlives the runner.
    """

    def __init__(self, platform: Platform, child: Child, owed: list[Taken]) -> None:
        super().__init__()
        self._owing = Owing(owed, self._give_back)
        self._platform = platform
        self._child = child
        self._one_at_a_time = asyncio.Lock()  # of all batches: a new call waits for one evaluation at most

    async def work(self, org_id: uuid.UUID, key: str) -> None:
        """One turn of a batch (``batch/number of the turn``), which then goes on by another job.

        Raises:
            TryAgainLater: the worker is stopping.
            DatabaseAwayError: nothing can be written down now; the call in hand is owed.
        """
        batch_id = uuid.UUID(key.partition("/")[0])
        await self.settle()
        with self.in_hand() as task, suppress(StaleAttemptError):
            claim = await self._take_over(org_id, batch_id)
            if claim is None:
                return
            delay = await self._turn(claim, task, TURN_SECONDS)
            if delay is not None:
                async with self._platform.database.tenant(org_id) as session:
                    await work.hand_on(session, claim, delay)

    async def run(self, org_id: uuid.UUID, batch_id: uuid.UUID) -> None:
        """All of a batch without jobs; ends early when it is cancelled, or a worker takes it over.

        Raises:
            DatabaseAwayError: nothing can be written down now; workers go on with it.
        """
        with self.in_hand() as task, suppress(StaleAttemptError):
            claim = await self._take_over(org_id, batch_id)
            delay = 0.0 if claim else None
            while claim and delay is not None:
                await asyncio.sleep(delay)
                delay = await self._turn(claim, task, TURN_SECONDS)

    async def settle(self) -> None:
        """Give back what is owed.

        Raises:
            DatabaseAwayError: it is away again; what is left stays owed.
        """
        await self._owing.settle()

    async def _take_over(self, org_id: uuid.UUID, batch_id: uuid.UUID) -> Claim | None:
        async with self._platform.database.tenant(org_id) as session:
            return await work.take_over(session, org_id, batch_id)

    async def _turn(self, claim: Claim, task: "asyncio.Task[None]", seconds: float) -> float | None:
        """Go on for some seconds, or until none is left; after how many seconds it goes on, if it does."""
        until, tried = time.monotonic() + seconds, None
        while time.monotonic() < until:
            async with self._platform.database.tenant(claim.org_id) as session:
                taken = await work.take(session, claim, tried)
                if taken is None:
                    await work.finish(session, claim)
            if taken is None:
                log.info("batch_completed", batch=str(claim.batch_id))
                return None
            if isinstance(taken, Later):
                schedule = self._platform.settings.processing_retry_schedule
                return schedule[taken.tries - 1] if taken.tries <= len(schedule) else 0.0
            tried = taken.tries
            await self._judge_guarded(taken, task)
        return 0.0

    async def _judge_guarded(self, taken: Taken, task: "asyncio.Task[None]") -> None:
        """Judge one call, and see to it that whatever goes wrong is written down as what it is."""
        try:
            await self._judge(taken)
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            task.uncancel()
            await self._give_back(taken)
            raise TryAgainLater(0) from None
        except StaleAttemptError:  # erased, or its roles were corrected: unless the batch itself is gone
            async with self._platform.database.tenant(taken.claim.org_id) as session:
                await work.put_back(session, taken)
        except DatabaseAwayError:
            self._owing.add(taken)
            raise
        except CallTraceError as error:
            await self._handle_failed(taken, error)
        except Exception as error:
            log.exception("batch_bug", analysis=str(taken.analysis_id))
            await self._handle_failed(taken, InternalProcessingError(f"{type(error).__name__}."))

    async def _judge(self, taken: Taken) -> None:
        if taken.lost >= lifecycle.MOST_LOST_LEASES:
            raise WorkerLostError(f"{taken.lost} workers ended over this call.")
        made = list[Evaluation]()
        for scorecard in taken.scorecards:
            request = evaluation_request(taken.transcript, scorecard, taken.duration, taken.marks)
            async with self._one_at_a_time:
                answer = await self._child.call(request, lambda _progress: None)
            made.append(Evaluation.model_validate(answer["evaluation"]))
        async with self._platform.database.tenant(taken.claim.org_id) as session:
            if taken.evaluation is not None:  # what is shown from now on, by the rules of any other
                made = [await standing.with_suggestions(session, made[0], taken.version_id)]
            await work.complete(session, taken, made)

    async def _handle_failed(self, taken: Taken, error: CallTraceError) -> None:
        """Let it be tried again after the others, or end it with a code."""
        again = error.retryable and taken.tries < len(self._platform.settings.processing_retry_schedule)
        log.warning("batch_call_failed", analysis=str(taken.analysis_id), code=error.code, again=again)
        with suppress(StaleAttemptError):  # the next look at the batch tells whether it is still ours
            async with self._platform.database.tenant(taken.claim.org_id) as session:
                if again:
                    await work.note_failed_try(session, taken)
                else:
                    await work.fail(session, taken, error_document(error, "evaluating"))

    async def _give_back(self, taken: Taken) -> None:
        async with self._platform.database.tenant(taken.claim.org_id) as session:
            await work.give_back(session, taken)
