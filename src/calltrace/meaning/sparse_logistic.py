"""Logistic regression over named features that are there or not, of which a row has few.

Maximum likelihood with an L2 penalty by limited-memory BFGS (Nocedal and Wright, Numerical Optimization,
algorithm 7.4, with Armijo's condition), in numpy: convex, started at zero, so that the same rows give the
same weights.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from calltrace.meaning.logistic import Vector, sigmoid

Indices = NDArray[np.int32]
BIAS = ""
"""The name of the feature that every row has."""
_ROUNDS = 200
_MEMORY = 10
_CLOSE = 1e-4
"""The change of the loss, as a share of it, at which more rounds change nothing."""
_ENOUGH, _HALVINGS = 1e-4, 30
_FAR = 40.0


def fit(
    rows: Sequence[Sequence[str]], answers: Sequence[bool], *, penalty: float, least: int
) -> dict[str, float]:
    """The weight of each feature that at least ``least`` rows have.

    Args:
        rows: the features of each row, each once.
        answers: one for each row.
        penalty: of half the squared weights, beside the summed loss of all rows.
        least: rows that a feature must have to count.
    """
    names = [BIAS, *_frequent(rows, least)]
    problem = _Problem(rows, {name: at for at, name in enumerate(names)}, np.asarray(answers, np.float64))
    weights = _minimised(problem, penalty)
    return {name: float(weight) for name, weight in zip(names, weights, strict=True)}


def chance(features: Iterable[str], weights: Mapping[str, float]) -> float:
    """The probability for one row."""
    odds = weights[BIAS] + sum(weights.get(name, 0.0) for name in features)
    return 1.0 / (1.0 + math.exp(-min(max(odds, -_FAR), _FAR)))


def _frequent(rows: Sequence[Sequence[str]], least: int) -> list[str]:
    counts = Counter(name for row in rows for name in row)
    return sorted(name for name, count in counts.items() if count >= least)


class _Problem:
    """The rows as indices into the weights, one after the other."""

    def __init__(self, rows: Sequence[Sequence[str]], places: Mapping[str, int], answers: Vector) -> None:
        indices = [[0, *(places[name] for name in row if name in places)] for row in rows]
        lengths = np.array([len(row) for row in indices])
        self._indices: Indices = np.array([at for row in indices for at in row], np.int32)
        self._starts = np.concatenate(([0], np.cumsum(lengths)[:-1]))
        self._rows = np.repeat(np.arange(len(rows)), lengths)
        self._answers, self.size = answers, len(places)

    def loss(self, weights: Vector, penalty: float) -> tuple[float, Vector]:
        """What is to be as little as possible, and its slope."""
        odds = np.add.reduceat(weights[self._indices], self._starts)
        signed = np.where(self._answers > 0, odds, -odds)
        errors = sigmoid(odds) - self._answers
        slope = np.bincount(self._indices, weights=errors[self._rows], minlength=self.size)
        value = np.logaddexp(0.0, -signed).sum() + penalty / 2 * weights @ weights
        return float(value), slope + penalty * weights


def _minimised(problem: _Problem, penalty: float) -> Vector:
    weights = np.zeros(problem.size)
    value, slope = problem.loss(weights, penalty)
    steps: deque[tuple[Vector, Vector]] = deque(maxlen=_MEMORY)
    for _ in range(_ROUNDS):
        way = -_turned(slope, steps)
        length, decrease = 1.0 if steps else 1.0 / max(float(np.abs(slope).sum()), 1.0), float(slope @ way)
        for _ in range(_HALVINGS):
            further = weights + length * way
            new, new_slope = problem.loss(further, penalty)
            if new <= value + _ENOUGH * length * decrease:
                break
            length /= 2
        else:
            break
        if (further - weights) @ (new_slope - slope) > 0:
            steps.append((further - weights, new_slope - slope))
        is_close = value - new <= _CLOSE * value / _ROUNDS
        weights, value, slope = further, new, new_slope
        if is_close:
            break
    return weights


def _turned(slope: Vector, steps: Iterable[tuple[Vector, Vector]]) -> Vector:
    """The slope times what the last steps tell of the inverse curvature (algorithm 7.4)."""
    known = [(step, change, 1.0 / float(step @ change)) for step, change in steps]
    shares: list[float] = []
    for step, change, rho in reversed(known):
        shares.append(rho * float(step @ slope))
        slope = slope - shares[-1] * change
    if known:
        step, change, _ = known[-1]
        slope = slope * (float(step @ change) / float(change @ change))
    for (step, change, rho), share in zip(known, reversed(shares), strict=True):
        slope = slope + (share - rho * float(change @ slope)) * step
    return slope
