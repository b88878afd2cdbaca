"""The arithmetic of a score, for every scorecard and every set of results that hypothesis can think of."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calltrace.evaluation.results import CriterionResult, Verdict
from calltrace.evaluation.scoring import total
from calltrace.scorecards.document import Scorecard

CHECK = {"kind": "measure", "metric": "duration_seconds", "minimum": 1}
VERDICTS: tuple[Verdict, ...] = ("met", "partly_met", "not_met", "not_applicable", "needs_review")


def scorecard(sections: list[list[dict[str, Any]]], weights: list[float] | None = None) -> Scorecard:
    return Scorecard.model_validate(
        {
            "key": "card",
            "name": "Card",
            "sections": [
                {
                    "name": f"S{number}",
                    "weight": weights[number] if weights else None,
                    "criteria": [{"name": "n", "check": CHECK, **criterion} for criterion in section],
                }
                for number, section in enumerate(sections)
            ],
        }
    )


def result(key: str, verdict: Verdict, score: float, maximum: float) -> CriterionResult:
    return CriterionResult(
        key=key,
        name=key,
        score=score,
        max_score=0.0 if verdict == "not_applicable" else maximum,
        verdict=verdict,
        confidence=1.0,
        method="rule",
        reason="",
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Scorecard, dict[str, CriterionResult]]:
    sections = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    weighted = draw(st.booleans())
    weights = [draw(st.floats(0.1, 10)) for _ in sections] if weighted else None
    criteria = [
        [
            {
                "key": f"k{i}_{j}",
                "points": draw(st.floats(0.5, 50)),
                "critical": draw(st.booleans()),
                "bonus": (i, j) != (0, 0) and draw(st.booleans()),
            }
            for j in range(size)
        ]
        for i, size in enumerate(sections)
    ]
    card = scorecard(criteria, weights)
    results: dict[str, CriterionResult] = {}
    for criterion in card.criteria:
        verdict = draw(st.sampled_from(VERDICTS))
        share = {"met": 1.0, "partly_met": 0.5, "needs_review": draw(st.sampled_from([0.0, 1.0]))}.get(
            verdict, 0.0
        )
        results[criterion.key] = result(criterion.key, verdict, criterion.points * share, criterion.points)
    return card, results


@given(cases())
def test_a_score_lies_between_0_and_100_with_one_decimal(
    case: tuple[Scorecard, dict[str, CriterionResult]],
) -> None:
    score = total(*case).score
    assert score is None or (0 <= score <= 100 and round(score, 1) == score)


@given(cases())
def test_the_order_of_results_is_irrelevant(case: tuple[Scorecard, dict[str, CriterionResult]]) -> None:
    card, results = case
    assert total(card, results) == total(card, dict(reversed(results.items())))


@given(cases())
def test_what_is_not_applicable_might_as_well_not_be_there(
    case: tuple[Scorecard, dict[str, CriterionResult]],
) -> None:
    card, results = case
    left = [key for key, one in results.items() if one.verdict != "not_applicable"]
    sections = [
        section.model_copy(update={"criteria": [c for c in section.criteria if c.key in left]})
        for section in card.sections
    ]
    without = card.model_copy(update={"sections": [section for section in sections if section.criteria]})
    assert total(without, results).score == total(card, results).score


@given(cases())
def test_a_broken_critical_criterion_fails_the_whole_scorecard(
    case: tuple[Scorecard, dict[str, CriterionResult]],
) -> None:
    card, results = case
    sums = total(card, results)
    broken = [c.key for c in card.criteria if c.critical and results[c.key].verdict == "not_met"]
    assert list(sums.failed_by) == broken
    if broken and sums.score is not None:
        assert sums.score == 0
        assert sums.passed is False


@given(cases())
def test_a_bonus_never_lowers_a_score(case: tuple[Scorecard, dict[str, CriterionResult]]) -> None:
    card, results = case
    missed = {
        criterion.key: result(criterion.key, "not_applicable", 0.0, criterion.points)
        if criterion.bonus
        else results[criterion.key]
        for criterion in card.criteria
    }
    before, after = total(card, missed), total(card, results)
    if before.score is not None and after.score is not None and not after.failed_by:
        assert after.score >= before.score


@given(cases())
def test_the_lines_add_up_to_the_score(case: tuple[Scorecard, dict[str, CriterionResult]]) -> None:
    card, results = case
    sums = total(card, results)
    counted = [line for line in sums.lines if line.possible > 0]
    if sums.score is None or sums.failed_by:
        return
    base = sum(line.weight * line.earned / line.possible for line in counted) / sum(
        line.weight for line in counted
    )
    bonus = sum(line.bonus for line in sums.lines) / sum(line.possible for line in counted)
    assert abs(sums.score - min(100.0, 100 * (base + bonus))) <= 0.05 + 1e-9


def test_nothing_applicable_is_no_score() -> None:
    card = scorecard([[{"key": "a", "points": 5}]])
    sums = total(card, {"a": result("a", "not_applicable", 0, 5)})
    assert sums.score is None
    assert sums.passed is None


def test_without_weights_a_score_is_points_earned_over_points_possible() -> None:
    card = scorecard([[{"key": "a", "points": 30}], [{"key": "b", "points": 10}]])
    sums = total(card, {"a": result("a", "met", 30, 30), "b": result("b", "not_met", 0, 10)})
    assert sums.score == 75


def test_weights_make_sections_count_whatever_their_points() -> None:
    card = scorecard([[{"key": "a", "points": 30}], [{"key": "b", "points": 10}]], [1, 3])
    sums = total(card, {"a": result("a", "met", 30, 30), "b": result("b", "not_met", 0, 10)})
    assert sums.score == 25


def test_a_critical_doubt_fails_nobody_before_a_person_has_looked() -> None:
    card = scorecard([[{"key": "a", "points": 10}, {"key": "b", "points": 10, "critical": True}]])
    sums = total(card, {"a": result("a", "met", 10, 10), "b": result("b", "needs_review", 0, 10)})
    assert sums.score == 50
    assert sums.failed_by == ()


def test_a_critical_criterion_may_be_a_bonus_that_can_only_hurt() -> None:
    card = scorecard(
        [[{"key": "a", "points": 10}, {"key": "b", "points": 10, "critical": True, "bonus": True}]]
    )
    assert total(card, {"a": result("a", "met", 10, 10), "b": result("b", "not_met", 0, 10)}).score == 0
