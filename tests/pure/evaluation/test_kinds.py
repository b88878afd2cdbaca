"""What each kind of criterion says about small calls: nearness, gaps, questions, sensitive data, moods."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calltrace.evaluation.conditions import judged
from calltrace.evaluation.criteria import question
from calltrace.evaluation.criteria.base import Spot
from calltrace.evaluation.criteria.sensitive_data import harmless
from calltrace.evaluation.hearing import Hearing, hear
from calltrace.evaluation.judges.acts import shipped_head
from calltrace.evaluation.judges.protocol import Belief
from calltrace.evaluation.results import CriterionResult
from calltrace.evaluation.sensitive import findings
from calltrace.evaluation.service import evaluate
from calltrace.meaning.embeddings import Embedder
from calltrace.scorecards.checks import Question
from calltrace.scorecards.document import Criterion, Scorecard
from calltrace.speech.transcript import Role, Segment, Transcript

MakeCall = Callable[..., Transcript]
Turn = tuple[str, float, float, str]


def card(check: dict[str, Any], **more: Any) -> Scorecard:
    criteria = [{"key": "k", "name": "K", "points": 8, "check": check, **more}]
    sections = [{"name": "S", "criteria": criteria}]
    return Scorecard.model_validate({"key": "card", "name": "Card", "sections": sections})


def result(call: Transcript, check: dict[str, Any], **more: Any) -> CriterionResult:
    return evaluate(call, card(check, **more), duration=call.segments[-1].end).criteria[0]


NEAR: dict[str, Any] = {
    "kind": "said",
    "cues": [{"patterns": ["I am sorry"]}],
    "near": {"cue": {"by": "customer", "patterns": ["broken"]}, "seconds": 20},
}


@pytest.mark.parametrize(
    ("when", "at", "verdict"),
    [
        ("after", 12.0, "met"),  # right after the trouble was voiced
        ("after", 28.0, "met"),  # 18 seconds later
        ("after", 31.0, "not_met"),  # 21 seconds later
        ("after", 0.0, "not_met"),  # before it
        ("before", 0.0, "met"),
        ("before", 12.0, "not_met"),
        ("either", 0.0, "met"),
        ("either", 12.0, "met"),
        ("either", 31.0, "not_met"),
    ],
)
def test_said_near_to_another_cue(make_call: MakeCall, when: str, at: float, verdict: str) -> None:
    turns = [("c", 5.0, 10.0, "It is broken again."), ("a", at, at + 2.0, "I am sorry to hear that.")]
    call = make_call(*sorted(turns, key=lambda turn: turn[1]))
    check = {**NEAR, "near": {**NEAR["near"], "when": when}}
    found = result(call, check)
    assert found.verdict == verdict
    quoted = "I am sorry to hear that." if verdict == "met" else "It is broken again."
    assert [one.quote for one in found.evidence] == [quoted]


def test_without_what_it_should_be_near_to_there_is_no_occasion(make_call: MakeCall) -> None:
    call = make_call(("a", 0.0, 2.0, "I am sorry, we are closed."), ("c", 2.5, 4.0, "All right."))
    assert result(call, NEAR).verdict == "not_applicable"


def test_one_of_several_occasions_is_enough(make_call: MakeCall) -> None:
    call = make_call(
        ("c", 0.0, 2.0, "It is broken."),
        ("a", 60.0, 61.0, "Hm."),
        ("c", 70.0, 72.0, "It is still broken."),
        ("a", 73.0, 75.0, "I am sorry."),
    )
    assert result(call, NEAR).verdict == "met"


STEPS = [{"patterns": ["the price is"]}, {"by": "customer", "patterns": ["agreed"]}]


@pytest.mark.parametrize(
    ("at", "gap", "verdict"),
    [(7.0, 10, "met"), (30.0, 10, "not_met"), (30.0, None, "met"), (15.0, 10, "met")],
)
def test_steps_follow_each_other_within_the_gap(
    make_call: MakeCall, at: float, gap: float | None, verdict: str
) -> None:
    call = make_call(("a", 1.0, 5.0, "The price is ten."), ("c", at, at + 1.0, "Agreed."))
    found = result(call, {"kind": "sequence", "steps": STEPS, "max_gap_seconds": gap})
    assert found.verdict == verdict
    if verdict == "not_met":
        assert "not within 10 s" in found.reason


def test_an_earlier_step_that_is_too_far_away_gives_way_to_a_nearer_one(make_call: MakeCall) -> None:
    call = make_call(
        ("a", 1.0, 5.0, "The price is ten."),
        ("a", 50.0, 55.0, "The price is nine."),
        ("c", 56.0, 57.0, "Agreed."),
    )
    found = result(call, {"kind": "sequence", "steps": STEPS, "max_gap_seconds": 5})
    assert [one.segment_id for one in found.evidence] == ["s2", "s3"]


def test_a_plain_list_of_phrases_is_forbidden_to_the_agent_alone(make_call: MakeCall) -> None:
    check = {"kind": "not_said", "phrases": ["100 % guaranteed", "nothing to lose"]}
    guilty = make_call(("a", 0.0, 3.0, "It is 100% guaranteed!"), ("c", 3.5, 5.0, "Nothing to lose?"))
    found = result(guilty, check)
    assert (found.verdict, found.method) == ("not_met", "rule")
    assert [one.segment_id for one in found.evidence] == ["s1"]
    innocent = make_call(("a", 0.0, 3.0, "It is fine."), ("c", 3.5, 5.0, "100% guaranteed, nothing to lose?"))
    assert result(innocent, check).verdict == "met"


def test_phrases_stand_beside_a_cue(make_call: MakeCall) -> None:
    check = {
        "kind": "not_said",
        "phrases": ["nothing to lose"],
        "cue": {"by": "anyone", "patterns": ["damn"]},
    }
    call = make_call(("a", 0.0, 3.0, "You have nothing to lose."), ("c", 3.5, 5.0, "Damn it."))
    assert {one.segment_id for one in result(call, check).evidence} == {"s1", "s2"}


QUESTION: dict[str, Any] = {
    "kind": "question",
    "question": "Did the agent explain the charge?",
    "answers": [
        {"text": "fully", "share": 1},
        {"text": "in part", "share": 0.5},
        {"text": "not at all", "share": 0},
        {"text": "there was no charge", "verdict": "not_applicable"},
    ],
}


class Reader:
    """Answers every question with the same words, as a person or a model may."""

    name = "reader-1"

    def __init__(self, text: str, confidence: float, turns: tuple[int, ...]) -> None:
        self._text, self._confidence, self._turns = text, confidence, turns

    def judge(self, criterion: Criterion, hearing: Hearing) -> Belief:
        assert isinstance(criterion.check, Question)
        assert hearing.size
        answer = next(one for one in criterion.check.answers if one.text == self._text)
        quotes = [Spot(turn, span=(0, 10)) for turn in self._turns]
        opinion = question.answered(criterion.check, answer, self._confidence, quotes)
        applies = opinion.applicable
        return Belief(applies * opinion.met, applies * (1 - opinion.met), 1 - applies, opinion)


@pytest.fixture
def hearing(good_call: Transcript, embedder: Embedder) -> Hearing:
    return hear(good_call, 161.0, embedder, shipped_head())


@pytest.mark.parametrize(
    ("text", "confidence", "turns", "wanted"),
    [
        ("fully", 0.9, (11,), ("met", 8, 8)),
        ("in part", 0.9, (11,), ("partly_met", 4, 8)),
        ("not at all", 0.9, (), ("not_met", 0, 8)),
        ("there was no charge", 0.9, (), ("not_applicable", 0, 0)),
        ("fully", 0.9, (), ("needs_review", 8, 8)),  # no quote, no finding
        ("in part", 0.9, (), ("needs_review", 4, 8)),
        ("fully", 0.55, (11,), ("needs_review", 8, 8)),  # not sure enough
    ],
)
def test_a_question_is_answered_by_whoever_can(
    hearing: Hearing, text: str, confidence: float, turns: tuple[int, ...], wanted: tuple[str, int, int]
) -> None:
    found = judged(card(QUESTION), hearing, Reader(text, confidence, turns))[0]
    assert (found.verdict, found.score, found.max_score) == wanted
    assert found.confidence == pytest.approx(confidence)
    assert found.method == "model"
    assert [one.quote for one in found.evidence] == ["Your accou" for _ in turns]


def test_nobody_guesses_the_answer_offline(good_call: Transcript) -> None:
    found = result(good_call, QUESTION)
    assert (found.verdict, found.confidence, found.evidence) == ("needs_review", 0, [])
    assert found.reason == "A person or a model has to answer this: Did the agent explain the charge?"
    assert (found.score, found.max_score) == (0, 0)  # what nobody has looked at lowers no score


def test_a_question_that_does_not_apply_needs_no_answer(good_call: Transcript) -> None:
    when = {"by": "customer", "patterns": ["parachute"]}
    assert result(good_call, QUESTION, applies_when=when).verdict == "not_applicable"


CARD_NUMBER = "4111 1111 1111 1111"
CARD: dict[str, Any] = {"kind": "sensitive_data", "kinds": ["payment_card", "cvv"]}


def test_a_card_number_is_found_and_never_quoted(make_call: MakeCall) -> None:
    call = make_call(
        ("a", 0.0, 3.0, "What is the card number, please?"),
        ("c", 3.5, 9.0, f"Sure, the card number is {CARD_NUMBER}, okay?"),
    )
    found = result(call, CARD)
    assert (found.verdict, found.method) == ("not_met", "rule")
    assert found.reason == "Spoken: payment card by customer at 00:03."
    assert [(one.segment_id, one.quote) for one in found.evidence] == [("s2", "Sure, the card number is")]


@pytest.mark.parametrize("text", [CARD_NUMBER, "four one one one " * 4, f"{CARD_NUMBER}."])
def test_a_turn_that_is_all_number_is_shown_by_the_words_that_led_to_it(
    make_call: MakeCall, text: str
) -> None:
    call = make_call(("a", 0.0, 3.0, "What is the card number, please?"), ("c", 3.5, 9.0, text))
    found = result(call, CARD)
    assert found.verdict == "not_met"
    assert [(one.segment_id, one.quote) for one in found.evidence] == [
        ("s1", "What is the card number, please")
    ]


def _turn(speaker: Role, text: str) -> Segment:
    return Segment(
        id=speaker, speaker=speaker, speaker_id=speaker, channel=0, start=0, end=1, text=text, confidence=1
    )


PIECES = st.sampled_from(
    ["my card is", CARD_NUMBER, "four one double two", "ann@example.com", ".", "okay?", "737", "12/29", "so"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=8))
def test_whatever_is_said_no_digit_is_quoted(pieces: list[str]) -> None:
    segments = [_turn("agent", "Your card number?"), _turn("customer", " ".join(pieces))]
    found = harmless(segments, 1, findings(segments))
    quoted = segments[1].text[slice(*found)] if found else ""
    assert not any(character.isdigit() or character == "@" for character in quoted)
    assert not {"four", "double"} & set(quoted.split())


def test_without_any_words_around_it_a_person_has_to_look(make_call: MakeCall) -> None:
    found = result(make_call(("c", 3.5, 9.0, CARD_NUMBER)), CARD)
    assert (found.verdict, found.score, found.evidence) == ("needs_review", 0, [])


@pytest.mark.parametrize(
    ("who", "only_by", "verdict"),
    [
        ("c", "customer", "met"), ("a", "customer", "not_met"), ("c", "agent", "not_met"),
        ("c", "nobody", "not_met"), ("?", "nobody", "not_met"), ("?", "customer", "needs_review"),
    ],
)  # fmt: skip
def test_who_may_speak_it(make_call: MakeCall, who: str, only_by: str, verdict: str) -> None:
    call = make_call((who, 0.0, 6.0, f"The card is {CARD_NUMBER}."), ("a", 7.0, 8.0, "Thank you."))
    assert result(call, {**CARD, "only_by": only_by}).verdict == verdict


def test_other_kinds_do_not_count(make_call: MakeCall) -> None:
    call = make_call(("c", 0.0, 6.0, "Write to ann.lee@example.com, please."))
    assert result(call, CARD).verdict == "met"
    assert result(call, {"kind": "sensitive_data", "kinds": ["email"]}).verdict == "not_met"


CALMED: tuple[Turn, ...] = (
    ("c", 0.0, 5.0, "I am furious, this is the third time that it broke down, I am so fed up."),
    ("a", 5.5, 8.0, "I am sorry. I will send you a new one today."),
    ("c", 8.5, 10.0, "Today?"),
    ("a", 10.5, 13.0, "Yes, it arrives tomorrow. Is that all right for you?"),
    ("c", 13.5, 16.0, "Yes, that is perfect."),
    ("c", 16.5, 19.0, "Thank you so much, that is great, bye."),
)
ANGERED: tuple[Turn, ...] = (
    ("c", 0.0, 3.0, "Thank you for taking my call."),
    ("a", 3.5, 6.0, "We do not do refunds."),
    ("c", 6.5, 8.0, "Why not?"),
    ("a", 8.5, 10.0, "Because I say so."),
    ("c", 10.5, 14.0, "That is outrageous, I have had it with you people."),
    ("c", 14.5, 18.0, "I am furious, I want to speak to your manager right now."),
)


@pytest.mark.parametrize(
    ("turns", "expect", "verdict"),
    [(CALMED, "better", "met"), (CALMED, "not_worse", "met"), (ANGERED, "not_worse", "not_met")],
)
def test_moods_are_compared_early_and_late(
    make_call: MakeCall, turns: tuple[Turn, ...], expect: str, verdict: str
) -> None:
    found = result(make_call(*turns), {"kind": "sentiment_change", "expect": expect})
    assert found.verdict == verdict
    assert found.confidence <= 0.67  # moods by words are right in two of three calls: never surer


def test_an_improvement_is_only_asked_for_where_there_was_trouble(make_call: MakeCall) -> None:
    found = result(make_call(*ANGERED), {"kind": "sentiment_change", "expect": "better"})
    assert found.verdict in ("not_applicable", "needs_review")
    assert found.max_score == 0


def test_a_customer_who_says_too_little_has_no_change_of_mood(make_call: MakeCall) -> None:
    found = result(make_call(*CALMED[:3]), {"kind": "sentiment_change"})
    assert (found.verdict, found.reason) == (
        "not_applicable", "The customer says too little to tell a change.",
    )  # fmt: skip
