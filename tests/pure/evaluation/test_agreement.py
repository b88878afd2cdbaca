"""Agreement: figures worked out by hand and by the literature."""

import pytest

from calltrace.evaluation.agreement import agreement, alpha, kappa

COHEN = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
KRIPPENDORFF = [
    "1.11", "2223", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", "..3.",
]  # fmt: skip
"""Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D: alpha of nominal data 0.743."""


def test_kappa_of_the_textbook() -> None:
    assert kappa(COHEN) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("pairs", "found"),
    [([("a", "a"), ("b", "b"), ("c", "c")], 1), ([("a", "b"), ("b", "a")], -1), ([("a", "b")], 0),
     ([("a", "a")] * 5, None), ([], None)],
)  # fmt: skip
def test_kappa_at_its_ends(pairs: list[tuple[str, str]], found: float | None) -> None:
    assert kappa(pairs) == found


def test_an_agreement_has_its_interval_and_more_verdicts_make_it_narrower() -> None:
    few, many = agreement(COHEN), agreement(COHEN * 8)
    assert (few.n, few.percent, few.kappa) == (50, 70, 0.4)
    assert few.interval
    assert many.interval
    assert few.interval[0] < many.interval[0] < 0.4 < many.interval[1] < few.interval[1]
    assert 0.1 < few.interval[0] < 0.2, "the normal approximation has 0.15"
    assert agreement(COHEN) == few, "drawn with a fixed seed"


def test_nothing_is_said_of_nothing() -> None:
    assert agreement([]).percent is None
    assert agreement([("a", "a")] * 9).kappa is None
    assert agreement([("a", "a")] * 9).percent == 100


def test_alpha_of_the_textbook_with_missing_values() -> None:
    units = [[value for value in unit if value != "."] for unit in KRIPPENDORFF]
    assert alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_alpha_needs_values_that_differ_and_pairs() -> None:
    assert alpha([["a", "a"], ["a", "a"]]) is None
    assert alpha([["a"], ["b"]]) is None
    assert alpha([["a", "a"], ["b", "b"]]) == 1
