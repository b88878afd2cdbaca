"""The job of one analysis: prepare, fetch, hear, evaluate, finish — or handle the failure.

Each step's result is kept before the next one starts, so a worker that takes over goes on from there.
No transaction is open across HTTP or inference.
"""

import asyncio
import shutil
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import structlog

from calltrace.analyses import lifecycle, queries
from calltrace.analyses.document import ErrorDocument, ProcessingDocument, Stage
from calltrace.analyses.lifecycle import CallFacts, Claim, StaleAttemptError
from calltrace.analyses.models import Analysis
from calltrace.db.outage import DatabaseAwayError
from calltrace.evaluation.results import Evaluation
from calltrace.kit.children import Child, Message
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import InternalProcessingError, WorkerLostError
from calltrace.pipeline.hearing import Heard, as_json
from calltrace.pipeline.progress import percent
from calltrace.recordings import fetch
from calltrace.recordings.models import Recording
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Transcript

CONTENT_TYPE_LENGTH = 255
REPORT_SECONDS = 1.0
"""How often progress is written while it moves."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class TryAgainLater(Exception):  # noqa: N818 - an instruction to the queue, not an error
    """The job is to run again after ``delay`` seconds."""

    def __init__(self, delay: float) -> None:
        super().__init__(f"again in {delay:.0f} s")
        self.delay = delay


@dataclass(slots=True)
class Work:
    """One analysis in this worker's hands."""

    claim: Claim
    analysis: Analysis
    processing: ProcessingDocument
    directory: Path
    task: "asyncio.Task[None]"
    stage: Stage = "queued"
    share: float = 0.0
    lost: bool = False


class Processor:
    """Processes analyses with one warm child; several at a time only overlap in their downloads."""

    def __init__(self, platform: Platform, child: Child, work_dir: Path) -> None:
        self._platform = platform
        self._child = child
        self._work_dir = work_dir
        self._stopping = False
        self._tasks = set[asyncio.Task[None]]()

    async def process(self, org_id: uuid.UUID, analysis_id: uuid.UUID) -> None:
        """Run one analysis to its end, or raise TryAgainLater.

        Raises:
            DatabaseAwayError: nothing can be written down now; the claim stays and counts as lost.
        """
        if self._stopping:
            raise TryAgainLater(0)
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._claim_and_run(org_id, analysis_id, task)
        finally:
            self._tasks.discard(task)

    async def stop(self) -> None:
        """Stop the work in hand; each analysis is given back and goes on in another worker."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()

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
        finally:
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)

    async def _run_guarded(self, work: Work) -> None:
        """Run, and see to it that whatever goes wrong is written down as what it is."""
        try:
            await self._run(work)
        except StaleAttemptError:
            log.info("stale_attempt", analysis=str(work.claim.analysis_id), attempt=work.claim.attempt)
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
        work.directory.mkdir(mode=0o700)
        async with self._reporting(work):
            transcript = await self._known_transcript(work)
            if transcript is None:
                transcript = await self._hear(work, await self._fetch(work))
            evaluation = await self._evaluate(work, transcript)
            await self._finish(work, transcript, evaluation)

    async def _handle_cancelled(self, work: Work) -> None:
        """Erased or taken over: nothing is left to do. Stopping: the next worker goes on at once."""
        if work.lost:
            work.task.uncancel()
            log.info("stale_attempt", analysis=str(work.claim.analysis_id), attempt=work.claim.attempt)
            return
        if not self._stopping:
            raise asyncio.CancelledError
        work.task.uncancel()
        with suppress(StaleAttemptError):
            async with self._platform.database.tenant(work.claim.org_id) as session:
                await lifecycle.give_back(session, work.claim, failed_try=False)
            raise TryAgainLater(0)

    async def _fetch(self, work: Work) -> Path:
        """The recording as a local file: downloaded and stored, or taken from the store."""
        platform, path = self._platform, work.directory / "recording"
        work.stage, started = "fetching", time.monotonic()
        async with platform.database.tenant(work.claim.org_id) as session:
            known = await queries.recording_of(session, work.claim.analysis_id)
        if known is not None:
            await platform.vault.load(known.stored, path)
            return path
        got = await fetch.download(
            platform.client,
            work.analysis.file_url,
            path,
            platform.limits,
            lambda share: self._moved(work, share),
        )
        stored = await platform.vault.save(path, f"{work.claim.org_id}/{uuid.uuid4()}")
        self._note_seconds(work, "fetch", started)
        recording = Recording(
            org_id=work.claim.org_id, object_key=stored.object_key, sealed_key=stored.sealed_data_key,
            size_bytes=got.size, sha256=got.sha256, media=got.media,
            content_type=got.content_type[:CONTENT_TYPE_LENGTH] if got.content_type else None,
        )  # fmt: skip
        try:
            async with platform.database.tenant(work.claim.org_id) as session:
                await lifecycle.keep_recording(session, work.claim, recording, work.processing)
        except StaleAttemptError:
            await platform.vault.erase(stored.object_key)  # nobody will ever ask for this copy
            raise
        return path

    async def _known_transcript(self, work: Work) -> Transcript | None:
        """What an earlier try has heard already."""
        async with self._platform.database.tenant(work.claim.org_id) as session:
            found = await queries.find(session, work.claim.analysis_id)
        row = found.transcript if found else None
        return Transcript.model_validate(row.document) if row else None

    async def _hear(self, work: Work, path: Path) -> Transcript:
        request = {"task": "hear", "path": str(path), "language": work.analysis.language}
        request["work_dir"] = str(work.directory)
        heard = Heard.model_validate(await self._ask(work, "decoding", request))
        facts = CallFacts(heard.duration_seconds, heard.channels, heard.sample_rate, heard.metrics)
        work.analysis.duration_seconds = heard.duration_seconds
        self._note_heard(work, heard)
        async with self._platform.database.tenant(work.claim.org_id) as session:
            await lifecycle.keep_transcript(session, work.claim, heard.transcript, facts, work.processing)
        return heard.transcript

    async def _evaluate(self, work: Work, transcript: Transcript) -> Evaluation:
        started = time.monotonic()
        request: Message = {
            "task": "evaluate",
            "transcript": as_json(transcript),
            "scorecard": as_json(default_scorecard()),
            "duration": work.analysis.duration_seconds or 0.0,
        }
        answer = await self._ask(work, "evaluating", request)
        self._note_seconds(work, "evaluate", started)
        models = work.processing.models.model_copy(update={"evaluator": answer["evaluator"]})
        work.processing = work.processing.model_copy(update={"models": models})
        return Evaluation.model_validate(answer["evaluation"])

    async def _finish(self, work: Work, transcript: Transcript, evaluation: Evaluation) -> None:
        async with self._platform.database.tenant(work.claim.org_id) as session:
            await lifecycle.complete(
                session, work.claim, transcript, evaluation, work.processing, self._platform.links
            )
        log.info("analysis_completed", analysis=str(work.claim.analysis_id), attempt=work.claim.attempt)

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
                    await lifecycle.fail(session, work.claim, _document(work, error), self._platform.links)
                    return
                await lifecycle.give_back(session, work.claim, failed_try=True)
            raise TryAgainLater(schedule[work.analysis.tries])

    async def _ask(self, work: Work, stage: Stage, request: Message) -> Message:
        if stage == "evaluating":
            work.stage, work.share = stage, 0.0

        def moved(progress: Message) -> None:
            work.stage, work.share = progress["stage"], progress["share"]

        return await self._child.call(request, moved)

    @staticmethod
    def _moved(work: Work, share: float) -> None:
        work.share = share

    @asynccontextmanager
    async def _reporting(self, work: Work) -> AsyncGenerator[None]:
        """Write progress down while the work goes on."""
        reporter = asyncio.create_task(self._report(work))
        try:
            yield
        finally:
            reporter.cancel()
            with suppress(asyncio.CancelledError):
                await reporter

    async def _report(self, work: Work) -> None:
        """Write progress when it moves, and a sign of life three times a lease when it does not."""
        shown, written = -1, 0.0
        while not work.lost:
            now = percent(work.stage, work.share)
            silent = time.monotonic() - written
            if now != shown or silent > self._platform.settings.lease_seconds / 3:
                await self._show(work, now)
                shown, written = now, time.monotonic()
            await asyncio.sleep(REPORT_SECONDS)

    async def _show(self, work: Work, now: int) -> None:
        """Write one progress report; an analysis that was erased or taken over is left at once."""
        try:
            async with self._platform.database.tenant(work.claim.org_id) as session:
                await lifecycle.report(session, work.claim, work.stage, now)
        except StaleAttemptError:
            work.lost = True
            work.task.cancel()
        except DatabaseAwayError as error:
            log.warning("progress_not_written", error=error.detail)  # a report may be missed; results may not

    @staticmethod
    def _note_seconds(work: Work, name: str, started: float) -> None:
        seconds = work.processing.seconds.model_copy(update={name: round(time.monotonic() - started, 3)})
        work.processing = work.processing.model_copy(update={"seconds": seconds})

    @staticmethod
    def _note_heard(work: Work, heard: Heard) -> None:
        times = {"decode": heard.decode_seconds, "transcribe": heard.transcribe_seconds}
        work.processing = work.processing.model_copy(
            update={
                "seconds": work.processing.seconds.model_copy(update=times),
                "models": work.processing.models.model_copy(update={"asr": heard.asr}),
                "warnings": heard.warnings,
            }
        )


def _document(work: Work, error: CallTraceError) -> ErrorDocument:
    """What the customer is told: details of faults on our side stay in the log."""
    message = error.detail if error.status < HTTPStatus.INTERNAL_SERVER_ERROR else error.title
    return ErrorDocument(code=error.code, message=message, stage=work.stage, retryable=error.retryable)
