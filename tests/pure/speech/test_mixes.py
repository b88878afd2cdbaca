"""Many channels: silent ones and mixes are left out, parties stay."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from calltrace.kit.progress import silent
from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio
from calltrace.speech import channels

Signal = npt.NDArray[np.float64]
MakeAudio = Callable[..., DecodedAudio]
SECONDS = 40
"""More than one block."""


def _party(seed: int, *, begin: float = 0.0) -> Signal:
    """Bursts of noise: somebody who speaks every other second, from ``begin`` (a share of the call) on."""
    noise = np.random.default_rng(seed).normal(0, 0.05, SECONDS * SAMPLE_RATE)
    times = np.arange(len(noise)) / SAMPLE_RATE
    return noise * ((times + seed) % 2 < 1) * (times >= begin * SECONDS)


SILENCE = np.zeros(SECONDS * SAMPLE_RATE)
A, B, C = _party(1), _party(2), _party(3, begin=0.5)
CASES = {
    "the mix first": ([(A + B) / 2, A, B], [1, 2]),
    "the mix last, louder and with noise of its own": ([A, B, 1.5 * (A + B) + 0.1 * _party(9)], [0, 1]),
    "a mix of three": ([A, B, C, (A + B + C) / 3], [0, 1, 2]),
    "two mixes": ([A, B, A + B, 0.2 * A + 0.9 * B], [0, 1]),
    "three parties": ([A, B, C], [0, 1, 2]),
    "silent channels between": ([SILENCE, A, SILENCE, B], [1, 3]),
    "nothing at all": ([SILENCE, SILENCE, SILENCE], [0]),
    "one party and silence": ([SILENCE, A, SILENCE], [1]),
    "a mix in which one party is loud": ([A + 0.15 * B, A, B], [1, 2]),
    "copies of two parties": ([A, B, A, B], [0, 1]),
    "half a mix: what only one part explains is a party": ([A, B, 0.5 * A + C], [0, 1, 2]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_parties_are_left(make_audio: MakeAudio, name: str) -> None:
    rows, parties = CASES[name]
    layout = channels.listen(make_audio(*rows), silent)
    assert list(layout.distinct) == parties
