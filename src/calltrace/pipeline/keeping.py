"""What is kept of a recording: as it came, or, where audio is redacted, without what is not to be heard.

A recording that is to be redacted rests nowhere before it is: a worker that dies until then leaves nothing
behind in the store, and the next one fetches it again.
"""

from pathlib import Path

from calltrace.accounts import queries as accounts
from calltrace.analyses import lifecycle, queries
from calltrace.analyses.lifecycle import CallFacts
from calltrace.evaluation.redaction import Redaction
from calltrace.pipeline.context import Platform
from calltrace.pipeline.hearing import Heard
from calltrace.pipeline.work import Work
from calltrace.recordings import objects, sound
from calltrace.recordings.fetch import Fetched
from calltrace.recordings.media import judge_file
from calltrace.recordings.models import Recording
from calltrace.recordings.playing import MEDIA_TYPES
from calltrace.recordings.vault import Stored

CONTENT_TYPE_LENGTH = 255


async def wanted_redaction(platform: Platform, work: Work) -> Redaction | None:
    """What the organisation wants now; it holds for the whole of this try."""
    async with platform.database.tenant(work.claim.org_id) as session:
        organisation = await accounts.organisation(session, work.claim.org_id)
    wanted = organisation.redaction if organisation else None
    return Redaction.model_validate(wanted) if wanted else None


async def store(platform: Platform, work: Work, path: Path, got: Fetched) -> Recording:
    """Seal a recording that came into the store, as it is; its row is still to be kept."""
    return await _store(platform, work, path, got.media, got.content_type)


async def store_heard(platform: Platform, work: Work, path: Path, heard: Heard) -> Recording | None:
    """Seal what is to be kept once a call was heard, if that is not in the store already."""
    if heard.redacted_path:
        redacted = Path(heard.redacted_path)
        media = judge_file(redacted) or ""
        return await _store(platform, work, redacted, media, MEDIA_TYPES[media])
    return await store(platform, work, path, work.unkept) if work.unkept else None


async def _store(platform: Platform, work: Work, path: Path, media: str, content_type: str) -> Recording:
    stored = await objects.store(platform.database, platform.vault, work.claim.org_id, path)
    return Recording(
        org_id=work.claim.org_id, object_key=stored.object_key, sealed_key=stored.sealed_data_key,
        size_bytes=stored.size, sha256=stored.sha256, media=media,
        content_type=content_type[:CONTENT_TYPE_LENGTH] or None,
    )  # fmt: skip


async def keep_heard(
    platform: Platform, work: Work, heard: Heard, recording: Recording | None, copy: Stored | None
) -> None:
    """What was heard, together: no later try hears it again, and what was there before it is gone.

    Raises:
        StaleAttemptError: the analysis is not ours any more. ObjectDoomedError: an object came too late.
    """
    facts = CallFacts(
        heard.duration_seconds,
        heard.channels,
        heard.sample_rate,
        heard.metrics,
        heard.marks,
        heard.playable,
    )
    database, claim = platform.database, work.claim
    doomed: list[str] = []
    async with database.tenant(claim.org_id) as session:
        known = await queries.recording_of(session, claim.analysis_id)
        if recording is not None:
            doomed += await lifecycle.keep_recording(session, claim, recording, work.processing)
            doomed += await sound.forget(session, known) if known else []
        await lifecycle.keep_transcript(session, claim, heard.transcript, facts, work.processing)
        if kept := recording or known:
            await sound.keep(session, kept, heard.waveform, copy)
    await objects.remove(database, platform.vault, claim.org_id, doomed)
