"""Two evaluations of a call compared: what differs, and nothing else."""

from typing import Any

from calltrace.evaluation.results import CriterionResult, Evaluation, MoodBySide, ScorecardRef
from calltrace.web.evaluation_diff import difference


def _criterion(key: str, **changes: Any) -> CriterionResult:
    one = CriterionResult(
        key=key, name=key.capitalize(), score=10, max_score=10, verdict="met", confidence=0.9, method="rule",
        reason="So.",
    )  # fmt: skip
    return one.model_copy(update=changes)


def _evaluation(*criteria: CriterionResult) -> Evaluation:
    return Evaluation(
        score=80, summary="", passed=True, scorecard=ScorecardRef(id="x", name="y", version=1),
        criteria=list(criteria), recommendations=[], sentiment=MoodBySide(customer=None, agent=None),
        escalation=False, customer_effort_score=2, sensitive_data=[],
    )  # fmt: skip


def test_only_what_differs_is_told_in_the_order_of_the_later_one() -> None:
    before = _evaluation(_criterion("gone"), _criterion("same"), _criterion("word"), _criterion("points"))
    after = _evaluation(
        _criterion("points", score=0, verdict="not_met"), _criterion("new"),
        _criterion("same", confidence=0.2), _criterion("word", reason="Why."),
    )  # fmt: skip
    found = difference(before, after)
    assert [(one.name, one.before is None, one.after is None, one.reworded) for one in found.changes] == [
        ("Points", False, False, False), ("New", True, False, False), ("Word", False, False, True),
        ("Gone", False, True, False),
    ]  # fmt: skip
    assert found.same == 1


def test_the_same_differs_in_nothing() -> None:
    one = _evaluation(_criterion("a"))
    assert (difference(one, one).changes, difference(one, one).same) == ([], 1)
