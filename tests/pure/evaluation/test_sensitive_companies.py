"""A company's own telephones, mailboxes and premises are nobody's secret; what is a customer's stays one."""

from collections.abc import Callable, Sequence

import pytest

from calltrace.evaluation.sensitive import findings, masked, of_people
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _kinds(make_call: MakeCall, turns: Sequence[str]) -> list[str]:
    """What is reported of the last of some turns."""
    call = make_call(*((turn[0], at * 5, at * 5 + 4, turn[3:]) for at, turn in enumerate(turns)))
    found = of_people(findings(call.segments))
    return [one.kind for one in found if one.index == len(turns) - 1]


@pytest.mark.parametrize(
    "said",
    [
        "a: You can send it to claims at northwind dot example.",
        "a: Just email it to jo at northwind dot example, please.",
        "a: Schicken Sie das Foto bitte an zaehler at stadtwerke punkt example.",
        "a: service at moebelhaus punkt de schreiben sie die nummer dazu",
        "a: Mándelo a recetas arroba clinica punto example.",
        "a: El parte lo mandas a bajas arroba fitness punto com.",
        "a: Vous l'envoyez par mail à pieces arobase assur point fr.",
        "a: Pode mandar para trocas@casadolar.example, com o pedido.",
        "a: Lo mandi a sinistri chiocciola assicura punto it.",
        "c: I wrote to support@northwind.example twice already.",
    ],
)
def test_a_mailbox_of_a_company_is_none_of_a_person(make_call: MakeCall, said: str) -> None:
    assert _kinds(make_call, ["c: And where do I complain?", said]) == []


@pytest.mark.parametrize(
    "said",
    [
        "a: I'll send it to mira.kowal@postbox.example, right?",
        "a: We can email it to you at mira dot kowal at postbox dot example.",
        "a: ich schicke es an h punkt petersen at elbnetz punkt de richtig",
        "a: die karten kommen per mail an h punkt petersen at elbnetz punkt de richtig",
        "a: Je vous l'envoie à claire point petit arobase postel point fr.",
        "a: Gliela mando a luca punto rossi chiocciola posta punto it.",
        "c: Send it to mira.kowal@postbox.example.",
        "a: It is registered to mira.kowal@postbox.example.",
    ],
)
def test_a_mailbox_of_a_customer_is_one_whoever_tells_it(make_call: MakeCall, said: str) -> None:
    assert _kinds(make_call, ["c: Hello, it is about my order.", said]) == ["email"]


@pytest.mark.parametrize(
    "turns",
    [
        ["c: ¿Me da el teléfono?", "a: No contestan mucho, la verdad. Es el 222 555 0147."],
        ["c: Is there a number to call?", "a: It's 01632 960 844."],
        ["c: my number is 07700 900 163", "a: our mobile's 07700 900 808 if Lee isn't there on the dot"],
        ["c: hast du da ne Telefonnummer für die?", "a: 0511 44 17 903"],
    ],
)
def test_a_telephone_that_an_agent_gives_out_is_no_customers(make_call: MakeCall, turns: list[str]) -> None:
    assert _kinds(make_call, turns) == []


@pytest.mark.parametrize(
    "turns",
    [
        ["c: What telephone do you have for me?", "a: I have 01632 960 844."],
        ["c: Which phone of mine is that?", "a: It's 01632 960 844."],
        ["a: Is there a telephone?", "c: It's 01632 960 844."],
        [
            "c: it is oh one six three two nine six oh eight four four",
            "a: so 01632 960844, and when shall he ring",
        ],
        ["c: Hello?", "a: Am I speaking to the person at 816 555 0142?"],
    ],
)
def test_a_telephone_that_is_on_file_is_somebodys(make_call: MakeCall, turns: list[str]) -> None:
    assert _kinds(make_call, turns) == ["phone"]


@pytest.mark.parametrize(
    "turns",
    [
        ["c: E dove lo trovo, questo modulo?", "a: Sul sito, o in piazza Mazzini 3, martedì."],
        ["c: ¿Y dónde lo entrego?", "a: En la calle Olmos 12, de nueve a dos."],
        ["c: Ok.", "a: então a unidade da vila maria abre seis e meia rua do curuçá 110"],
        ["c: Gut.", "a: Kommen Sie vorbei, bei uns in der Hochstraße 12."],
        ["c: I trust paper too.", "a: We're at 14 Quay Lane, over the chandler's."],
        ["c: no no a posto cosi", "a: se no siamo in via garibaldi due primo piano"],
        ["c: Je l'envoie où ?", "a: Au quatre, quai des Tanneurs."],
        ["c: e o endereço de vocês que eu esqueci", "a: avenida beira rio mil e quarenta"],
        ["c: Die Adresse von dieser Abteilung, bitte.", "a: Am Vorhafen 20, 24103 Kiel."],
    ],
)
def test_where_a_company_is_found_is_no_home(make_call: MakeCall, turns: list[str]) -> None:
    assert _kinds(make_call, turns) == []


@pytest.mark.parametrize(
    "turns",
    [
        ["c: Where have you got me living?", "a: At 12 Rose Lane."],
        ["c: ok", "a: ora sì, via Garibaldi 3, giusto?"],
        ["a: Where do you live?", "c: At 12 Rose Lane."],
        ["a: Et je l'envoie où ?", "c: 12 bis, venelle du Four."],
        ["a: Gut.", "c: Wir sind in der Hochstraße 12."],
    ],
)
def test_where_a_customer_lives_is_one(make_call: MakeCall, turns: list[str]) -> None:
    assert _kinds(make_call, turns) == ["address"]


def test_what_may_be_a_companys_is_still_taken_out_by_redaction(make_call: MakeCall) -> None:
    call = make_call(
        ("c", 0, 4, "And where do I complain?"),
        ("a", 5, 9, "Anything else goes to jo.lind@northwind.example or 01632 960 844."),
    )
    found = findings(call.segments)
    assert [(one.kind, one.of_thing) for one in found] == [("email", True), ("phone", True)]
    assert masked(call.segments[1].text, found) == "Anything else goes to [email] or [phone]."
