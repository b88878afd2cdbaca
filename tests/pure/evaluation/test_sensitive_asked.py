"""Which of several things a value is: by what stands before it, by the order of the question, its whole."""

from collections.abc import Callable, Sequence

import pytest

from calltrace.evaluation.sensitive import findings, of_people
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _kinds(make_call: MakeCall, turns: Sequence[str]) -> list[str]:
    """The kinds of what is reported of the last of some turns, in order."""
    call = make_call(*((turn[0], at * 5, at * 5 + 4, turn[3:]) for at, turn in enumerate(turns)))
    found = sorted(of_people(findings(call.segments)), key=lambda one: one.start)
    return [one.kind for one in found if one.index == len(turns) - 1]


@pytest.mark.parametrize(
    ("question", "answer", "kinds"),
    [
        ("Diga-me o número do contrato e o NIF.",
         "contrato erre quatro quatro um oito nif dois um três nove zero cinco sete seis seis",
         ["account_number", "national_id"]),
        ("What is the stolen number, and your NIN?", "0706 555 8831. The NIN is 4 1 7 7 0 9 2 6 3 5 8.",
         ["phone", "national_id"]),
        ("Me confirma o número da linha e o CPF do titular?", "81 9 9555-0142, CPF 604.118.923-50.",
         ["phone", "national_id"]),
        ("I need a PIN or the last four of your social.", "pin is three three two one", ["account_number"]),
        ("And your birthday, and the member number on the card?", "HMX 3300 9187.", ["account_number"]),
        ("The tracking number, and the postcode it went to?", "LP 0 0 4 9 9 1 3, and BS6 5QT.",
         ["account_number", "address"]),
    ],
)  # fmt: skip
def test_each_of_several_values_has_its_kind(
    make_call: MakeCall, question: str, answer: str, kinds: list[str]
) -> None:
    assert _kinds(make_call, [f"a: {question}", f"c: {answer}"]) == kinds


@pytest.mark.parametrize(
    ("turns", "kind"),
    [
        (["a: Ihre Telefonnummer?", "c: 0170 44 52 918.", "a: 918 am Ende, danke."], "phone"),
        (["a: Your card number?", "c: 4539 1488 0343 6467.", "a: 4539 1488..."], "payment_card"),
        (["a: On the card ending in 1182?", "c: The card ending in 1182, yes."], "payment_card"),
        (["c: It's the mobile ending 772.", "a: The one ending 772?"], "phone"),
    ],
)
def test_a_part_is_of_the_kind_of_its_whole(make_call: MakeCall, turns: Sequence[str], kind: str) -> None:
    assert _kinds(make_call, turns)[-1:] == [kind]


def test_a_security_code_stays_one_beside_a_card_with_the_same_digits(make_call: MakeCall) -> None:
    turns = [
        "a: Card and security code?",
        "c: 4539 1488 0343 6467.",
        "a: And the three on the back?",
        "c: 467.",
    ]
    assert _kinds(make_call, turns) == ["cvv"]


def test_a_turn_full_of_numbers_is_left_as_it_was_found(make_call: MakeCall) -> None:
    numbers = ", ".join(f"0170 44 5{at} 918" for at in range(9))
    kinds = _kinds(make_call, ["a: Your contract number and your telephone?", f"c: {numbers}"])
    assert len(set(kinds)) == 1
