"""What hangs on a criterion follows what people say of it; and what a model said in coaching stays."""

from collections.abc import Callable
from typing import Any

import pytest

from calltrace.evaluation.human import Word, with_words
from calltrace.evaluation.results import Evaluation, Settled
from calltrace.evaluation.service import evaluate
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _criterion(key: str, phrase: str, **more: Any) -> dict[str, Any]:
    check = {"kind": "said", "cues": [{"by": "customer", "patterns": [phrase]}]}
    return {"key": key, "name": key.upper(), "points": 10, "check": check, **more}


CARD = Scorecard.model_validate(
    {
        "key": "card", "name": "Card",
        "sections": [{"name": "S", "criteria": [
            _criterion("last", "zebra", only_if={"criterion": "terms", "verdict": "not_met"}),
            _criterion("accepted", "go ahead"),
            _criterion("terms", "cancel", only_if={"criterion": "accepted", "verdict": "met"}),
            _criterion("spanish", "hola", languages=["es"],
                       only_if={"criterion": "accepted", "verdict": "met"}),
        ]}],
    }
)  # fmt: skip


@pytest.fixture
def taken(make_call: MakeCall) -> Evaluation:
    call = make_call(("c", 0.0, 2.0, "Go ahead with it, please."), ("a", 2.5, 4.0, "Thank you."))
    return evaluate(call, CARD, duration=4.0)


@pytest.fixture
def left(make_call: MakeCall) -> Evaluation:
    call = make_call(("c", 0.0, 2.0, "Let me think about it."), ("a", 2.5, 4.0, "Thank you."))
    return evaluate(call, CARD, duration=4.0)


def _word(verdict: Settled | None) -> Word:
    decision = "overridden" if verdict else "undone"
    return Word(decision, verdict, None, "Because.", (), "2026-06-19T12:00:00.000Z", 1)


def _verdicts(evaluation: Evaluation) -> dict[str, str]:
    return {one.key: one.verdict for one in evaluation.criteria}


def test_what_does_not_apply_any_more_leaves_the_score(taken: Evaluation) -> None:
    assert (_verdicts(taken)["terms"], taken.score) == ("not_met", 33.3)
    shown = with_words(taken, CARD, {"accepted": _word("not_met")})
    assert _verdicts(shown) == dict.fromkeys(("last", "terms", "spanish"), "not_applicable") | {
        "accepted": "not_met"
    }
    assert shown.score == 0.0
    assert shown.criteria[2].reason == "It does not apply, as \u201cACCEPTED\u201d is not met."
    assert [one.key for one in shown.criteria] == ["last", "accepted", "terms", "spanish"]


def test_what_applies_now_was_judged_by_nobody(left: Evaluation) -> None:
    assert _verdicts(left)["terms"] == "not_applicable"
    shown = with_words(left, CARD, {"accepted": _word("met")})
    assert _verdicts(shown)["terms"] == "needs_review"
    assert "was not judged" in shown.criteria[2].reason
    assert _verdicts(shown)["spanish"] == "not_applicable", "it is not for this language all the same"


def test_what_a_person_said_of_a_dependant_stands(taken: Evaluation) -> None:
    shown = with_words(taken, CARD, {"accepted": _word("not_met"), "terms": _word("met")})
    assert _verdicts(shown)["terms"] == "met"


def test_taking_it_back_brings_the_machines_result_back(taken: Evaluation) -> None:
    shown = with_words(taken, CARD, {"accepted": _word(None)})
    assert shown.criteria[2] == taken.criteria[2]


def test_a_decision_elsewhere_keeps_what_was_said_in_coaching(taken: Evaluation) -> None:
    told = taken.model_copy(
        update={"recommendations": [f"{line} He hurried." for line in taken.recommendations]}
    )
    assert len(told.recommendations) == 2
    assert with_words(told, CARD, {"accepted": _word("met")}).recommendations == told.recommendations
    one = with_words(told, CARD, {"terms": _word("met")}).recommendations
    assert one == []
