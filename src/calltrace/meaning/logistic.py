"""Logistic regression in numpy: a few lines instead of a dependency; deterministic, no random start."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Logistic:
    """``P(y) = sigmoid(((x - mean) / scale) @ weights + bias)``."""

    mean: Vector
    scale: Vector
    weights: Vector
    bias: float

    def probability(self, x: Vector) -> float:
        """The probability for one row of features."""
        return float(sigmoid(((x - self.mean) / self.scale) @ self.weights + self.bias))


def sigmoid(x: NDArray[np.floating]) -> Vector:
    """The logistic function, safe for large values."""
    return 1.0 / (1.0 + np.exp(-np.clip(np.asarray(x, np.float64), -40, 40)))


def logit(probability: float) -> float:
    """Log odds, clipped to about 7 so that one sure turn cannot drown everything else."""
    return float(np.log((probability + 1e-3) / (1 - probability + 1e-3)))


def fit(x: Vector, y: Vector, penalty: float) -> Logistic:
    """Newton's method on standardised features with an L2 ``penalty`` per row; the bias is free."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-6
    rows = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
    ridge = np.eye(rows.shape[1]) * penalty * len(x)
    ridge[-1, -1] = 1e-6
    weights = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        p = sigmoid(rows @ weights)
        hessian = rows.T @ (rows * (p * (1 - p) + 1e-6)[:, None]) + ridge
        weights = weights - np.linalg.solve(hessian, rows.T @ (p - y) + ridge @ weights)
    return Logistic(mean, scale, weights[:-1], float(weights[-1]))
