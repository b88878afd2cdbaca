"""How far people agree with the machine, and with each other. No verdict is nearer to another than a third.

Cohen (1960), A coefficient of agreement for nominal scales; Krippendorff (2004), Content Analysis, chapter 11
(alpha for nominal data with missing values; with two raters and all values present nearly Scott's pi).
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calltrace.kit import bootstrap


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two raters over ``n`` verdicts.

    Attributes:
        percent: share on which they agree, 0 to 100; ``None`` without any.
        kappa: agreement beyond chance, at most 1; ``None`` where both always say the same single thing.
        interval: 95 % of kappa by the bootstrap; ``None`` where there is too little to say.
    """

    n: int
    percent: float | None
    kappa: float | None
    interval: tuple[float, float] | None


def agreement(pairs: Sequence[tuple[Hashable, Hashable]]) -> Agreement:
    """Two raters, verdict by verdict."""
    n = len(pairs)
    if not n:
        return Agreement(0, None, None, None)
    found = kappa(pairs)
    return Agreement(
        n,
        percent(pairs),
        None if found is None else round(found, 3),
        None if found is None else _interval(pairs),
    )


def percent(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """The share on which two raters agree, 0 to 100, to a tenth; ``None`` without any."""
    return round(100 * sum(a == b for a, b in pairs) / len(pairs), 1) if pairs else None


def kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    """Cohen's kappa; ``None`` without pairs, or where chance explains everything."""
    names = _names(pairs)
    found = float(_kappas(np.array([_table(pairs, names)], np.float64), len(names))[0]) if pairs else np.nan
    return None if np.isnan(found) else found


def alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha over units with the values that raters gave them, as many as there were.

    ``None`` where no unit has two values, or all values are the same.
    """
    pairable = [Counter(unit) for unit in units if len(unit) > 1]
    whole = Counter[Hashable]()
    for unit in pairable:
        whole.update(unit)
    n = whole.total()
    expected = n * n - sum(count * count for count in whole.values())
    if not expected:
        return None
    observed = sum(_disagreeing(unit) / (unit.total() - 1) for unit in pairable)
    return 1 - (n - 1) * observed / expected


def _disagreeing(unit: Counter[Hashable]) -> int:
    """Ordered pairs of values that differ."""
    return unit.total() ** 2 - sum(count * count for count in unit.values())


def _names(pairs: Sequence[tuple[Hashable, Hashable]]) -> list[Hashable]:
    return list(dict.fromkeys(name for pair in pairs for name in pair))


def _table(pairs: Sequence[tuple[Hashable, Hashable]], names: Sequence[Hashable]) -> list[int]:
    """How often each pair of names was said, row by row."""
    counted = Counter(pairs)
    return [counted[first, second] for first in names for second in names]


def _interval(pairs: Sequence[tuple[Hashable, Hashable]]) -> tuple[float, float] | None:
    names = _names(pairs)
    found = bootstrap.interval_of_counts(_table(pairs, names), lambda drawn: _kappas(drawn, len(names)))
    return None if found is None else (round(found[0], 3), round(found[1], 3))


def _kappas(tables: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Kappa of each table; NaN where chance explains everything."""
    square = tables.reshape(len(tables), size, size)
    n = square.sum(axis=(1, 2))
    agree = np.trace(square, axis1=1, axis2=2) / n
    chance = (square.sum(axis=1) * square.sum(axis=2)).sum(axis=1) / n**2
    undefined = np.isclose(chance, 1)
    return np.where(undefined, np.nan, (agree - chance) / np.where(undefined, 1, 1 - chance))
