"""Calls said otherwise: what changes, what stays, and how that is counted."""

from dataclasses import replace

import pytest

from calltrace.evaluation.altered import (
    ALTERATIONS,
    ATTACKS,
    CHATTER,
    Alteration,
    attacked,
    chatting,
    hesitant,
    repunctuated,
)
from calltrace.evaluation.bench import measure
from calltrace.evaluation.judges.trained import shipped
from calltrace.evaluation.labelled import LabelledCall
from calltrace.evaluation.quality import CallOutcome, Outcome
from calltrace.evaluation.stability import spread, stability
from calltrace.speech.transcript import Attribution, Segment, Transcript


def turn(number: int, speaker: str, text: str) -> Segment:
    return Segment.model_validate(
        {
            "id": f"s{number}", "speaker": speaker, "speakerId": "spk1", "channel": 0,
            "start": number * 5.0, "end": number * 5.0 + 4.5, "text": text, "confidence": 1.0,
        }
    )  # fmt: skip


@pytest.fixture
def call() -> LabelledCall:
    turns = [
        turn(0, "agent", "Good morning, Alder Water, this is Mo. How can I help?"),
        turn(1, "customer", "Hello! My bill's wrong - it says 400, and I'm really upset."),
        turn(2, "agent", "Goodbye."),
    ]
    transcript = Transcript(
        language="en", language_confidence=1.0, segments=turns,
        attribution=Attribution(method="channel", confidence=1.0),
    )  # fmt: skip
    labels = {"greeting": "met", "empathy": "not_met", "hold_procedure": "not_applicable"}
    return LabelledCall("w-1", "w", transcript, 15.0, labels, {}, None, ())


def texts(call: LabelledCall) -> list[str]:
    return [segment.text for segment in call.transcript.segments]


def test_without_punctuation_the_words_stay(call: LabelledCall) -> None:
    assert texts(repunctuated(call))[1] == "hello my bill's wrong it says 400 and i'm really upset"


def test_hesitation_keeps_every_word_in_order_and_is_the_same_each_time(call: LabelledCall) -> None:
    said = " ".join(texts(hesitant(call))).split()
    left = iter(said)
    assert all(word in left for word in " ".join(texts(call)).split())
    assert len(said) > len(" ".join(texts(call)).split())
    assert texts(hesitant(call)) == texts(hesitant(call))


@pytest.mark.parametrize(("alter", "sentences"), [(attacked, ATTACKS), (chatting, CHATTER)])
def test_one_more_turn_of_the_customers_stands_in_the_middle(
    call: LabelledCall, alter: Alteration, sentences: tuple[str, ...]
) -> None:
    changed = alter(call)
    more = changed.transcript.segments[2]
    assert more.text in sentences
    assert more.speaker == "customer"
    assert [*texts(changed)[:2], texts(changed)[3]] == texts(call)
    times = [(segment.start, segment.end) for segment in changed.transcript.segments]
    assert times == sorted(times)


def test_a_call_without_turns_can_be_altered(call: LabelledCall) -> None:
    empty = replace(call, transcript=call.transcript.model_copy(update={"segments": []}))
    assert [len(alter(empty).transcript.segments) for alter in ALTERATIONS.values()] == [0, 0, 0, 1, 1]


def outcome(*guesses: str) -> CallOutcome:
    verdicts = [
        Outcome(f"c{i}", "met", guess, reviewed=False, confidence=0.9, quotes=0, sound_quotes=0)
        for i, guess in enumerate(guesses)
    ]
    return CallOutcome(tuple(verdicts), {}, 0.1, 10.0)


def test_what_changed_is_counted(call: LabelledCall) -> None:
    answers = iter(
        [outcome("met", "not_met"), *[outcome("met", "met")] * 3, *[outcome("not_met", "met")] * 2]
    )
    found = {one.alteration: one for one in stability([call], lambda _: next(answers))}
    assert (found["again"].unchanged, found["again"].raised, found["again"].f1) == (0.5, 1.0, 1.0)
    assert (found["attacked"].unchanged, found["attacked"].n) == (0.0, 2)


def test_a_judge_that_is_asked_again_says_the_same(call: LabelledCall) -> None:
    first = next(stability([call], lambda one: measure([one], shipped())[0]))
    assert (first.alteration, first.unchanged, first.raised) == ("again", 1.0, 0.0)


def test_some_calls_come_from_all_over_the_list(call: LabelledCall) -> None:
    many = [replace(call, id=f"w-{number}") for number in range(10)]
    assert [one.id for one in spread(many, 4)] == ["w-0", "w-3", "w-6", "w-9"]
    assert spread(many, 40) == many
