"""What was told and is said again in part, and numbers of which only the end is said."""

from collections.abc import Callable, Sequence

import pytest

from calltrace.evaluation.sensitive import findings, masked, of_people
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _last(make_call: MakeCall, turns: Sequence[str]) -> list[str]:
    """What is reported of the last of some turns."""
    call = make_call(*((turn[0], at * 5, at * 5 + 4, turn[3:]) for at, turn in enumerate(turns)))
    found = sorted(of_people(findings(call.segments)), key=lambda one: one.start)
    return [turns[-1][3:][one.start : one.end] for one in found if one.index == len(turns) - 1]


@pytest.mark.parametrize(
    ("turns", "value"),
    [
        (["c: It's 9 Tanner's Row, behind the shop.", "a: Tanner's Row, lovely."], "Tanner's Row"),
        (["c: Am Mühlgraben 17a, bitte.", "a: Mühlgraben.", "c: 17a! A wie Anton."], "17"),
        (["c: Abito in via Cesare Battisti 88, interno 5.", "a: Interno 5, corretto."], "Interno 5"),
        (["c: Rua das Oliveiras, 27, mas entra-se por trás.", "a: Oliveiras, 27."], "Oliveiras, 27"),
        (["c: it's two seven one five juniper court apartment four",
          "a: two seven one five juniper apartment four ok"], "apartment four"),
    ],
)  # fmt: skip
def test_a_part_of_a_home_is_known_again(make_call: MakeCall, turns: Sequence[str], value: str) -> None:
    assert any(value in said for said in _last(make_call, turns))


@pytest.mark.parametrize(
    "turns",
    [
        ["c: It's 1127 Prospect Avenue.", "a: So on at Prospect, and off again on the second."],
        ["c: Vivo en calle Jacarandas 218.", "a: Ajá, Jacarandas."],
        ["c: Abito in via Roma 24, piano terra.", "a: L'offerta costa 24,90 al mese."],
        ["c: 12 Brewer Street.", "a: Fine.", "c: Thanks.", "a: Yes.", "c: And the brewer's van?"],
    ],
)
def test_names_alone_and_amounts_are_no_echo(make_call: MakeCall, turns: Sequence[str]) -> None:
    assert _last(make_call, turns) == []


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("a: And is the mobile still the one ending four oh six?", "four oh six"),
        ("a: Ja, 88 am Ende, Sparkasse.", "88"),
        ("a: Le virement part sur le compte qui finit par 417.", "417"),
        ("a: la que acaba en uno siete dos, ¿verdad?", "uno siete dos"),
        ("a: O telemóvel ainda é o que acaba em 772?", "772"),
        ("a: La carta che finisce con 1180 va bene?", "1180"),
        ("c: My number changed, it ends 0163 now.", "0163"),
        ("a: five five oh four at the end, right", "five five oh four"),
    ],
)
def test_the_end_of_a_number_is_one(make_call: MakeCall, said: str, value: str) -> None:
    assert _last(make_call, ["c: Hello, it's about my bill.", said]) == [value]


@pytest.mark.parametrize(
    "said",
    [
        "a: The offer ends in 14 days.",
        "a: Your contract ends in 2027.",
        "a: It's 300 euros at the end of the month.",
        "a: El plan acaba en dos meses.",
        "c: Am Ende zahle ich 300 Euro.",
        "a: It ends 10 minutes after the hour.",
    ],
)
def test_what_ends_otherwise_is_none(make_call: MakeCall, said: str) -> None:
    assert _last(make_call, ["c: Hello, it's about my bill.", said]) == []


@pytest.mark.parametrize(
    "turns",
    [
        ["c: Die Adresse von dieser Abteilung, bitte.",
         "a: Am Vorhafen 20, 24103 Kiel. Oder erstattung@nordwind.example.", "c: Am Vorhafen 20. Gut."],
        ["c: Where do they go?", "a: Back to us at Unit 9, Tannery Row, LA9 4QX, with the label."],
        ["c: E se non va?", "a: Via dei Gelsomini 41, oppure reclami@luceviva.example."],
        ["c: How do I pay?", "a: Sur notre compte BE88 0689 3477 5212."],
        ["c: Thanks.", "a: I booked you in, am Schalter 6."],
    ],
)  # fmt: skip
def test_what_a_company_tells_of_itself_is_nobodys(make_call: MakeCall, turns: Sequence[str]) -> None:
    assert _last(make_call, turns) == []


def test_it_is_still_taken_out_by_redaction(make_call: MakeCall) -> None:
    call = make_call(("a", 0, 4, "Our shop is in the Hauptstraße 12."), ("c", 5, 9, "Hauptstraße 12, good."))
    found = findings(call.segments)
    assert of_people(found) == []
    assert masked(call.segments[0].text, [one for one in found if not one.index]).endswith("[address].")
