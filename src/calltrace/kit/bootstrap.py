"""Intervals by the bootstrap: how much a figure depends on what happened to be measured.

All are 95 % percentile intervals (Efron and Tibshirani 1993, chapter 13), drawn with a fixed seed.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 2000
_SEED = 20261128
_LOW, _HIGH = 2.5, 97.5


def pooled(parts: Sequence[tuple[float, float]]) -> float | None:
    """Amounts over wholes, all added up first; ``None`` where there is nothing to divide by."""
    whole = sum(one for _, one in parts)
    return sum(amount for amount, _ in parts) / whole if whole else None


def interval(parts: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """The interval of ``pooled``.

    Recordings are drawn, not words: errors of one recording hang together. One recording tells nothing about
    others, so it has no interval.
    """
    usable = np.array([part for part in parts if part[1] > 0], np.float64)
    if len(usable) < 2:  # noqa: PLR2004 - one
        return None
    drawn = np.random.default_rng(_SEED).integers(0, len(usable), (_SAMPLES, len(usable)))
    sums = usable[drawn].sum(axis=1)
    return _percentiles(sums[:, 0] / sums[:, 1])


def interval_of_counts(
    counts: Sequence[int], figure: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[float, float] | None:
    """The interval of a figure of a table of counts; ``None`` where nearly every draw leaves it undefined.

    Args:
        counts: how many observations fell into each cell.
        figure: of tables, one a row; NaN where it has no value.
    """
    cells = np.array(counts, np.float64)
    whole = int(cells.sum())
    if whole < 2:  # noqa: PLR2004 - one tells nothing about others
        return None
    # Drawing observations with replacement and counting them is drawing from the multinomial distribution.
    drawn = np.random.default_rng(_SEED).multinomial(whole, cells / whole, _SAMPLES).astype(np.float64)
    found = figure(drawn)
    found = found[~np.isnan(found)]
    return _percentiles(found) if len(found) > _SAMPLES / 2 else None


def _percentiles(found: NDArray[np.float64]) -> tuple[float, float]:
    low, high = np.percentile(found, [_LOW, _HIGH])
    return float(low), float(high)
