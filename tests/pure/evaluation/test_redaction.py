"""Redaction: marks in place of values, everything else letter for letter, and when the values were said."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from calltrace.evaluation.redaction import Redaction, redact
from calltrace.evaluation.sensitive import findings, sensitive_spans
from calltrace.evaluation.sensitive_kinds import KINDS, MARK
from calltrace.evaluation.service import evaluate
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript, Word

MakeCall = Callable[..., Transcript]
CARD = "4111 1111 1111 1111"
PARTS = st.sampled_from(
    ["sure,", "my card is", CARD, "and the code is 402.", "four", "double oh", "yes", "it's",
     "K 7 Q double T 2", "at 12 Sycamore Road", "nate@postbox.example", "12. Juli 1971,", "[phone]",
     "(718) 555-0126", "1", "a", "!",
     "my name is Grace Oyelaran", "Your date of birth?", "calle Jacarandas 218", "dot", "at", "DE", "89"]
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=8).map(" ".join) | st.text(max_size=60)


def timed(text: str, number: int = 1, start: float = 10.0) -> Segment:
    """A segment whose words take half a second each, with as much between them."""
    words = [
        Word(text=part, start=start + at, end=start + at + 0.5, confidence=0.9)
        for at, part in enumerate(text.split())
    ]
    end = words[-1].end if words else start + 1
    return Segment(
        id=f"s{number}", speaker="customer", speaker_id="spk1", channel=0, start=start, end=end, text=text,
        confidence=0.9, words=words,
    )  # fmt: skip


def call_of(*segments: Segment) -> Transcript:
    attribution = Attribution(method="channel", confidence=1.0)
    return Transcript(
        language="en", language_confidence=1.0, attribution=attribution, segments=list(segments)
    )


def test_a_card_number_becomes_one_word_that_is_a_mark_and_keeps_its_times() -> None:
    found = redact(call_of(timed(f"Sure, it is {CARD}, thanks a lot.")), ["payment_card"], 100.0)
    segment = found.transcript.segments[0]
    assert segment.text == "Sure, it is [payment_card], thanks a lot."
    assert [word.text for word in segment.words] == segment.text.split()
    assert (segment.words[3].start, segment.words[3].end) == (13.0, 16.5)
    assert found.spans == ((pytest.approx(12.8), pytest.approx(16.8)),)
    assert (found.guessed, found.transcript.redacted) == ((), ["payment_card"])


def test_only_the_chosen_kinds_go() -> None:
    call = call_of(timed(f"It's {CARD}, code 402, write to nate@postbox.example."))
    text = redact(call, ["payment_card", "cvv"], 100.0).transcript.segments[0].text
    assert text == "It's [payment_card], code [cvv], write to nate@postbox.example."


def test_names_go_by_choice() -> None:
    call = call_of(timed("My name is Grace Oyelaran."))
    assert redact(call, set(KINDS) - {"person_name"}, 99.0).transcript.segments == call.segments
    assert redact(call, KINDS, 99.0).transcript.segments[0].text == "My name is [person_name]."


def test_without_times_of_words_the_place_in_the_text_tells_when_and_it_is_said() -> None:
    text = f"Sure, it is {CARD}."
    segment = timed(text).model_copy(update={"words": [], "start": 0.0, "end": float(len(text))})
    found = redact(call_of(segment), KINDS, 100.0)
    start = text.index("4111")
    assert found.guessed == ("s1",)
    assert found.spans == ((start - 0.75, start + len(CARD) + 0.75),)


def test_words_that_are_not_the_text_go_when_something_is_redacted() -> None:
    segment = timed(f"It is {CARD}.").model_copy(update={"text": f"It is  not: {CARD}."})
    found = redact(call_of(segment), KINDS, 100.0)
    assert found.transcript.segments[0].words == []
    assert "4111" not in found.transcript.model_dump_json()


def test_no_span_lies_outside_of_the_recording() -> None:
    assert redact(call_of(timed(CARD, start=0.0)), KINDS, 3.0).spans == ((0.0, 3.0),)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_everything_else_stays_letter_for_letter_and_again_changes_nothing(texts: list[str]) -> None:
    call = call_of(*(timed(text, number, 20.0 * number) for number, text in enumerate(texts, 1)))
    found = redact(call, KINDS, 1000.0)
    for before, after in zip(call.segments, found.transcript.segments, strict=True):
        assert (before.id, before.start, before.end, before.speaker) == (
            after.id, after.start, after.end, after.speaker,
        )  # fmt: skip
        rest = re.compile(".*?".join(map(re.escape, re.split(MARK, after.text)[::2])), re.DOTALL)
        assert rest.fullmatch(before.text)
        assert "".join(after.text.split()) == "".join("".join(word.text.split()) for word in after.words)
        assert all(before.start <= word.start <= word.end <= before.end for word in after.words)
    assert all(0 <= start < end <= 1000 for start, end in found.spans)
    assert sorted(found.spans) == list(found.spans)
    again = redact(found.transcript, KINDS, 1000.0)
    assert (again.transcript, again.spans) == (found.transcript, ())


def test_what_was_spoken_is_still_known_of_a_redacted_call(
    good_call: Transcript, make_call: MakeCall
) -> None:
    paid = make_call(("a", 0, 2, "The card number, please."), ("c", 2, 9, f"It's {CARD}, code 402."))
    call = good_call.model_copy(update={"segments": [*good_call.segments, *_later(paid.segments)]})
    redacted = redact(call, set(KINDS) - {"person_name"}, 200.0).transcript
    spoken, kept = [sensitive_spans(one.segments, findings(one.segments)) for one in (call, redacted)]
    assert {span.kind for span in spoken} == {"address", "cvv", "date_of_birth", "payment_card"}
    assert kept == spoken
    before, after = [evaluate(one, default_scorecard(), duration=200.0) for one in (call, redacted)]
    assert after.sensitive_data == before.sensitive_data
    assert [one.verdict for one in after.criteria] == [one.verdict for one in before.criteria]
    texts = {segment.id: segment.text for segment in redacted.segments}
    quotes = [quote for one in after.criteria for quote in one.evidence]
    assert quotes
    assert all(quote.quote in texts[quote.segment_id] for quote in quotes)
    assert "nineteen seventy" not in after.model_dump_json()


def _later(segments: list[Segment]) -> list[Segment]:
    return [
        one.model_copy(update={"id": f"p{number}", "start": 170.0 + one.start, "end": 170.0 + one.end})
        for number, one in enumerate(segments)
    ]


@pytest.mark.parametrize(
    "wanted",
    [{}, {"transcript": []}, {"transcript": ["shoe_size"]}, {"transcript": ["cvv", "cvv"]},
     {"transcript": ["cvv"], "audio": "yes"}, {"transcript": ["cvv"], "sound": True}],
)  # fmt: skip
def test_a_setting_that_means_nothing_is_refused(wanted: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Redaction.model_validate(wanted)


ANSWERS = (
    ("What is your date of birth?", "Third of May seventy one."),
    ("And your customer number?", "It's 44719."),
    ("Your postcode, please?", "90210."),
    ("Can I have your full name?", "Grace Oyelaran."),
)


@pytest.mark.parametrize(
    ("asking", "answering", "sure"),
    [
        ("agent", "customer", 1.0),
        ("unknown", "unknown", 0.3),  # one voice was heard, or nobody can tell voices apart
        ("customer", "agent", 0.5),  # the roles were guessed, and wrongly
    ],
)
def test_what_was_asked_for_goes_whoever_is_said_to_have_answered(
    asking: Role, answering: Role, sure: float
) -> None:
    segments = [
        timed(text, 2 * n + at + 1, 20.0 * n + 10 * at).model_copy(update={"speaker": speaker})
        for n, (question, answer) in enumerate(ANSWERS)
        for at, (speaker, text) in enumerate(((asking, question), (answering, answer)))
    ]
    attribution = Attribution(method="diarization", confidence=sure)
    call = call_of(*segments).model_copy(update={"attribution": attribution})
    left = " ".join(one.text for one in redact(call, KINDS, 100).transcript.segments)
    assert not [secret for secret in ("seventy", "44719", "90210", "Oyelaran") if secret in left], left
    assert [one.speaker for one in redact(call, KINDS, 100).transcript.segments] == [
        one.speaker for one in segments
    ]


def test_a_thousand_names_of_streets_are_no_crash() -> None:
    text = "I live at 12 Sycamore Road " + " ".join(["Maple"] * 1500)
    found = redact(call_of(timed(text)), KINDS, 2000).transcript.segments[0].text
    assert "12 Sycamore" not in found
    assert "Maple Maple Maple" in found
