"""Sensitive data in speech: numbers as people say them, in six languages; values never come out."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.evaluation.card_numbers import luhn
from calltrace.evaluation.sensitive import findings, masked, of_people, sensitive_spans
from calltrace.evaluation.sensitive_names import names
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
        ("dezassete dezanove", ["1719"]),
        ("quattro zero sette", ["407"]),
        ("forty one seventy", ["4170"]),
        ("4111 11-11", ["41111111"]),
        ("five for seven", ["547"]),
        ("wait for me", []),
        ("two hundred and ten, three hundred and five", ["210305"]),
        ("setenta y uno cuatrocientos veintidós ochocientos cuatro", ["71422804"]),
        ("sechshundertzwölf vierhundertneununddreißig", ["612439"]),
        ("cent quatre-vingt-douze deux cent soixante-quinze", ["192275"]),
        ("duzentos e dez quinhentos e quarenta e dois", ["210542"]),
        ("duecentodieci novecentoquattro", ["210904"]),
        ("mil novecientos ochenta", ["80"]),
        ("per cento", []),
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
    call = make_call(("c", 0, 9, "The customer number is 4242 4242 4242 4242 4242 1."))
    assert kinds(call) == [("s1", "account_number")]


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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Mi DNI es 12345678Z.", "national_id"),
        ("NIE X1234567L", "national_id"),
        ("RSSMRA85T10A562S", "national_id"),
        ("1 85 05 78 006 084 91", "national_id"),
        ("CPF 390.533.447-05", "national_id"),
        ("CNPJ 16.727.230/0001-97", "national_id"),
        ("QQ 12 34 56 C, ah no, it's AB 12 34 56 C", "national_id"),
        ("2341 2341 2346", "national_id"),
        ("my PAN is ACUPA7085R", "national_id"),
        ("RUT 12.531.909-2", "national_id"),
        ("PESEL 44051401359", "national_id"),
        ("call me on +44 7700 900123", "phone"),
        ("it's oh seven seven double oh nine hundred one four six", "phone"),
        ("j dot doe at mail dot example", "email"),
        ("juan.perez arroba correo punto es", "email"),
        ("12 rue des Lilas", "address"),
        ("we are at nine Sycamore Road", "address"),
        ("ich wohne Lindenstraße 12", "address"),
        ("calle Jacarandas doscientos dieciocho", "address"),
        ("via Garibaldi ventidue", "address"),
        ("M4 2QT", "address"),
        ("K1A 0B6", "address"),
        ("born on the third of May nineteen seventy one", "date_of_birth"),
        ("geboren am dritten elften neunzehnhundert neunundfünfzig", "date_of_birth"),
        ("it is S as in Sierra T as in Tango four four one nine oh seven", "account_number"),
        ("contrato erre dê quatro quatro um oito", "account_number"),
    ],
)
def test_values_are_found_by_their_form_or_by_what_is_said_of_them(
    make_call: MakeCall, text: str, kind: str
) -> None:
    assert ("s1", kind) in kinds(make_call(("c", 0, 9, text)))


@pytest.mark.parametrize(
    "text",
    [
        "it's a forty mile drive",
        "I called three times at half six tonight either way",
        "the train at 14:07, thirty-one sixty",
        "there's a dash, and one place and another",
        "In June, they do.",
        "il costo è ventidue euro e cinquanta",
        "quatre-vingt-dix-sept euros par mois",
        "we have had it since 2019, or 2020, 2021",
    ],
)
def test_talk_with_numbers_is_not_sensitive(make_call: MakeCall, text: str) -> None:
    assert kinds(make_call(("c", 0, 9, text))) == []


def test_a_number_that_is_read_back_is_found_there_too(make_call: MakeCall) -> None:
    call = make_call(("a", 0, 2, "Your PIN?"), ("c", 2, 4, "8 8 2 5."), ("a", 4, 6, "So, 8825, let me see."))
    assert kinds(call) == [("s2", "account_number"), ("s3", "account_number")]


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        ("Who am I speaking to?", "Yeah, Karen Lindquist, good morning", "Karen Lindquist"),
        ("can i have the name please", "karen lindquist", "karen lindquist"),
        ("What's wrong?", "Me llamo Carmen Ortega, buenas.", "Carmen Ortega"),
        ("Ja?", "guten tag mein name ist beat zurbriggen", "beat zurbriggen"),
        ("Whose account?", "It's Mrs Ostrander's.", "Ostrander's"),
        ("And the surname?", "double you oh jay see eye kay", "double you oh jay see eye kay"),
    ],
)
def test_names_are_found_where_they_are_announced(
    make_call: MakeCall, question: str, answer: str, found: str
) -> None:
    call = make_call(("a", 0, 2, question), ("c", 2, 6, answer))
    assert found in [call.segments[one.index].text[one.start : one.end] for one in names(call.segments)]


def test_a_name_that_was_announced_is_known_afterwards(make_call: MakeCall) -> None:
    call = make_call(("a", 0, 2, "My name is Odette."), ("c", 2, 4, "well odette that is rubbish"))
    assert [(one.index, one.start, one.end) for one in names(call.segments)] == [(0, 11, 17), (1, 5, 11)]


@pytest.mark.parametrize(
    "part",
    [
        "a ",
        "dot ",
        "at ",
        "1 ",
        "12 elm ",
        "rua 1 ",
        "x dot ",
        "flat 1 ",
        "my name is a ",
        "S as in ",
        "4111 ",
    ],
)
def test_a_long_turn_takes_time_in_proportion(make_call: MakeCall, part: str) -> None:
    call = make_call(("c", 0, 9, part * 3000))
    started = time.process_time()
    findings(call.segments)
    names(call.segments)
    assert time.process_time() - started < 5


CARD_WITH_DETAILS = [
    "4111 1111 1111 1111 11/27 345", "4111 1111 1111 1111, 11/27, 345", "5105 1051 0510 5100 0928 417",
    "3782 822463 10005 1126 4455", "4111111111111111 12/28 777",
    "four one one one, one one one one, one one one one, one one one one oh nine twenty eight four one seven",
]  # fmt: skip


@pytest.mark.parametrize("text", CARD_WITH_DETAILS)
def test_a_card_its_expiry_and_its_code_in_one_breath(make_call: MakeCall, text: str) -> None:
    call = make_call(("a", 0, 2, "How would you like to pay?"), ("c", 2, 9, text))
    assert kinds(call) == [("s2", "cvv"), ("s2", "expiry"), ("s2", "payment_card")]
    left = masked(text, [one for one in findings(call.segments) if one.index == 1])
    assert not digit_runs(left), left


@pytest.mark.parametrize("text", ["11/27 and 345", "eleven twenty seven, three four five", "0328 9921"])
def test_expiry_and_code_that_were_asked_for_together(make_call: MakeCall, text: str) -> None:
    call = make_call(
        ("a", 0, 2, "The card number, please?"), ("c", 2, 6, "4111 1111 1111 1111"),
        ("a", 6, 8, "And the expiry date and the CVV?"), ("c", 8, 9, text),
    )  # fmt: skip
    assert kinds(call)[1:] == [("s4", "cvv"), ("s4", "expiry")]


@pytest.mark.parametrize(
    "text",
    [
        "\uff14\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 \uff11\uff11\uff11\uff11",
        "\u0664\u0661\u0661\u0661" + "\u0661" * 12, "4111_1111_1111_1111", "4111|1111|1111|1111",
        "(4111) (1111) (1111) (1111)", "*4111* *1111* *1111* *1111*", "4111\u200b1111\u200b1111\u200b1111",
    ],
)  # fmt: skip
def test_a_card_number_in_other_signs_is_one(make_call: MakeCall, text: str) -> None:
    call = make_call(("a", 0, 2, "Please type the card number."), ("c", 2, 9, text))
    assert kinds(call) == [("s2", "payment_card")]


@pytest.mark.parametrize("text", ["4111 1111 1111 1112 345", "2100 0418 4502 0005 1332 77"])
def test_other_long_numbers_stay_whole(text: str) -> None:
    assert len(digit_runs(text)) == 1


@pytest.mark.parametrize(
    ("question", "answer", "value"),
    [
        ("Which year were you born?", "sixty one", "sixty one"),
        ("And the month you were born?", "October, why?", "October"),
        ("Ihr Geburtsjahr, bitte?", "1949", "1949"),
        ("¿Y su año de nacimiento?", "1983", "1983"),
        ("Go ahead.", "six one one zero nine three", "six one one zero nine three"),
        ("Ja?", "acht vier null zwei eins fünf", "acht vier null zwei eins fünf"),
        ("Which digits does it end with?", "three three eight oh", "three three eight oh"),
        ("Ihre Anschrift?", "Am Kirchbach elf", "Am Kirchbach elf"),
        ("Welche Wohnung?", "Ulmenhof 9, erster Stock", "Ulmenhof 9, erster Stock"),
        ("What's the street on your account?", "um, chestnut hill", "chestnut hill"),
        ("Who am I talking to?", "Oduya, Whistler Lane.", "Oduya, Whistler Lane"),
        ("How can I help?", "I'm in flat twelve at the foundry.", "flat twelve at the foundry"),
        ("Chi parla?", "sto in via carducci quarto piano", "via carducci quarto piano"),
        ("Wo wohnen Sie?", "Im Winkel drei", "Im Winkel drei"),
    ],
)
def test_values_are_found_by_what_was_asked_and_how_they_are_said(
    make_call: MakeCall, question: str, answer: str, value: str
) -> None:
    call = make_call(("a", 0, 3, question), ("c", 4, 8, answer))
    found = [one for one in findings(call.segments) if one.index == 1]
    assert [answer[one.start : one.end] for one in found] == [value]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What's your address?", "why do you need that"),
        ("And the street?", "I can't say"),
        ("Your e-mail address?", "the same as last time"),
        ("Welche Straße?", "das weiß ich nicht"),
        ("How can I help?", "My flat is cold and the lift is broken."),
        ("How far is it?", "about forty two minutes"),
        ("What was the price?", "two hundred and ten pounds"),
        ("Which tram was it?", "the nine, from the station"),
        ("Wann war das?", "am neunten, kurz vor acht"),
        ("How many came?", "two hundred, three hundred people"),
        ("¿Cuánto le cobraron?", "doscientos diez, trescientos cinco euros"),
    ],
)
def test_answers_without_a_value_are_not_sensitive(make_call: MakeCall, question: str, answer: str) -> None:
    call = make_call(("a", 0, 3, question), ("c", 4, 8, answer))
    assert findings(call.segments) == []


@pytest.mark.parametrize(
    "text",
    [
        "Your reference is four four one nine two seven.",
        "Su número de incidencia es el siete siete dos cero uno cinco.",
        "Die Vorgangsnummer lautet 884 120 7.",
        "I've logged it as case number K 7 7 0 1 2 9.",
        "The waybill is 7 7 0 4 1 1 9 2 3.",
    ],
)
def test_a_number_that_an_agent_gives_to_what_was_opened_is_nobodys(make_call: MakeCall, text: str) -> None:
    assert findings(make_call(("a", 0, 6, text)).segments) == []
    assert len(findings(make_call(("c", 0, 6, text)).segments)) == 1


@pytest.mark.parametrize(
    ("question", "answer", "kind"),
    [
        ("And the expiry?", "oh two of thirty one", "expiry"),
        ("¿Y la fecha de caducidad?", "cero cinco treinta", "expiry"),
        ("Bis wann ist sie gültig?", "Ende Mai dreißig", "expiry"),
        ("Elle expire quand ?", "en mars trente", "expiry"),
        ("E a validade?", "zero dois de trinta", "expiry"),
        ("La scadenza?", "zero uno trentuno", "expiry"),
        ("The digits on the signature strip?", "six oh four", "cvv"),
        ("Et le cryptogramme ?", "deux cent sept", "cvv"),
        ("E os algarismos de trás?", "nove um três", "cvv"),
    ],
)
def test_of_a_card_that_was_spoken_of_long_ago_the_rest_is_still_asked_for(
    make_call: MakeCall, question: str, answer: str, kind: str
) -> None:
    small_talk = [("ac"[turn % 2], 4 + 2 * turn, 5 + 2 * turn, "One moment, the line.") for turn in range(6)]
    asked = (("a", 30, 32, question), ("c", 32, 34, answer))
    of_card = make_call(("a", 0, 3, "Shall I charge your debit card?"), *small_talk, *asked)
    assert kinds(of_card) == [("s9", kind)]


def test_a_day_of_a_month_is_no_expiry(make_call: MakeCall) -> None:
    call = make_call(
        ("a", 0, 2, "By debit card? And when does the voucher expire?"), ("c", 2, 4, "On the fourth of May.")
    )
    assert kinds(call) == []


FOUND_BY = [
    ("Order number?", "W 0 4 4 1 8 8."),
    ("Could I take the parcel number?", "Double four oh nine one one seven three."),
    ("What does it say under the base?", "The serial number is S N 4 4 0 9 1 7 2."),
    ("How can I help?", "I've a parcel due since Tuesday, the number is D R 4 4 1 9 0 2."),
    ("Welche Bestellnummer?", "Vier vier null neun eins sieben."),
    ("¿Número de pedido?", "Cuatro cuatro cero nueve uno siete."),
    ("Le numéro de série ?", "B 4 4 0 9 1 7."),
    ("Número da encomenda?", "Quatro quatro zero nove um sete."),
    ("Il numero della bolla?", "Quattro quattro zero nove uno sette."),
]


@pytest.mark.parametrize(("question", "answer"), FOUND_BY)
def test_what_a_customer_is_found_by_is_reported_also_where_it_is_read_back(
    make_call: MakeCall, question: str, answer: str
) -> None:
    call = make_call(("a", 0, 3, question), ("c", 4, 8, answer), ("a", 9, 12, f"So that's {answer}"))
    assert [segment for segment, _ in kinds(call)] == ["s2", "s3"]


def test_so_is_a_mark_that_redaction_left_of_it(make_call: MakeCall) -> None:
    call = make_call(("a", 0, 3, "Order number?"), ("c", 4, 8, "It's [account_number]."))
    assert kinds(call) == [("s2", "account_number")]


GIVEN_OUT = [
    "It is 8-8-1-4-0-5-6. That is the docket number, sir.",
    "That's you booked, S H dash 2 0 7 1 8.",
    "Ihre Bestellung läuft unter vier vier null neun eins sieben.",
    "O protocolo é vinte e três, oito um quatro.",
]


@pytest.mark.parametrize("said", GIVEN_OUT)
def test_what_an_agent_gives_out_is_taken_out_at_most_and_not_reported(
    make_call: MakeCall, said: str
) -> None:
    assert kinds(make_call(("a", 0, 5, said), ("c", 6, 8, "Thank you."))) == []


def test_an_account_that_an_agent_reads_out_is_somebodys(make_call: MakeCall) -> None:
    call = make_call(("a", 0, 5, "I have your account number as 4410 9720, is that right?"))
    assert kinds(call) == [("s1", "account_number")]


@pytest.mark.parametrize(
    ("question", "answer"),
    [("Which model is it?", "HP-2200, it says."), ("What is it?", "The model is an M X 4 0 7 1.")],
)
def test_the_number_of_a_model_is_nobodys(make_call: MakeCall, question: str, answer: str) -> None:
    assert kinds(make_call(("a", 0, 3, question), ("c", 4, 8, answer))) == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("It's about an order? Then your customer number, please.", "Four four one, oh nine seven."),
        ("Your order number, or your customer number?", "Four four one, oh nine seven."),
        ("Is it about your order?", "No, the account number is 4410 97."),
        ("The order number?", "I have none. My phone number is 0171 555 0142."),
    ],
)
def test_a_number_is_found_whatever_else_was_asked_for(
    make_call: MakeCall, question: str, answer: str
) -> None:
    assert len(kinds(make_call(("a", 0, 3, question), ("c", 4, 8, answer)))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "You can ring the claims line on 0800 404 1122.",
        "Please call us back on 020 7946 0144.",
        "Our branch is at 12 High Street.",
        "La nostra sede è in via Roma 12, a Torino.",
        "Nuestra tienda está en la calle Mayor 15.",
        "Die Filiale in der Hauptstraße 12 hat heute zu.",
        "Type one nine two dot one six eight dot one dot one in the browser.",
        "Bus 41 goes from Albert Road every ten minutes.",
        "La tienda de la avenida Bonampak abre a las nueve.",
    ],
)
def test_what_belongs_to_a_company_is_not_sensitive(make_call: MakeCall, text: str) -> None:
    assert of_people(findings(make_call(("a", 0, 6, text)).segments)) == []


@pytest.mark.parametrize(
    ("question", "answer", "value"),
    [
        ("Dígame un teléfono.", "seis cinco cuatro, doscientos dos, uno uno nueve", None),
        ("What name is it?", "Pell, born nineteen forty eight.", "nineteen forty eight"),
        ("How can I help?", "I'm a member, number six six oh four nine.", "six six oh four nine"),
        ("Un numéro ?", "06.12.44.81.09", None),
        ("Data de nascimento?", "quinze do três de setenta e sete", None),
        ("Vous êtes né quand ?", "Le quatre octobre cinquante-neuf.", "quatre octobre cinquante-neuf"),
    ],
)
def test_values_that_strangers_say_otherwise_are_found(
    make_call: MakeCall, question: str, answer: str, value: str | None
) -> None:
    call = make_call(("a", 0, 3, question), ("c", 4, 8, answer))
    found = [answer[one.start : one.end] for one in findings(call.segments) if one.index == 1]
    assert found == [value or answer]
