"""What was said, in this contract's words."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.threads import segments_of
from calltrace.dialects.auralytik.forms import named, written
from calltrace.kit.document import Document


class SegmentOut(Document):
    """A stretch of speech of one voice; times in seconds."""

    speaker: str
    text: str
    start: float
    end: float
    confidence: float


class TranscriptOut(Document):
    """What was said in a recording; no segments until something was heard."""

    evaluation_id: str | None
    audio_file_id: str
    state: str
    language: str | None
    segments: list[SegmentOut]
    text: str | None


async def transcript_of(
    session: AsyncSession, file_id: uuid.UUID, evaluation_id: uuid.UUID | None, state: str
) -> TranscriptOut:
    """The transcript of a recording beside an evaluation of it."""
    heard = await segments_of(session, file_id)
    segments = [
        SegmentOut(**{name: one[name] for name in ("speaker", "text", "start", "end", "confidence")})
        for one in (heard or {"segments": []})["segments"]
    ]
    return TranscriptOut(
        evaluation_id=written("eval", evaluation_id),
        audio_file_id=named("af", file_id),
        state=state,
        language=heard["language"] if heard else None,
        segments=segments,
        text="\n".join(one.text for one in segments) if heard else None,
    )
