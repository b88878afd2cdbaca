"""The example of docs/evaluation.md, word for word: what it says of itself is what the code does."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from calltrace.evaluation.results import Evaluation
from calltrace.evaluation.service import evaluate
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.yaml import load_scorecard
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]
Turn = tuple[str, float, float, str]
DOCS = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text("utf-8")
FAST = "Good morning, this is Nina from Corner Mobile, I am calling because your plan ends soon. "
CALL: tuple[Turn, ...] = (
    ("a", 0.0, 5.0, FAST + "You could renew with a two year contract at the price you have today."),
    ("c", 5.5, 8.0, "All right, sounds fine, go ahead."),
    ("a", 8.5, 9.5, "Great, it is done. Thank you and goodbye."),
)


@pytest.fixture(scope="module")
def scorecard() -> Scorecard:
    found = re.search(r"```yaml\n(key: renewals\n.*?)```", DOCS, re.DOTALL)
    assert found
    return load_scorecard(found[1])


def judged(call: Transcript, scorecard: Scorecard) -> Evaluation:
    return evaluate(call, scorecard, duration=9.5)


def test_the_sum_of_the_example(make_call: MakeCall, scorecard: Scorecard) -> None:
    evaluation = judged(make_call(*CALL), scorecard)
    assert {one.key: one.verdict for one in evaluation.criteria} == {
        "offer": "met", "objection": "not_applicable", "accepted": "met", "terms": "not_met",
        "no_promises": "met", "explained": "needs_review", "card": "met", "pace": "not_met",
    }  # fmt: skip
    assert (evaluation.score, evaluation.passed) == (80.0, True)


def test_without_the_customers_yes(make_call: MakeCall, scorecard: Scorecard) -> None:
    call = make_call(CALL[0], ("c", 5.5, 8.0, "I have to ask my wife."), CALL[2])
    assert judged(call, scorecard).score == 90.0


def test_with_a_forbidden_promise(make_call: MakeCall, scorecard: Scorecard) -> None:
    promise = ("a", 8.5, 9.5, "Great, it is done, and the price will never change.")
    evaluation = judged(make_call(*CALL[:2], promise), scorecard)
    assert (evaluation.score, evaluation.passed) == (50.0, False)
    assert "Conduct earns nothing because of: No forbidden promises." in evaluation.summary


def test_the_sums_are_those_of_the_page() -> None:
    assert all(f"**{sum_}**" in DOCS for sum_ in ("80.0", "90.0", "50.0"))
