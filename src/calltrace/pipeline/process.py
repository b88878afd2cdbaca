"""The job of one analysis: prepare, fetch, hear, evaluate, finish — or handle the failure.

Each step's result is kept before the next one starts, so a worker that takes over goes on from there.
No transaction is open across HTTP or inference.
"""

import asyncio
import shutil
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from calltrace.analyses import lifecycle, queries
from calltrace.analyses.document import ErrorDocument, ProcessingDocument, Stage
from calltrace.analyses.lifecycle import CallFacts, Claim, StaleAttemptError
from calltrace.analyses.models import Analysis
from calltrace.db.outage import is_outage
from calltrace.evaluation.results import Evaluation
from calltrace.kit.children import Child, Message
from calltrace.kit.errors import CallTraceError, ProcessingError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.errors import InternalProcessingError, StoppingError, WorkerLostError
from calltrace.pipeline.hearing import Heard, as_json
from calltrace.pipeline.progress import percent
from calltrace.recordings import fetch
from calltrace.recordings.models import Recording
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Transcript

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
    stage: Stage = "queued"
    share: float = 0.0


class Processor:
    """Processes analyses with one warm child; several at a time only overlap in their downloads."""

    def __init__(self, platform: Platform, child: Child, work_dir: Path) -> None:
        self._platform = platform
        self._child = child
        self._work_dir = work_dir
        self._stopping = False

    async def process(self, org_id: uuid.UUID, analysis_id: uuid.UUID) -> None:
        """Run one analysis to its end, or raise TryAgainLater."""
        async with self._prepared(org_id, analysis_id) as work:
            if work is None:
                return
            try:
                if work.analysis.lost_leases >= lifecycle.MOST_LOST_LEASES:
                    raise WorkerLostError(f"{work.analysis.lost_leases} workers ended over this recording.")  # noqa: TRY301 - handled like every other failure
                async with self._reporting(work):
                    await self._run(work)
            except StaleAttemptError:
                log.info("stale_attempt", analysis=str(analysis_id), attempt=work.claim.attempt)
            except CallTraceError as error:
                await self._handle_failed(work, error)
            except Exception as error:
                if is_outage(error):  # not this recording's fault, and nothing can be written down now
                    raise
                log.exception("analysis_bug", analysis=str(analysis_id))
                await self._handle_failed(work, InternalProcessingError(f"{type(error).__name__}."))

    async def stop(self) -> None:
        """Stop the work in hand; it is given back and goes on in another worker."""
        self._stopping = True
        await self._child.close()

    async def _run(self, work: Work) -> None:
        transcript = await self._known_transcript(work)
        if transcript is None:
            transcript = await self._hear(work, await self._fetch(work))
        evaluation = await self._evaluate(work, transcript)
        await self._finish(work, transcript, evaluation)

    @asynccontextmanager
    async def _prepared(self, org_id: uuid.UUID, analysis_id: uuid.UUID) -> AsyncGenerator[Work | None]:
        async with self._platform.database.tenant(org_id) as session:
            analysis = await lifecycle.claim(session, analysis_id)
        if analysis is None:
            yield None
            return
        directory = Path(tempfile.mkdtemp(prefix="analysis-", dir=self._work_dir))
        try:
            claim = Claim(org_id, analysis_id, analysis.attempt)
            processing = ProcessingDocument.model_validate(analysis.processing)
            yield Work(claim, analysis, processing, directory)
        finally:
            await asyncio.to_thread(shutil.rmtree, directory, ignore_errors=True)

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
            size_bytes=got.size, sha256=got.sha256, media=got.media, content_type=got.content_type,
        )  # fmt: skip
        async with platform.database.tenant(work.claim.org_id) as session:
            await lifecycle.keep_recording(session, work.claim, recording, work.processing)
        return path

    async def _known_transcript(self, work: Work) -> Transcript | None:
        """What an earlier try has heard already."""
        async with self._platform.database.tenant(work.claim.org_id) as session:
            found = await queries.find(session, work.claim.analysis_id)
        row = found.transcript if found else None
        return Transcript.model_validate(row.document) if row else None

    async def _hear(self, work: Work, path: Path) -> Transcript:
        request = {"task": "hear", "path": str(path), "language": work.analysis.language}
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
        if self._stopping:
            error = StoppingError("The worker is stopping.")
        schedule = self._platform.settings.processing_retry_schedule
        again = error.retryable and lifecycle.tries_left(work.analysis, schedule)
        log.warning(
            "analysis_step_failed", analysis=str(work.claim.analysis_id), code=error.code, again=again
        )
        with suppress(StaleAttemptError):
            async with self._platform.database.tenant(work.claim.org_id) as session:
                if isinstance(error, StoppingError):
                    await lifecycle.give_back(session, work.claim, failed_try=False)
                elif again:
                    await lifecycle.give_back(session, work.claim, failed_try=True)
                else:
                    await lifecycle.fail(session, work.claim, _document(work, error), self._platform.links)
                    return
            raise TryAgainLater(0 if self._stopping else schedule[work.analysis.tries])

    async def _ask(self, work: Work, stage: Stage, request: Message) -> Message:
        if self._stopping:
            raise StoppingError("The worker is stopping.")
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
        shown = -1
        while True:
            now = percent(work.stage, work.share)
            if now != shown and not await self._show(work, now):
                return
            shown = now
            await asyncio.sleep(REPORT_SECONDS)

    async def _show(self, work: Work, now: int) -> bool:
        """Write one progress report; false when the analysis was erased or taken over."""
        try:
            async with self._platform.database.tenant(work.claim.org_id) as session:
                await lifecycle.report(session, work.claim, work.stage, now)
        except StaleAttemptError:
            if work.stage in {"decoding", "transcribing"}:  # ours is the request that the child works on
                await self._child.close()
            return False
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("progress_not_written", error=str(error))  # a report may be missed; results may not
        return True

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
    message = error.detail if isinstance(error, ProcessingError) or error.status != 500 else error.title  # noqa: PLR2004 - details of our own faults stay in the log
    return ErrorDocument(code=error.code, message=message, stage=work.stage, retryable=error.retryable)
