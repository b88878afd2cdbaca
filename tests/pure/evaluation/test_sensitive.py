"""Sensitive data in speech: numbers as people say them, in six languages; values never come out."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.evaluation.sensitive import findings, luhn, masked, sensitive_spans
from calltrace.evaluation.spoken_numbers import digit_runs
from calltrace.speech.transcript import Segment, Transcript

MakeCall = Callable[..., Transcript]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("it's four oh double one", ["4011"]),
        ("triple six two three", ["6662" + "3"]),
        ("vier null eins zwo", ["4012"]),
        ("achtundzwanzig", ["28"]),
        ("cuatro cero uno", ["401"]),
        ("quatre zéro huit", ["408"]),
        ("quatro zero meia", ["406"]),
        ("quattro zero sette", ["407"]),
        ("forty one seventy", ["4170"]),
        ("4111 11-11", ["41111111"]),
        ("five for seven", ["547"]),
        ("wait for me", []),
        ("3300 9187, and then", ["33009187"]),
        ("", []),
    ],
)
def test_spoken_digits_are_read(text: str, digits: list[str]) -> None:
    assert [run.digits for run in digit_runs(text)] == digits


@given(st.text(max_size=200))
def test_runs_stand_in_the_text_whatever_it_is(text: str) -> None:
    for run in digit_runs(text):
        assert 0 <= run.start < run.end <= len(text)


def kinds(call: Transcript) -> list[tuple[str, str]]:
    return [(span.segment_id, span.kind) for span in sensitive_spans(call.segments, findings(call.segments))]


@pytest.mark.parametrize(
    "text",
    [
        "My card is 4111 1111 1111 1111.",
        "five five five five five five five five five five five five four four four four",
        "es el cuatro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno",
        "vier eins eins eins eins eins eins eins eins eins eins eins eins eins eins eins",
        "The card number is 4242. 4242. 4242. 4242. 4242.",  # a group heard once too often
    ],
)
def test_a_card_number_is_found_written_and_spoken(make_call: MakeCall, text: str) -> None:
    assert kinds(make_call(("c", 0, 9, text))) == [("s1", "payment_card")]


def test_a_long_number_that_nobody_calls_a_card_is_none(make_call: MakeCall) -> None:
    assert kinds(make_call(("c", 0, 9, "The tracking number is 4242 4242 4242 4242 4242 1."))) == []


def test_a_card_number_read_out_in_pieces_is_found(make_call: MakeCall) -> None:
    call = make_call(
        ("a", 0, 2, "The long number, please."),
        ("c", 2, 4, "four one one one, one one one one"),
        ("a", 4, 5, "Go on."),
        ("c", 5, 8, "one one one one, one one one one"),
    )
    assert [kind for kind in kinds(call) if kind[1] == "payment_card"] == [
        ("s2", "payment_card"),
        ("s4", "payment_card"),
    ]


def test_expiry_and_code_after_a_card_are_found(make_call: MakeCall) -> None:
    text = "It's 5105 1051 0510 5100, oh nine twenty eight, and the three on the back are 417."
    assert {kind for _, kind in kinds(make_call(("c", 0, 9, text)))} == {"payment_card", "expiry", "cvv"}


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("Your social security number?", "five one two, four four, one two three four", "national_id"),
        ("¿Me dice su DNI?", "doce tres cuatro cinco seis siete ocho", "national_id"),
        ("Ihr Geburtsdatum bitte?", "14. Juli 1971", "date_of_birth"),
        ("What is your account number?", "eight eight two zero one seven", "account_number"),
        ("An email address?", "mara dot lind at postbox dot example", "email"),
        ("And the CVV?", "three one nine", "cvv"),
        ("Which IBAN?", "GB82 WEST 1234 5698 7654 32", "iban"),
    ],
)
def test_a_number_is_what_was_asked_for(make_call: MakeCall, question: str, answer: str, kind: str) -> None:
    call = make_call(("a", 0, 2, question), ("c", 2, 6, answer))
    assert ("s2", kind) in kinds(call)


@pytest.mark.parametrize(
    "text",
    [
        "I was charged three hundred and fifty dollars",
        "we open at nine and close at five",
        "in 2019 we moved",
    ],
)
def test_amounts_and_times_are_not_sensitive(make_call: MakeCall, text: str) -> None:
    assert kinds(make_call(("c", 0, 5, text))) == []


def test_masking_leaves_no_digit_of_a_finding(make_call: MakeCall) -> None:
    call = make_call(("c", 0, 9, "Sure, 4111 1111 1111 1111 it is."))
    assert masked(call.segments[0].text, findings(call.segments)) == "Sure, [payment_card] it is."


@given(st.integers(min_value=10**11, max_value=10**17))
def test_the_check_digit_catches_any_single_wrong_digit(number: int) -> None:
    body = str(number)
    whole = next(body + str(last) for last in range(10) if luhn(body + str(last)))
    wrong = str((int(whole[3]) + 1) % 10)
    assert not luhn(whole[:3] + wrong + whole[4:])


def test_digits_that_are_no_numbers_hurt_nobody() -> None:
    """Superscripts and circled digits are digits to Python's isdigit, and nothing to int."""
    segment = Segment(
        id="s1", speaker="customer", speaker_id="c", channel=0, start=0, end=1, confidence=1,
        text="My card is 4242 4242 4242 424\u00b2, or \u2460\u2461\u2462\u2463.",
    )  # fmt: skip
    findings([segment])
