"""Recordings made on the spot: tones, one frequency per channel, in any format that PyAV writes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

Encode = Callable[..., Path]


def _tones(
    hertz: Sequence[float], seconds: float, rate: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    times = np.arange(round(seconds * rate)) / rate
    rows = [0.4 * np.sin(2 * np.pi * frequency * times) for frequency in hertz]
    return np.round(np.array(rows) * 32767).astype(np.int16)


@pytest.fixture
def encode(tmp_path: Path) -> Encode:
    """``encode(name, codec, hertz, seconds, rate)``: a file with one tone per channel."""

    def make(  # noqa: PLR0917 - what a recording is
        name: str,
        codec: str,
        hertz: Sequence[float] = (440.0,),
        seconds: float = 2.0,
        rate: int = 8000,
        container: str | None = None,
        layout: str | None = None,
    ) -> Path:
        path = tmp_path / name
        layout = layout or {1: "mono", 2: "stereo", 4: "4.0", 6: "5.1"}[len(hertz)]
        samples = _tones(hertz, seconds, rate)
        opened: Any = av.open(str(path), "w", format=container)
        with opened as out:
            stream = out.add_stream(codec, rate=rate, layout=layout)
            stream.bit_rate = 64_000
            frame = av.AudioFrame.from_ndarray(samples.T.reshape(1, -1), format="s16", layout=layout)
            frame.sample_rate = rate
            fifo = av.AudioResampler(stream.format, layout, rate, stream.codec_context.frame_size or None)
            for piece in [*fifo.resample(frame), *fifo.resample(None)]:
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
        return path

    return make
