"""How much surveys and scores go together, and when that is told."""

import statistics
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.insights.surveys import LEAST_FOR_CORRELATION, Sums, SurveyFigures

PAIRS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 100)), max_size=12)


@pytest.mark.parametrize(
    ("paired", "together", "told", "interval"),
    [
        (LEAST_FOR_CORRELATION - 1, 0.9, None, None),
        (LEAST_FOR_CORRELATION, None, None, None),  # one side never differs
        (30, 0.0, 0.0, (-0.36, 0.36)),
        (100, 0.5, 0.5, (0.337, 0.634)),  # Fisher (1921), as any table of intervals has it
        (1000, -0.25, -0.25, (-0.307, -0.191)),
        (40, 1.0, 1.0, (1.0, 1.0)),
    ],
)
def test_the_coefficient_and_its_interval(
    paired: int, together: float | None, told: float | None, interval: tuple[float, float] | None
) -> None:
    figures = SurveyFigures(paired, paired, paired, 4.0, paired, 80.0, together)
    assert figures.correlation == told
    assert figures.interval == (interval if interval is None else pytest.approx(interval, abs=0.001))


def _sums(pairs: Sequence[tuple[int, int]]) -> Sums:
    """One by one: each alone is added to those before it."""
    ones = [Sums(1, 1, 1, said, 1, said, scored) for said, scored in pairs]
    return sum(ones, Sums())


@given(first=PAIRS, second=PAIRS)
def test_sums_of_two_groups_come_to_what_both_come_to(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    found, pairs = (_sums(first) + _sums(second)).figures, first + second
    assert (found.surveys, found.paired) == (len(pairs), len(pairs))
    if not pairs:
        assert (found.average_said, found.average_score, found.together) == (None, None, None)
        return
    said, scored = zip(*pairs, strict=True)
    assert found.average_said == pytest.approx(statistics.fmean(said), abs=0.006)
    assert found.average_score == pytest.approx(statistics.fmean(scored), abs=0.06)
    if len(set(said)) > 1 and len(set(scored)) > 1:
        assert found.together == pytest.approx(statistics.correlation(said, scored))
