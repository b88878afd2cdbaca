"""Making parts of a recording unheard, and writing what is left as the recording to be kept.

The samples that were heard are what is kept: their container cannot be edited without a decoder's and an
encoder's help anyway, and whatever else was in it (cover art, tags, other streams) stays out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from calltrace.kit.progress import Progress, silent
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio

MEDIA = "flac"
"""As ``sniff`` calls what ``write`` writes, up to MOST_CHANNELS."""
CODEC = "flac"
MOST_CHANNELS = 8
"""A FLAC stream has no more (RFC 9639, section 9.1.3)."""
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_HERTZ, _LEVEL = 400.0, 0.02
"""A soft tone, so that a listener does not take the gap for a fault of the line."""
_FADE = SAMPLE_RATE // 100
_BLOCK = 10 * SAMPLE_RATE

Span = tuple[float, float]
_Numbers = npt.NDArray[np.int64]
_Pcm = npt.NDArray[np.int16]


def cover(audio: DecodedAudio, spans: Sequence[Span]) -> DecodedAudio:
    """Put a tone in the place of what is heard in ``spans`` (seconds), in the decoded samples themselves.

    All channels are covered: a voice is often heard on the other side's, too. Doing it again changes nothing.
    """
    for path in audio.channel_paths if audio.duration else ():
        samples = np.memmap(path, dtype="<i2", mode="r+")
        for start, end in spans:
            first, last = int(start * SAMPLE_RATE), min(int(np.ceil(end * SAMPLE_RATE)), len(samples))
            for at in range(first, last, _BLOCK):
                stop = min(at + _BLOCK, last)
                samples[at:stop] = _tone(np.arange(at, stop), first, last)
        samples.flush()
    return replace(audio, codec=CODEC)


def _tone(places: _Numbers, first: int, last: int) -> _Pcm:
    """Samples of the tone at these places, soft at the edges so that nothing clicks."""
    edge = np.minimum(np.minimum(places - first, last - 1 - places) / _FADE, 1.0)
    wave = np.sin(2 * np.pi * _HERTZ * places / SAMPLE_RATE) * edge * _LEVEL
    return np.round(wave * 32767).astype("<i2")


def write(audio: DecodedAudio, path: Path, progress: Progress = silent) -> None:
    """Write the samples as FLAC, or as WAV where there are too many channels for it: all, and nothing else.

    Raises:
        FFmpegError, OSError: it could not be written.
    """
    is_flac = len(audio.channel_paths) <= MOST_CHANNELS
    layout = _LAYOUTS[len(audio.channel_paths)] if is_flac else f"{len(audio.channel_paths)}c"
    options = {} if is_flac else {"rf64": "auto"}
    opened: Any = av.open(str(path), "w", format="flac" if is_flac else "wav", container_options=options)
    with opened as out:
        stream = out.add_stream("flac" if is_flac else "pcm_s16le", rate=SAMPLE_RATE, layout=layout)
        stream.codec_context.thread_count = 1
        for done, block in enumerate(_blocks(audio), 1):
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.sample_rate = SAMPLE_RATE
            out.mux(stream.encode(frame))
            progress(min(done * _BLOCK / (audio.duration * SAMPLE_RATE), 1.0))
        out.mux(stream.encode(None))


def _blocks(audio: DecodedAudio) -> Iterator[_Pcm]:
    """Interleaved samples, a block at a time."""
    if not audio.duration:
        return
    rows = [np.memmap(path, dtype="<i2", mode="r") for path in audio.channel_paths]
    for start in range(0, len(rows[0]), _BLOCK):
        yield np.stack([row[start : start + _BLOCK] for row in rows], axis=1).reshape(1, -1)
