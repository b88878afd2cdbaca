"""A copy of a recording that every browser plays: MP3 at a constant rate, both channels apart.

Browsers play neither GSM, G.726, AMR nor WMA, and only some play A-law. MP3 plays everywhere; at a constant
rate any moment is found by HTTP ranges without an index, and it can be written as a stream.
Its patents are over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError

from calltrace.kit.disk import is_full
from calltrace.kit.progress import Progress
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.remarks import Remark
from calltrace.recordings.sniff import ENOUGH, sniff

MEDIA = "mp3"
"""As ``sniff`` calls it."""
BITS_PER_SECOND = {"mono": 32_000, "stereo": 48_000}
PLAYS_AT_MOST = 160_000
"""Bits per second up to which a recording that plays is not worth a second copy."""
_PLAYED = {("mp3", "mp3"), ("mp3", "mp3float"), ("mp4", "aac")}
"""Containers (``sniff``) and decoders (``DecodedAudio.codec``) of what plays as it is, from any moment."""
_OPTIONS = {"compression_level": "7", "joint_stereo": "0"}
"""LAME's quality 7: 22 s of CPU for an hour of two channels in place of 38. Joint stereo would spend bits on
what both channels share: nothing, in a call."""
_SIDES = 2
_BLOCK_SECONDS = 10.0

_Block = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Playback:
    """What can be played in a browser.

    Attributes:
        playable: whether anything can: the copy, or the recording itself.
        copy: where the copy was written; none where the recording plays as it is.
        warnings: why nothing can.
    """

    playable: bool
    copy: Path | None = None
    warnings: tuple[Remark, ...] = ()


def provide(audio: DecodedAudio, source: Path, copy: Path, progress: Progress) -> Playback:
    """See to it that a recording can be played: as it is if browsers play ``source``, else as ``copy``.

    Whatever goes wrong is a warning: a call that cannot be played can still be read. Only a full disk is not
    put up with.

    Raises:
        OSError: the disk is full.
    """
    if plays_as_it_is(audio, source):
        return Playback(playable=True)
    try:
        encode(audio, copy, progress)
    except (FFmpegError, OSError, ValueError) as error:
        copy.unlink(missing_ok=True)
        if is_full(error):  # passes, and is tried again with everything else
            raise
        reason = getattr(error, "strerror", None) or error
        remark = Remark("copy_not_made", f"No copy that browsers play could be made: {reason}.")
        return Playback(playable=False, warnings=(remark,))
    return Playback(playable=True, copy=copy)


def plays_as_it_is(audio: DecodedAudio, source: Path) -> bool:
    """Whether browsers play the file, small as it is, and its times are those of the transcript.

    A file with warnings is not trusted: where it was cut or has gaps, a player's clock may differ from ours.
    """
    with source.open("rb") as file:
        media = sniff(file.read(ENOUGH))
    return (
        (media, audio.codec) in _PLAYED
        and audio.channels <= _SIDES
        and not audio.warnings
        and source.stat().st_size * 8 <= PLAYS_AT_MOST * audio.duration
    )


def encode(audio: DecodedAudio, copy: Path, progress: Progress) -> None:
    """Write the copy; more than two channels are laid on two, in turn.

    Raises:
        FFmpegError, OSError, ValueError: it could not be written, or there is no such encoder here.
    """
    layout = "mono" if audio.channels == 1 else "stereo"
    opened: Any = av.open(str(copy), "w", format=MEDIA)
    with opened as out:
        stream = out.add_stream("libmp3lame", rate=SAMPLE_RATE, layout=layout, options=_OPTIONS)
        stream.bit_rate = BITS_PER_SECOND[layout]
        stream.codec_context.thread_count = 1
        for samples, share in _blocks(audio):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.sample_rate = SAMPLE_RATE
            out.mux(stream.encode(frame))
            progress(share)
        out.mux(stream.encode(None))


def _blocks(audio: DecodedAudio) -> Iterator[tuple[_Block, float]]:
    """Samples of shape (sides, n), and the share of the recording that ends with them."""
    for start in np.arange(0.0, audio.duration, _BLOCK_SECONDS):
        end = float(start) + _BLOCK_SECONDS
        rows = [audio.read(channel, float(start), end) for channel in range(audio.channels)]
        sides = [np.sum(rows[side::_SIDES], axis=0) for side in range(min(len(rows), _SIDES))]
        yield np.clip(np.stack(sides), -1, 1, dtype=np.float32), min(end / audio.duration, 1.0)
