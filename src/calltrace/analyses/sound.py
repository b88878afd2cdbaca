"""How a call looks and what can be played of it, from the moment when it was heard."""

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import queries
from calltrace.analyses.errors import PlaybackNotThereError, WaveformNotThereError
from calltrace.analyses.models import Analysis
from calltrace.kit.document import Document
from calltrace.kit.words import Words
from calltrace.recordings import queries as recordings
from calltrace.recordings.models import SealedAudio, WaveformRow
from calltrace.recordings.waveform import amplitudes


class Peaks(Document):
    """A waveform as players draw it: the greatest amplitude of each piece, 0 to 1, for each channel."""

    duration: float = Field(examples=[1.5])
    points_per_second: int = Field(examples=[4])
    channels: list[list[float]] = Field(examples=[[[0.0, 0.41, 0.526, 0.031, 0.0, 0.0]]])


async def waveform(session: AsyncSession, analysis: Analysis) -> WaveformRow:
    """How a call looks.

    Raises:
        WaveformNotThereError: it was not heard yet, or before there were waveforms.
    """
    found = await waveform_if_kept(session, analysis)
    if not found:
        raise WaveformNotThereError(
            Words("The analysis is %(status)s; it has no waveform.", status=analysis.status)
        )
    return found


async def waveform_if_kept(session: AsyncSession, analysis: Analysis) -> WaveformRow | None:
    """How a call looks, where that is known."""
    return await recordings.waveform(session, analysis.recording_id) if analysis.recording_id else None


def peaks(analysis: Analysis, row: WaveformRow) -> Peaks:
    """The waveform as numbers."""
    return Peaks(
        duration=analysis.duration_seconds or 0.0,
        points_per_second=row.points_per_second,
        channels=amplitudes(row.points, row.channels),
    )


async def playback(session: AsyncSession, analysis: Analysis | None) -> SealedAudio:
    """What browsers play of a call: the copy that was made for them, or the recording itself.

    Raises:
        PlaybackNotThereError: there is no such call, it was not heard yet, or no copy could be made.
    """
    recording = await queries.recording_of(session, analysis.id) if analysis and analysis.playable else None
    if recording is None:
        raise PlaybackNotThereError("Nothing of this call can be played in a browser, or not yet.")
    return await recordings.rendition(session, recording.id) or recording
