"""One analysis in a worker's hands: its claim, its folder, how far it is, and telling so."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from calltrace.analyses import lifecycle
from calltrace.analyses.document import ProcessingDocument, Stage
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.models import Analysis
from calltrace.db.outage import DatabaseAwayError
from calltrace.evaluation.redaction import Redaction
from calltrace.pipeline.context import Platform
from calltrace.pipeline.hearing import Heard
from calltrace.pipeline.progress import percent
from calltrace.recordings.fetch import Fetched
from calltrace.recordings.remarks import Remark

REPORT_SECONDS = 1.0
"""How often progress is written while it moves."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Work:
    """One analysis in this worker's hands. ``lost`` once it was erased or another worker has it.

    ``media`` is what its recording was judged to be, once it is here. ``redaction`` is what is taken out in
    this try; ``unkept`` a recording that was fetched and must not be stored before that.
    """

    claim: Claim
    analysis: Analysis
    processing: ProcessingDocument
    directory: Path
    task: "asyncio.Task[None]"
    stage: Stage = "queued"
    share: float = 0.0
    lost: bool = False
    media: str | None = None
    redaction: Redaction | None = None
    unkept: Fetched | None = None

    def moved(self, share: float) -> None:
        """The current stage is done to this share."""
        self.share = share

    def note_seconds(self, name: str, started: float) -> None:
        """Remember how long a stage took, by the monotonic clock."""
        seconds = self.processing.seconds.model_copy(update={name: round(time.monotonic() - started, 3)})
        self.processing = self.processing.model_copy(update={"seconds": seconds})

    def note_heard(self, heard: Heard) -> None:
        """Remember how hearing went."""
        times = {"decode": heard.decode_seconds, "transcribe": heard.transcribe_seconds}
        self.processing = self.processing.model_copy(
            update={
                "seconds": self.processing.seconds.model_copy(update=times),
                "models": self.processing.models.model_copy(update={"asr": heard.asr}),
                "warnings": heard.warnings,
            }
        )

    def note_evaluator(self, name: str, warnings: Sequence[Remark]) -> None:
        """Remember who evaluated, and what was odd about it."""
        models = self.processing.models.model_copy(update={"evaluator": name})
        both = [*self.processing.warnings, *warnings]
        self.processing = self.processing.model_copy(update={"models": models, "warnings": both})


@asynccontextmanager
async def reporting(platform: Platform, work: Work) -> AsyncGenerator[None]:
    """Write progress down while the work goes on; work that was lost is cancelled."""
    reporter = asyncio.create_task(_report(platform, work))
    try:
        yield
    finally:
        reporter.cancel()
        with suppress(asyncio.CancelledError):
            await reporter


async def _report(platform: Platform, work: Work) -> None:
    """Write progress when it moves, and a sign of life three times a lease when it does not."""
    shown, written = -1, 0.0
    while not work.lost:
        now = percent(work.stage, work.share)
        silent = time.monotonic() - written
        if now != shown or silent > platform.settings.lease_seconds / 3:
            await _show(platform, work, now)
            shown, written = now, time.monotonic()
        await asyncio.sleep(REPORT_SECONDS)


async def _show(platform: Platform, work: Work, now: int) -> None:
    """Write one progress report; an analysis that was erased or taken over is left at once."""
    try:
        async with platform.database.tenant(work.claim.org_id) as session:
            await lifecycle.report(session, work.claim, work.stage, now)
    except StaleAttemptError:
        work.lost = True
        work.task.cancel()
    except DatabaseAwayError as error:
        log.warning("progress_not_written", error=error.detail)  # a report may be missed; results may not
