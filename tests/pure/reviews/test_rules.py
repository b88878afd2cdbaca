"""Which calls a rule wants, and that chance is no chance."""

import uuid
from typing import Any

import pytest

from calltrace.reviews.rules import Finished, RuleKind, draw, matches
from database.reviews.factory import Line, judged

UNSURE = judged({"empathy": Line("needs_review")})
GOOD = judged()


def _call(evaluation: Any = GOOD, failed_by: tuple[str, ...] = ()) -> Finished:
    return Finished(uuid.UUID(int=1), evaluation, failed_by)


@pytest.mark.parametrize(
    ("kind", "settings", "call", "wanted"),
    [("score_under", {"score": 99.5}, _call(UNSURE), True), ("score_under", {"score": 100}, _call(), False),
     ("score_under", {"score": 100}, _call(GOOD.model_copy(update={"score": None})), False),
     ("needs_review", {}, _call(UNSURE), True), ("needs_review", {}, _call(), False),
     ("low_confidence", {"confidence": 0.81}, _call(), True),
     ("low_confidence", {"confidence": 0.8}, _call(), False),
     ("critical_failure", {}, _call(failed_by=("x",)), True), ("critical_failure", {}, _call(), False),
     ("random", {"share": 1}, _call(), True), ("quota", {"count": 1}, _call(), True)],
)  # fmt: skip
def test_a_rule_wants_what_it_says(
    kind: RuleKind, settings: dict[str, Any], call: Finished, wanted: object
) -> None:
    assert matches(kind, settings, call) is wanted


def test_five_percent_are_about_five_percent_and_always_the_same() -> None:
    ids = [uuid.uuid5(uuid.NAMESPACE_URL, str(number)) for number in range(20_000)]
    chosen = {one for one in ids if draw(one) < 0.05}
    assert 0.045 < len(chosen) / len(ids) < 0.055
    assert chosen == {one for one in reversed(ids) if draw(one) < 0.05}
    assert chosen < {one for one in ids if draw(one) < 0.10}, (
        "a greater share keeps the calls of a smaller one"
    )
