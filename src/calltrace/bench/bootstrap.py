"""Intervals by the bootstrap: how much a pooled rate depends on which recordings happened to be measured."""

from collections.abc import Sequence

import numpy as np

_SAMPLES = 2000
_SEED = 20261128
_LOW, _HIGH = 2.5, 97.5


def pooled(parts: Sequence[tuple[float, float]]) -> float | None:
    """Amounts over wholes, all added up first; ``None`` where there is nothing to divide by."""
    whole = sum(one for _, one in parts)
    return sum(amount for amount, _ in parts) / whole if whole else None


def interval(parts: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """The 95 % percentile interval of ``pooled`` (Efron and Tibshirani 1993, chapter 13).

    Recordings are drawn, not words: errors of one recording hang together. One recording tells nothing about
    others, so it has no interval.
    """
    usable = np.array([part for part in parts if part[1] > 0], np.float64)
    if len(usable) < 2:  # noqa: PLR2004 - one
        return None
    drawn = np.random.default_rng(_SEED).integers(0, len(usable), (_SAMPLES, len(usable)))
    sums = usable[drawn].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / sums[:, 1], [_LOW, _HIGH])
    return float(low), float(high)
