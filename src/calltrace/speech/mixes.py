"""Which of many channels are a party's own: not silent, and no mix of the others.

Recorders that write a track for each party often write the mix of all beside them. Heard as a channel of its
own, it would say everything twice.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calltrace.recordings.audio import SAMPLE_RATE, DecodedAudio

_BLOCK_SECONDS = 30.0
_EXPLAINED = 0.9
"""So much of a mix's energy is that of its parts: the rest is what a codec left behind."""
_LEAST_WEIGHT = 0.1
"""A party is in a mix with at least this weight. Where A + B is the mix, A is also "mix minus B", with a
weight below zero: that is how the mix is told from its parts."""
_SILENT_POWER = 1e-9
"""Mean square, -90 dB of full scale: the last bit of 16."""


def without_mixes(audio: DecodedAudio, channels: Sequence[int]) -> list[int]:
    """The given channels without the silent ones and without mixes of others; at least one is left.

    Linear regression of each channel on the others, from their inner products over the whole recording.
    """
    products = _products(audio, channels)
    power = products.diagonal() / max(audio.duration * SAMPLE_RATE, 1.0)
    kept = [index for index in range(len(channels)) if power[index] > _SILENT_POWER]
    while len(kept) > 2 and (mix := _mix_of_others(products, kept)) is not None:  # noqa: PLR2004 - two parts
        kept.remove(mix)
    return [channels[index] for index in kept] or list(channels[:1])


def _products(audio: DecodedAudio, channels: Sequence[int]) -> npt.NDArray[np.float64]:
    """Inner products of all channels, shape ``(n, n)``, block by block: memory stays flat.

    In 64 bits: what single precision rounds off, each processor in its own way, would be more than what two
    mixes of the same parties differ by, and weights would be chance.
    """
    total = np.zeros((len(channels), len(channels)))
    for start in np.arange(0.0, audio.duration, _BLOCK_SECONDS):
        end = float(start) + _BLOCK_SECONDS
        block = np.stack([audio.read(channel, float(start), end) for channel in channels]).astype(np.float64)
        block -= block.mean(axis=1, keepdims=True)
        total += block @ block.T
    return total


def _mix_of_others(products: npt.NDArray[np.float64], kept: Sequence[int]) -> int | None:
    explained = {index: _explained(products, index, [one for one in kept if one != index]) for index in kept}
    best = max(kept, key=lambda index: explained[index])
    return best if explained[best] >= _EXPLAINED else None


def _explained(products: npt.NDArray[np.float64], index: int, others: Sequence[int]) -> float:
    """The share of a channel's energy that a mix of ``others`` gives, 0 unless it is a mix of two or more."""
    inner = products[np.ix_(others, others)]
    shared = products[others, index]
    weights = np.linalg.lstsq(inner, shared, rcond=1e-9)[0]
    if np.sum(weights >= _LEAST_WEIGHT) < 2 or weights.min() <= -_LEAST_WEIGHT:  # noqa: PLR2004 - a mix has parts
        return 0.0
    return float(weights @ shared / products[index, index])
