"""How much surveys and scores go together, and when that is told."""

import pytest

from calltrace.insights.surveys import LEAST_FOR_CORRELATION, SurveyFigures


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
