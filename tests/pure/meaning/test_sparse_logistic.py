"""Weights of named features: what separates rows is learned, the same rows give the same weights."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.meaning.logistic import fit as fit_dense
from calltrace.meaning.sparse_logistic import BIAS, chance, fit


def _rows(count: int) -> tuple[list[list[str]], list[bool]]:
    chosen = random.Random(7)
    rows = [[name for name in "abcdef" if chosen.random() < 0.5] for _ in range(count)]
    return rows, ["a" in row and "b" not in row for row in rows]


def test_what_separates_rows_is_learned() -> None:
    rows, answers = _rows(400)
    weights = fit(rows, answers, penalty=0.1, least=1)
    right = [(chance(row, weights) > 0.5) == answer for row, answer in zip(rows, answers, strict=True)]
    assert all(right)
    assert weights["a"] > 1 > -1 > weights["b"]


def test_the_same_rows_give_the_same_weights() -> None:
    rows, answers = _rows(200)
    assert fit(rows, answers, penalty=1, least=2) == fit(rows, answers, penalty=1, least=2)


def test_the_least_loss_is_found() -> None:
    """Beside Newton's method on the same problem, to which features that are there or not are numbers."""
    rows, answers = _rows(300)
    penalty = 6.0
    names = sorted({name for row in rows for name in row})
    table = np.array([[float(name in row) for name in names] for row in rows])
    dense = fit_dense(table, np.array(answers, float), penalty / len(rows))
    sparse = fit(rows, answers, penalty=penalty, least=1)
    dense_odds = ((table - dense.mean) / dense.scale) @ dense.weights + dense.bias
    sparse_chances = [chance(row, sparse) for row in rows]
    assert np.corrcoef(dense_odds > 0, np.array(sparse_chances) > 0.5)[0, 1] > 0.95


def test_rare_features_have_no_weight() -> None:
    rows = [["often"]] * 9 + [["often", "once"]]
    weights = fit(rows, [True] * 9 + [False], penalty=1, least=2)
    assert set(weights) == {BIAS, "often"}


@pytest.mark.parametrize("rows", [[[]], [["a"]], [["a"], []]])
def test_few_rows_are_enough(rows: Sequence[Sequence[str]]) -> None:
    weights = fit(rows, [True] * len(rows), penalty=1, least=1)
    assert all(0.5 < chance(row, weights) < 1 for row in rows)


@given(st.lists(st.sampled_from("abc"), unique=True), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_a_chance_is_one_whatever_the_weights(row: list[str], bias: float, weight: float) -> None:
    assert 0 <= chance(row, {BIAS: bias, "a": weight, "b": -weight}) <= 1
