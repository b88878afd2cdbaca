"""Waveforms of constructed recordings: the right height at the right place, and never too many points."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.recordings.waveform import FULL_SCALE, MOST_POINTS, amplitudes, draw, packed

Samples = npt.NDArray[np.int16]
Make = Callable[..., DecodedAudio]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(*channels: Samples) -> DecodedAudio:
        paths = tuple(tmp_path / f"channel{index}.s16" for index in range(len(channels)))
        for path, samples in zip(paths, channels, strict=True):
            samples.astype("<i2").tofile(path)
        return DecodedAudio(paths, len(paths), SAMPLE_RATE, len(channels[0]) / SAMPLE_RATE, "pcm_s16le")

    return made


def _samples(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.int16)


def test_each_point_is_the_loudest_moment_of_its_piece_whatever_its_sign(make: Make) -> None:
    left, right = _samples(2), _samples(2)
    left[800], left[801], right[1599], right[-1] = 16_384, -8_000, -32_768, 1
    drawn = draw(make(left, right))
    assert (drawn.points_per_second, [len(one) for one in drawn.channels]) == (20, [40, 40])
    assert drawn.channels[0] == [0, 128, *[0] * 38]
    assert drawn.channels[1] == [0, FULL_SCALE, *[0] * 37, 1], "what is not silent is never drawn as silence"


def test_the_last_piece_may_be_short(make: Make) -> None:
    samples = _samples(0.12)
    samples[-1] = 32_767
    assert draw(make(samples)).channels == [[0, 0, FULL_SCALE]]


@pytest.mark.parametrize(("minutes", "rate"), [(30, 20), (31, 10), (61, 5), (240, 2)])
def test_the_rate_falls_so_that_a_channel_keeps_within_its_points(
    tmp_path: Path, minutes: int, rate: int
) -> None:
    path, seconds = tmp_path / "sparse.s16", minutes * 60
    with path.open("wb") as file:
        file.truncate(seconds * SAMPLE_RATE * 2)
        file.seek((seconds - 1) * SAMPLE_RATE * 2)
        file.write(b"\xff\x7f")
    drawn = draw(DecodedAudio((path,), 1, SAMPLE_RATE, float(seconds), "pcm_s16le"))
    assert drawn.points_per_second == rate
    assert len(drawn.channels[0]) == seconds * rate <= MOST_POINTS
    assert [place for place, point in enumerate(drawn.channels[0]) if point] == [(seconds - 1) * rate]


def test_packed_and_unpacked_the_channels_stay_apart(make: Make) -> None:
    left, right = _samples(1), _samples(1)
    left[:], right[:8000] = 32_767, 3_277
    kept = packed(draw(make(left, right)))
    assert len(kept) == 40
    assert amplitudes(kept, 2) == [[1.0] * 20, [*[0.102] * 10, *[0.0] * 10]]
