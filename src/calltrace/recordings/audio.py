"""Decoded audio: what the decoder hands to speech."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calltrace.recordings.remarks import Remark

SAMPLE_RATE = 16_000
"""Every channel is decoded to this rate, in samples per second: what the recognisers expect."""

Samples = npt.NDArray[np.float32]
"""One channel, shape ``(n,)``, range -1.0 to 1.0, at SAMPLE_RATE."""


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """A recording as raw 16-bit samples on disk, one file per channel, so that memory stays flat.

    Attributes:
        channel_paths: raw little-endian int16 mono at SAMPLE_RATE, one per channel, equal length.
        channels: number of channels in the source, of all its audio tracks together.
        sample_rate: of the source, in hertz.
        duration: seconds, counted from decoded samples and never taken from a header.
        codec: name of the source's codec, for people.
        warnings: what was odd about the file (cut short, lying header).
    """

    channel_paths: tuple[Path, ...]
    channels: int
    sample_rate: int
    duration: float
    codec: str
    warnings: tuple[Remark, ...] = field(default=())

    def read(self, channel: int, start: float = 0.0, end: float | None = None) -> Samples:
        """Samples of one channel between two times (seconds), without reading the rest."""
        raw = (
            np.memmap(self.channel_paths[channel], dtype="<i2", mode="r")
            if self.duration
            else np.zeros(0, "<i2")
        )
        last = None if end is None else round(end * SAMPLE_RATE)
        return raw[round(start * SAMPLE_RATE) : last].astype(np.float32) / 32768.0
