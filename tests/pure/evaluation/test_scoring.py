"""The arithmetic of a score, for every scorecard and every set of results that hypothesis can think of."""

from random import Random
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
                "critical": draw(st.sampled_from([True, False, "section"])),
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
    broken = [c.key for c in card.criteria if c.critical is True and results[c.key].verdict == "not_met"]
    assert list(sums.failed_by) == broken
    if broken and sums.score is not None:
        assert sums.score == 0
        assert sums.passed is False


@given(cases())
def test_a_section_that_a_critical_criterion_fails_earns_nothing_and_fails_nothing_else(
    case: tuple[Scorecard, dict[str, CriterionResult]],
) -> None:
    card, results = case
    sums = total(card, results)
    for section, line in zip(card.sections, sums.lines, strict=True):
        broken = [c.key for c in section.criteria if c.critical == "section"]
        broken = [key for key in broken if results[key].verdict == "not_met"]
        assert list(line.failed_by) == broken
        if broken:
            assert (line.earned, line.bonus) == (0, 0)
    assert not {key for line in sums.lines for key in line.failed_by} & set(sums.failed_by)


@given(cases())
def test_a_failed_section_counts_as_if_all_of_it_had_been_missed(
    case: tuple[Scorecard, dict[str, CriterionResult]],
) -> None:
    card, results = case
    failed = {
        criterion.key
        for section, line in zip(card.sections, total(card, results).lines, strict=True)
        if line.failed_by
        for criterion in section.criteria
    }
    missed = {
        key: one
        if key not in failed or one.max_score == 0
        else result(key, "needs_review", 0.0, one.max_score)
        for key, one in results.items()
    }
    whole = {key: one for key, one in results.items() if one.verdict == "not_met"}
    assert total(card, missed | whole).score == total(card, results).score


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_sections_and_criteria_is_irrelevant(
    case: tuple[Scorecard, dict[str, CriterionResult]], chance: Random
) -> None:
    card, results = case
    sections = [
        section.model_copy(update={"criteria": chance.sample(section.criteria, len(section.criteria))})
        for section in card.sections
    ]
    mixed = card.model_copy(update={"sections": chance.sample(sections, len(sections))})
    first, second = total(card, results), total(mixed, results)
    assert (first.score, first.passed) == (second.score, second.passed)
    assert set(first.failed_by) == set(second.failed_by)


@given(cases(), st.floats(0.5, 8))
def test_only_the_proportion_of_weights_counts(
    case: tuple[Scorecard, dict[str, CriterionResult]], factor: float
) -> None:
    card, results = case
    if card.sections[0].weight is None:
        return
    sections = [s.model_copy(update={"weight": (s.weight or 0) * factor}) for s in card.sections]
    scaled = total(card.model_copy(update={"sections": sections}), results)
    assert abs((scaled.score or 0) - (total(card, results).score or 0)) <= 0.1 + 1e-9


@given(cases())
def test_more_points_never_lower_a_score(case: tuple[Scorecard, dict[str, CriterionResult]]) -> None:
    card, results = case
    before = total(card, results).score
    for key, one in results.items():
        if one.verdict in ("not_met", "partly_met"):
            better = results | {key: result(key, "met", one.max_score, one.max_score)}
            assert (total(card, better).score or 0) >= (before or 0)


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
    broken = after.failed_by or any(line.failed_by for line in after.lines)
    if before.score is not None and after.score is not None and not broken:
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


def test_a_critical_criterion_may_fail_its_section_alone() -> None:
    section = [{"key": "a", "points": 10}, {"key": "b", "points": 10, "critical": "section"}]
    card = scorecard([section, [{"key": "c", "points": 20}]])
    results = {
        "a": result("a", "met", 10, 10),
        "b": result("b", "not_met", 0, 10),
        "c": result("c", "met", 20, 20),
    }
    sums = total(card, results)
    assert (sums.score, sums.failed_by, sums.lines[0].failed_by) == (50, (), ("b",))
    waiting = total(card, results | {"b": result("b", "needs_review", 0, 10)})
    assert (waiting.score, waiting.lines[0].failed_by) == (75, ())
