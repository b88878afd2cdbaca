"""From frames of any format to int16 samples at SAMPLE_RATE, channel by channel."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from calltrace.recordings.audio import SAMPLE_RATE


class Resampler:
    """Int16 at SAMPLE_RATE in the source's own layout, shape (channels, n): channels are never mixed."""

    def __init__(self) -> None:
        """``changes`` counts how often the format changed."""
        self._inner: AudioResampler | None = None
        self._shape: tuple[str, int, int] | None = None
        self.changes = 0

    def feed(self, frame: AudioFrame) -> Iterator[np.ndarray[Any, Any]]:
        """The samples that are ready once ``frame`` is in; a new format ends the old one."""
        shape = (frame.format.name, frame.layout.nb_channels, frame.sample_rate)
        if self._inner is None or shape != self._shape:
            yield from self.flush()
            self.changes += self._shape not in {None, shape}
            self._inner, self._shape = AudioResampler("s16", frame.layout, SAMPLE_RATE), shape
        yield from map(_rows, self._inner.resample(frame))

    def flush(self) -> Iterator[np.ndarray[Any, Any]]:
        """The samples still inside."""
        if self._inner is not None:
            yield from map(_rows, self._inner.resample(None))
        self._inner = None  # a flushed one takes no more


def _rows(frame: AudioFrame) -> np.ndarray[Any, Any]:
    # Interleaved on purpose: PyAV reads beyond the eight planes that a planar frame has room for.
    return frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T
