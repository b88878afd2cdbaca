"""Numbers that are broken off, corrected and taken up again; details of a card after its number."""

from collections.abc import Callable

import pytest

from calltrace.evaluation.sensitive import findings
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def told(call: Transcript, index: int) -> list[tuple[str, str]]:
    """Kinds and values of one turn, in order."""
    text = call.segments[index].text
    found = sorted((one.start, one.end, one.kind) for one in findings(call.segments) if one.index == index)
    return [(kind, text[start:end]) for start, end, kind in found]


@pytest.mark.parametrize(
    ("question", "answer", "values"),
    [
        ("The card number?", "4111 1111 2222... where was I... 3333.", ["4111 1111 2222", "3333"]),
        ("The card number?", "4111 1111... no. 4111 1111 1111 1111.", ["4111 1111", "4111 1111 1111 1111"]),
        ("Your phone?", "0171, no, 0170 44 52 918.", ["0171", "0170 44 52 918"]),
        ("Ihre Rufnummer?", "0171, äh, nein, 0170 44 52 918.", ["0171", "0170 44 52 918"]),
        ("Numéro de sécurité sociale ?", "2 47 03 59 512 088, et la clé 31.",
             ["2 47 03 59 512 088, et la clé 31"]),
        ("Your national insurance?", "Four seven one nine, wait, four seven nine one.",
         ["Four seven one nine", "four seven nine one"]),
        ("¿El DNI?", "43 488 619 erre, no, espera, ele de Lérida.", ["43 488 619 erre", "ele de Lérida"]),
        ("Il codice cliente?", "3307 5521, poi trattino, 08.", ["3307 5521, poi trattino, 08"]),
    ],
)  # fmt: skip
def test_all_of_it_is_found(make_call: MakeCall, question: str, answer: str, values: list[str]) -> None:
    call = make_call(("a", 0, 3, question), ("c", 4, 9, answer))
    assert [value for _, value in told(call, 1)] == values


@pytest.mark.parametrize(
    "answer",
    [
        "0170 44 52 918. I have two dogs and 35 cats.",
        "0170 44 52 918, and I called at 10, no, at 11 o'clock.",
    ],
)
def test_other_numbers_of_the_turn_are_left(make_call: MakeCall, answer: str) -> None:
    call = make_call(("a", 0, 3, "Your phone?"), ("c", 4, 9, answer))
    assert told(call, 1) == [("phone", "0170 44 52 918")]


@pytest.mark.parametrize(
    ("question", "answer", "details"),
    [
        ("And the date?", "Eleven of twenty eight.", [("expiry", "Eleven of twenty eight")]),
        ("Expiry?", "Zero eight, twenty-nine.", [("expiry", "Zero eight, twenty-nine")]),
        ("Back of it?", "Nine oh four.", [("cvv", "Nine oh four")]),
        ("Right.", "10/30. And the code is 551.", [("expiry", "10/30"), ("cvv", "551")]),
        ("And your date of birth?", "The fourth of May 1981.", [("date_of_birth", "fourth of May 1981")]),
        ("How many nights?", "Four, from the tenth.", []),
    ],
)
def test_after_a_cards_number_come_its_details(
    make_call: MakeCall, question: str, answer: str, details: list[tuple[str, str]]
) -> None:
    number = ("c", 0, 6, "It's 4111 1111 1111 1111.")
    call = make_call(number, ("a", 7, 8, question), ("c", 9, 12, answer))
    assert told(call, 2) == details


def test_three_digits_said_of_a_code_are_none_of_it(make_call: MakeCall) -> None:
    call = make_call(("a", 0, 2, "The card?"), ("c", 3, 9, "5105 1051 0510 5100, 02/28, three digits 377."))
    assert told(call, 1) == [
        ("payment_card", "5105 1051 0510 5100"), ("expiry", "02/28"), ("cvv", "377"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told_as", "again", "value"),
    [
        ("Oh seven seven double oh nine hundred three two five.", "Three two five, ok.", "Three two five"),
        ("It's l tanguay at courrier dot ca.", "L tanguay, perfect.", "L tanguay"),
    ],
)  # fmt: skip
def test_an_end_that_is_read_back_is_found(make_call: MakeCall, told_as: str, again: str, value: str) -> None:
    call = make_call(("a", 0, 1, "How do I reach you?"), ("c", 1, 5, told_as), ("a", 6, 8, again))
    assert [said for _, said in told(call, 2)] == [value]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("¿Su cédula?", "Cincuenta y dos millones, novecientos catorce mil, ciento seis."),
        ("Deme el RUT.", "Siete millones ochocientos mil doscientos noventa."),
        ("DNI?", "Cuarenta y siete, doscientos doce, cero nueve tres."),
    ],
)
def test_identities_are_read_out_as_amounts_are(make_call: MakeCall, question: str, answer: str) -> None:
    call = make_call(("a", 0, 3, question), ("c", 4, 9, answer))
    assert told(call, 1) == [("national_id", answer.rstrip("."))]


@pytest.mark.parametrize(
    ("said", "home"),
    [
        ("Am Anger 3 in Wasserburg.", "Am Anger 3 in Wasserburg"),
        ("È vico Paradiso 14, scala B, terzo piano.", "vico Paradiso 14, scala B, terzo piano"),
        ("Rua do Sobreiro, 9, segundo esquerdo, Leiria.", "Rua do Sobreiro, 9, segundo esquerdo, Leiria"),
        ("C'est 8 bis, rue des Tanneurs, à Vierzon.", "8 bis, rue des Tanneurs, à Vierzon"),
        ("1140, rang Saint-Édouard.", "1140, rang Saint-Édouard"),
    ],
)
def test_a_home_goes_on_to_its_floor_and_town(make_call: MakeCall, said: str, home: str) -> None:
    call = make_call(("c", 0, 5, said))
    assert [value for kind, value in told(call, 0) if kind == "address"] == [home]


@pytest.mark.parametrize(
    "said",
    [
        "Eu não queria que chegasse nesse ponto.", "Two seats row m for you.", "La via foria è a due passi.",
        "The van comes to us at 9.40.", "Je le vois, à 8 h 12.", "Il problema sarebbe il vicolo mio?",
        "Ring 12 times.",
    ],
)  # fmt: skip
def test_none_of_these_is_a_home_a_mailbox_or_a_code(make_call: MakeCall, said: str) -> None:
    assert findings(make_call(("c", 0, 5, said)).segments) == []
