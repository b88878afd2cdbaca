"""The job of one analysis: claim, run the steps, or handle what went wrong."""

import asyncio
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

import structlog

from calltrace.analyses import lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.models import Analysis
from calltrace.db.outage import DatabaseAwayError
from calltrace.kit.children import Child
from calltrace.kit.disk import room_needed
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
from calltrace.pipeline.steps import Steps
from calltrace.pipeline.work import Work, reporting

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Processor(Interruptible):
    """Processes analyses with one warm child; several at a time only overlap in their downloads.

    Args:
        platform: what the steps need.
        child: hears and evaluates.
        work_dir: for audio in the clear.
        owed: claims to be given back once the database is there again; outlives the processor.
    """

    def __init__(self, platform: Platform, child: Child, work_dir: Path, owed: list[Claim]) -> None:
        super().__init__()
        self._owing = Owing(owed, self._give_back)
        self._platform = platform
        self._steps = Steps(platform, child)
        self._work_dir = work_dir

    async def process(self, org_id: uuid.UUID, analysis_id: uuid.UUID) -> None:
        """Run one analysis to its end, or raise TryAgainLater.

        Raises:
            DatabaseAwayError: nothing can be written down now; the claim is owed.
        """
        await self.settle()
        with self.in_hand() as task:
            await self._claim_and_run(org_id, analysis_id, task)

    async def settle(self) -> None:
        """Give back what is owed.

        Raises:
            DatabaseAwayError: it is away again; what is left stays owed.
        """
        await self._owing.settle()

    async def _give_back(self, claim: Claim) -> None:
        async with self._platform.database.tenant(claim.org_id) as session:
            await lifecycle.give_back(session, claim, failed_try=False)

    async def _claim_and_run(
        self, org_id: uuid.UUID, analysis_id: uuid.UUID, task: "asyncio.Task[None]"
    ) -> None:
        async with self._platform.database.tenant(org_id) as session:
            analysis = await lifecycle.claim(session, analysis_id)
        if analysis is None:
            return
        claim = Claim(org_id, analysis_id, analysis.attempt)
        directory = self._work_dir / f"analysis-{uuid.uuid4()}"
        processing = ProcessingDocument.model_validate(analysis.processing)
        work = Work(claim, analysis, processing, directory, task)
        try:
            await self._run_guarded(work)
        except DatabaseAwayError:
            self._owing.add(claim)
            raise
        finally:
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)

    async def _run_guarded(self, work: Work) -> None:
        """Run, and see to it that whatever goes wrong is written down as what it is."""
        try:
            await self._run(work)
        except StaleAttemptError:
            await self._moved_on(work)
        except asyncio.CancelledError:
            await self._handle_cancelled(work)
        except DatabaseAwayError:
            raise
        except CallTraceError as error:
            await self._handle_failed(work, error)
        except Exception as error:
            log.exception("analysis_bug", analysis=str(work.claim.analysis_id))
            await self._handle_failed(work, InternalProcessingError(f"{type(error).__name__}."))

    async def _run(self, work: Work) -> None:
        if work.analysis.lost_leases >= lifecycle.MOST_LOST_LEASES:
            raise WorkerLostError(f"{work.analysis.lost_leases} workers ended over this recording.")
        with room_needed():
            work.directory.mkdir(mode=0o700)
        steps = self._steps
        async with reporting(self._platform, work):
            transcript = await steps.known_transcript(work)
            if transcript is None:
                transcript = await steps.hear(work, await steps.fetch(work))
            await steps.finish(work, transcript, await steps.evaluate(work, transcript))

    async def _moved_on(self, work: Work) -> None:
        """Taken over or erased: nothing is left to do. Begun anew: the job that was asked for is this one.

        A second job of the same key is skipped as long as one is in hand.
        """
        claim = work.claim
        log.info("stale_attempt", analysis=str(claim.analysis_id), attempt=claim.attempt)
        async with self._platform.database.tenant(claim.org_id) as session:
            found = await session.get(Analysis, claim.analysis_id)
        if found is not None and found.status == "queued":
            raise TryAgainLater(0)

    async def _handle_cancelled(self, work: Work) -> None:
        """Erased or taken over: nothing is left to do. Stopping: the next worker goes on at once."""
        if work.lost:
            work.task.uncancel()
            await self._moved_on(work)
            return
        if not self._stopping:
            raise asyncio.CancelledError
        work.task.uncancel()
        with suppress(StaleAttemptError):
            await self._give_back(work.claim)
            raise TryAgainLater(0)

    async def _handle_failed(self, work: Work, error: CallTraceError) -> None:
        """Give the analysis back for another try, or end it as failed with a code and an event."""
        schedule = self._platform.settings.processing_retry_schedule
        again = error.retryable and lifecycle.tries_left(work.analysis, schedule)
        log.warning(
            "analysis_step_failed", analysis=str(work.claim.analysis_id), code=error.code, again=again
        )
        with suppress(StaleAttemptError):
            async with self._platform.database.tenant(work.claim.org_id) as session:
                if not again:
                    told = error_document(error, work.stage)
                    await lifecycle.fail(session, work.claim, told, self._platform.links)
                    return
                await lifecycle.give_back(session, work.claim, failed_try=True)
            raise TryAgainLater(schedule[work.analysis.tries])
