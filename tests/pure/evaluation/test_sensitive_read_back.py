"""What is said again is what it was when it was told, and what an agent gives out stays nobody's."""

from collections.abc import Callable, Sequence

import pytest

from calltrace.evaluation.sensitive import findings, of_people
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _told(make_call: MakeCall, turns: Sequence[str]) -> list[tuple[int, str]]:
    """Reported values with the number of their turn, in the order of the call."""
    call = make_call(*((turn[0], at * 5, at * 5 + 4, turn[3:]) for at, turn in enumerate(turns)))
    found = sorted((one.index, one.start, one.end) for one in of_people(findings(call.segments)))
    return [(index, call.segments[index].text[start:end]) for index, start, end in found]


@pytest.mark.parametrize(
    ("told", "read_back", "date"),
    [
        ("It's the second of November 1979.", "Second of the eleventh, seventy-nine. Thanks.",
         "Second of the eleventh, seventy-nine"),
        ("23. Juli 1986.", "23.7.86, stimmt.", "23.7.86"),
        ("geboren am vierzehnten fünften zweiundneunzig", "vierzehnter fünfter zweiundneunzig gut",
         "vierzehnter fünfter zweiundneunzig"),
        ("4 do 4 de 47.", "Quatro do quatro de quarenta e sete, certo.",
         "Quatro do quatro de quarenta e sete"),
        ("Je suis née le 3 novembre 1966.", "D'accord, et donc le 3 novembre. Et le nom ?", "3 novembre"),
    ],
)  # fmt: skip
def test_a_date_of_birth_is_one_in_other_words_too(
    make_call: MakeCall, told: str, read_back: str, date: str
) -> None:
    found = _told(make_call, ["a: And your date of birth?", f"c: {told}", f"a: {read_back}"])
    assert found[-1] == (2, date)


@pytest.mark.parametrize(
    "said",
    [
        "Yes, found you. Fourteenth, ten forty, with Doctor Menezes.",
        "Thank you. The engineer can come on the third of March.",
    ],
)
def test_another_date_is_none(make_call: MakeCall, said: str) -> None:
    found = _told(make_call, ["a: And your date of birth?", "c: 22 August 1983.", f"a: {said}"])
    assert [index for index, _ in found] == [1]


@pytest.mark.parametrize(
    ("turns", "last"),
    [
        (["a: Ein Rückruf, auf welcher Nummer?", "c: 0176 555 0903", "a: null neun null drei am Ende, gut"],
         "null neun null drei"),
        (["a: A phone number?", "c: five one four five five five oh one sixty-seven", "a: sixty-seven, ok"],
         "sixty-seven"),
        (["a: Il telefono?", "c: 338 41 20 965, non al fisso.", "a: 338 41 20...", "c: 965."], "965"),
    ],
)  # fmt: skip
def test_its_end_is_a_part_of_a_number(make_call: MakeCall, turns: list[str], last: str) -> None:
    assert _told(make_call, turns)[-1] == (len(turns) - 1, last)


@pytest.mark.parametrize(
    "turns",
    [
        ["a: Il numero della segnalazione è 90-77-13.", "c: 90-77-13. Grazie."],
        ["a: The freephone's 0800 555 0140, it's open till eight.", "c: 0800 555 0140. Thank you."],
        ["a: If it's late ring the depot direct, it's 0330 555 0199.", "c: 0330 555 0199, right."],
        ["a: o protocolo é dois dois zero sete nove", "c: dois dois zero sete nove"],
    ],
)
def test_what_an_agent_gives_out_is_nobodys_when_it_is_repeated(
    make_call: MakeCall, turns: list[str]
) -> None:
    assert _told(make_call, turns) == []


def test_a_house_number_may_be_all_that_is_asked_for(make_call: MakeCall) -> None:
    turns = ["a: And the house number and postcode?", "c: 61, and it's BS6 5QT."]
    assert _told(make_call, turns) == [(1, "61"), (1, "BS6 5QT")]


def test_a_plate_is_told_apart_from_the_house(make_call: MakeCall) -> None:
    turns = ["a: Registration and house number, please?", "c: K W one nine, R F T."]
    assert _told(make_call, turns) == [(1, "K W one nine, R F T")]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Soy Nerea, la socia 3071.", "3071"),
        ("Lo cargan en la cuenta que acaba en 6618.", "6618"),
    ],
)
def test_what_an_account_is_found_by(make_call: MakeCall, said: str, value: str) -> None:
    assert _told(make_call, [f"c: {said}"]) == [(0, value)]


@pytest.mark.parametrize(
    "turns",
    [
        ["a: Die kostet danach nur neunundzwanzig neunzig im Monat."],
        ["a: ¿Puede leerme los números del medidor?", "c: Cinco, tres, cuatro, uno."],
        ["a: It gets paid out on the next run, two hundred and ten.", "c: So one hundred and ninety."],
        ["a: Da kommt nie eine Rechnung.", "c: Eben sagten Sie neunundzwanzig neunzig."],
        ["c: Lo pagué en el cajero de la calle Larga, el 9 por la mañana."],
    ],
)
def test_prices_readings_and_days_are_nobodys(make_call: MakeCall, turns: list[str]) -> None:
    assert _told(make_call, turns) == []
