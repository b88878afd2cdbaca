"""Text conversations: what was written counts, when it was sent does not."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from calltrace.evaluation.evidence import stands_in
from calltrace.evaluation.results import CriterionResult
from calltrace.evaluation.service import evaluate
from calltrace.evaluation.written import NO_TIME, read_out
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.checks import Metric
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]
DAY = 86_400.0
METRICS: tuple[Metric, ...] = get_args(Metric)


@pytest.fixture
def chat(make_call: MakeCall) -> Transcript:
    """The agent answers the next day, and the customer thanks on the one after it."""
    return make_call(
        ("c", 0.0, 5.0, "Hello, my heating bill doubled and I can't pay that."),
        ("a", DAY, DAY + 5, "Good morning, thank you for writing to Fairview Gas, my name is Odette."),
        ("a", DAY + 9, DAY + 14, "I'm so sorry, I understand how worrying that must be for you."),
        ("c", 2 * DAY, 2 * DAY + 5, "Thank you, that is perfect."),
    )


def _card(*checks: dict[str, Any]) -> Scorecard:
    criteria = [
        {"key": f"c{number}", "name": f"C{number}", "points": 10, "check": check}
        for number, check in enumerate(checks)
    ]
    sections = [{"name": "S", "criteria": criteria}]
    return Scorecard.model_validate({"key": "card", "name": "Card", "sections": sections})


def _judged(chat: Transcript, scorecard: Scorecard, *, written: bool = True) -> list[CriterionResult]:
    return evaluate(chat, scorecard, duration=None if written else 0.0).criteria


def test_a_chat_has_no_hold_whatever_lies_between_its_messages(chat: Transcript) -> None:
    card = default_scorecard()
    keys = {one.key for one in card.criteria if one.check.kind in {"hold", "measure"}}
    assert keys
    of_chat = {one.key: one for one in _judged(chat, card)}
    for key in keys:
        one = of_chat[key]
        assert (one.verdict, one.score, one.max_score, one.confidence) == ("not_applicable", 0.0, 0.0, 1.0)
        assert one.reason == NO_TIME
    as_a_call = {one.key: one for one in _judged(chat, card, written=False)}
    assert any(as_a_call[key].verdict != "not_applicable" for key in keys), "of a call a day is a silence"


def test_no_measure_applies_to_a_chat(chat: Transcript) -> None:
    card = _card(*({"kind": "measure", "metric": one, "minimum": 0.0} for one in METRICS))
    assert {one.reason for one in _judged(chat, card)} == {NO_TIME}


def test_words_near_the_beginning_are_found_however_late_they_were_sent(chat: Transcript) -> None:
    greeting = {
        "kind": "said", "cues": [{"patterns": ["good morning"], "by": "agent"}],
        "within": {"first_seconds": 30},
    }  # fmt: skip
    assert _judged(chat, _card(greeting))[0].best_guess == "met"
    assert _judged(chat, _card(greeting), written=False)[0].best_guess == "not_met"


def test_quotes_stand_at_the_times_of_their_messages(chat: Transcript) -> None:
    quotes = [quote for one in _judged(chat, default_scorecard()) for quote in one.evidence]
    assert quotes
    assert all(stands_in(one, chat.segments) for one in quotes)
    assert {one.start for one in quotes} <= {segment.start for segment in chat.segments}
    assert max(one.start for one in quotes) >= DAY


def test_a_long_wait_between_messages_is_no_effort_of_the_customer(chat: Transcript) -> None:
    efforts = [evaluate(chat, default_scorecard(), duration=one).customer_effort_score for one in (None, 0.0)]
    assert efforts[0] == efforts[1] - 1


def test_messages_are_read_out_one_after_the_other(chat: Transcript) -> None:
    read = read_out(chat).segments
    assert [one.text for one in read] == [one.text for one in chat.segments]
    assert [one.start for one in read[1:]] == [one.end for one in read[:-1]]
    assert read[0].start == 0.0
    assert read[-1].end < 60
