"""The steps of an analysis.

Each keeps its result before the next one starts, so a worker that takes over goes on from there.
No transaction is open across HTTP or inference.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from calltrace.accounts import queries as accounts
from calltrace.alerts import service as alerts
from calltrace.analyses import lifecycle, queries
from calltrace.analyses.document import Stage
from calltrace.analyses.errors import StaleAttemptError
from calltrace.catalog import assignment
from calltrace.evaluation.results import Evaluation
from calltrace.kit.children import Child, Message
from calltrace.pipeline import keeping
from calltrace.pipeline.context import Platform
from calltrace.pipeline.hearing import Heard, as_json
from calltrace.pipeline.work import Work
from calltrace.recordings import fetch, objects
from calltrace.recordings.fetch import Fetched
from calltrace.recordings.remarks import Remark
from calltrace.recordings.upload_fetch import collect
from calltrace.recordings.vault import Stored
from calltrace.reviews import selection, standing
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Transcript
from calltrace.storage import StorageAwayError

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation and the version that it is pinned to; none is the scorecard that ships."""

    evaluation: Evaluation
    scorecard_version_id: uuid.UUID | None


def evaluation_request(
    transcript: Transcript, scorecard: Scorecard, duration: float | None, marks: Sequence[Message] | None
) -> Message:
    """What the child is asked for to hold a transcript against a scorecard.

    ``duration`` in seconds; ``None`` for a text conversation.
    ``marks`` as they are kept with the analysis; ``None`` for calls heard before they were.
    """
    return {
        "task": "evaluate",
        "transcript": as_json(transcript),
        "scorecard": as_json(scorecard),
        "duration": duration,
        "marks": marks,
    }


class Steps:
    """Fetch, hear, evaluate, finish, with one warm child."""

    def __init__(self, platform: Platform, child: Child) -> None:
        self._platform = platform
        self._child = child

    async def fetch(self, work: Work) -> Path:
        """The recording as a local file: downloaded and stored, or taken from the store.

        One that is to be redacted is only downloaded: what is kept of it is stored once it was heard.
        """
        platform, path = self._platform, work.directory / "recording"
        work.redaction = await keeping.wanted_redaction(platform, work)
        work.stage, started = "fetching", time.monotonic()
        async with platform.database.tenant(work.claim.org_id) as session:
            known = await queries.recording_of(session, work.claim.analysis_id)
        if known is not None:
            work.media = known.media
            await platform.vault.load(known.stored, path)
            return path
        got = await self._receive(work, path)
        work.media = got.media
        if work.redaction and work.redaction.audio:
            work.unkept = got
            work.note_seconds("fetch", started)
            return path
        recording = await keeping.store(platform, work, path, got)
        work.note_seconds("fetch", started)
        try:
            async with platform.database.tenant(work.claim.org_id) as session:
                await lifecycle.keep_recording(session, work.claim, recording, work.processing)
        except StaleAttemptError:  # nobody will ever ask for this copy
            await self._remove(work, recording.object_key)
            raise
        return path

    async def _remove(self, work: Work, *object_keys: str | None) -> None:
        doomed = [key for key in object_keys if key]
        await objects.remove(self._platform.database, self._platform.vault, work.claim.org_id, doomed)

    async def _receive(self, work: Work, path: Path) -> Fetched:
        """From where it was said to be: an upload, or a URL."""
        platform, analysis = self._platform, work.analysis
        if analysis.upload_id is not None:
            return await collect(platform.uploads, work.claim.org_id, analysis.upload_id, path, work.moved)
        url = analysis.file_url or ""
        return await fetch.download(platform.client, url, path, platform.limits, work.moved)

    async def known_transcript(self, work: Work) -> Transcript | None:
        """What an earlier try has heard already."""
        async with self._platform.database.tenant(work.claim.org_id) as session:
            found = await queries.find(session, work.claim.analysis_id)
        known = found.transcript if found else None
        return Transcript.model_validate_json(known) if known else None

    async def hear(self, work: Work, path: Path) -> Transcript:
        """Decode and transcribe in the child; what was said is kept at once.

        What is known beforehand is read as it begins: a try that comes later may find something else.
        """
        request: Message = {"task": "hear", "path": str(path), "language": work.analysis.language}
        request |= await self._known_before(work)
        request |= {"work_dir": str(work.directory), "media": work.media}
        request["copy"] = str(work.directory / "copy")
        request["redacted"] = str(work.directory / "redacted")
        request["redaction"] = as_json(work.redaction) if work.redaction else None
        heard = Heard.model_validate(await self._ask(work, "decoding", request))
        work.analysis.duration_seconds = heard.duration_seconds
        work.analysis.marks = [as_json(mark) for mark in heard.marks]
        recording = await keeping.store_heard(self._platform, work, path, heard)
        heard, copy = await self._store_copy(work, heard)
        work.note_heard(heard)
        try:
            await keeping.keep_heard(self._platform, work, heard, recording, copy)
        except StaleAttemptError:  # nobody will ever ask for these
            await self._remove(
                work, recording.object_key if recording else None, copy.object_key if copy else None
            )
            raise
        return heard.transcript

    async def _store_copy(self, work: Work, heard: Heard) -> tuple[Heard, Stored | None]:
        """The copy for browsers is sealed into the store; without it the call can still be read."""
        if heard.copy_path is None:
            return heard, None
        database, vault = self._platform.database, self._platform.vault
        try:
            return heard, await objects.store(database, vault, work.claim.org_id, Path(heard.copy_path))
        except StorageAwayError as error:
            reason = f"The copy that browsers play could not be stored: {error.detail}"
            warnings = [*heard.warnings, Remark("copy_not_stored", reason)]
            return heard.model_copy(update={"playable": False, "warnings": warnings}), None

    async def _known_before(self, work: Work) -> Message:
        """What the request, the queue and the organisation say of the call before it is heard."""
        async with self._platform.database.tenant(work.claim.org_id) as session:
            organisation = await accounts.organisation(session, work.claim.org_id)
            by_queue = await assignment.agent_channels(session, work.analysis.queue_id)
        hints = organisation.vocabulary if organisation else []
        by_all = organisation.agent_channels if organisation else None
        return {
            "hints": hints, "channels": work.analysis.agent_channels or by_queue or by_all or "auto",
            "among": organisation.languages if organisation else [],
        }  # fmt: skip

    async def evaluate(self, work: Work, transcript: Transcript) -> Evaluated:
        """Hold the transcript against the queue's scorecard, in the child.

        The scorecard is chosen as evaluation starts, in the version that is the newest then: a try that
        comes later may find a newer one.
        """
        started = time.monotonic()
        async with self._platform.database.tenant(work.claim.org_id) as session:
            version_id, scorecard = await assignment.choose(
                session, work.analysis.queue_id, work.analysis.scorecard_id
            )
        analysis = work.analysis
        request = evaluation_request(transcript, scorecard, analysis.measured_seconds, analysis.marks)
        answer = await self._ask(work, "evaluating", request)
        work.note_seconds("evaluate", started)
        work.note_evaluator(answer["evaluator"], [Remark(**one) for one in answer["warnings"]])
        return Evaluated(Evaluation.model_validate(answer["evaluation"]), version_id)

    async def finish(self, work: Work, transcript: Transcript, evaluated: Evaluated) -> None:
        """The result, the state and the event, together."""
        version_id = evaluated.scorecard_version_id
        async with self._platform.database.tenant(work.claim.org_id) as session:
            evaluation = await standing.with_suggestions(session, evaluated.evaluation, version_id)
            await lifecycle.complete(
                session, work.claim, transcript, evaluation, work.processing, self._platform.links,
                scorecard_version_id=version_id,
            )  # fmt: skip
            await selection.select(session, work.claim.analysis_id)
            await alerts.judge(
                session, work.claim.analysis_id, transcript, evaluation, self._platform.public_url
            )
        log.info("analysis_completed", analysis=str(work.claim.analysis_id), attempt=work.claim.attempt)

    async def _ask(self, work: Work, stage: Stage, request: Message) -> Message:
        if stage == "evaluating":
            work.stage, work.share = stage, 0.0

        def moved(progress: Message) -> None:
            work.stage, work.share = progress["stage"], progress["share"]

        return await self._child.call(request, moved)
