"""What the rules cut short or miss is completed by what labelled calls taught, and nothing else changes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from calltrace.evaluation.sensitive import by_rules, findings, of_people
from calltrace.evaluation.sensitive_learned import completed, shipped_weights
from calltrace.evaluation.sensitive_turn import Finding
from calltrace.meaning.sparse_logistic import BIAS
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _call(make_call: MakeCall, turns: Sequence[str]) -> Transcript:
    return make_call(*((turn[0], at * 5, at * 5 + 4, turn[3:]) for at, turn in enumerate(turns)))


def _values(call: Transcript, found: Sequence[Finding]) -> list[str]:
    return [call.segments[one.index].text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    ("turns", "value"),
    [
        (["a: Your reference, please?", "c: S F, 7, 7, 1, and then a K."], "S F, 7, 7, 1, and then a K"),
        (["a: Your address, please.", "c: Im Winkel 3, zweiter Stock, in Grömitz."], "zweiter Stock"),
        (["a: Wie ist Ihre Telefonnummer?", "c: 079 555... 079 555 31 64"], "079 555... 079 555 31 64"),
        (
            ["a: El rut, por favor.", "c: es ocho millones cuatrocientos cinco mil ochenta y dos guión ka"],
            "guión ka",
        ),
    ],
)
def test_a_value_is_found_to_its_end(make_call: MakeCall, turns: Sequence[str], value: str) -> None:
    call = _call(make_call, turns)
    assert any(value in said for said in _values(call, findings(call.segments)))


@pytest.mark.parametrize(
    "turns",
    [
        ["c: It was 8 h 12, or nine, I called at 10."],
        ["a: That's 24.90 a month.", "c: You told me 19.90, and two years."],
        ["c: We have had it since 2019, or 2020."],
        ["a: ¿Puede leerme los números del medidor?", "c: Cinco, tres, cuatro, uno."],
        ["a: Your new ticket is 44 81 07.", "c: 44 81 07, thanks."],
        ["c: There were three of us, then two, then one."],
        ["a: Press one for sales and two for service."],
    ],
)
def test_other_numbers_stay_nobodys(make_call: MakeCall, turns: Sequence[str]) -> None:
    call = _call(make_call, turns)
    assert of_people(findings(call.segments)) == []


def test_without_weights_the_rules_alone_speak(make_call: MakeCall) -> None:
    call = _call(make_call, ["a: Your number?", "c: 0170 44 52 918, and I live in Linzer Gasse 52."])
    heard, found = by_rules(call.segments)
    alone = completed(heard, found, {BIAS: -9.0})
    assert _values(call, alone) == _values(call, sorted(found, key=lambda one: (one.index, one.start)))


def test_what_a_company_tells_of_itself_takes_in_no_neighbours(make_call: MakeCall) -> None:
    call = _call(make_call, ["c: Where do I send it?", "a: To claims@northwind.example, before Friday."])
    heard, found = by_rules(call.segments)
    certain = dict.fromkeys(("w0=before", "w0=friday"), 9.0) | {BIAS: -1.0}
    assert "claims@northwind.example" in _values(call, completed(heard, found, certain))


def test_findings_of_a_turn_never_overlap(make_call: MakeCall) -> None:
    said = "c: R F 7 double T, no, R F 7 T, Lindenweg 3, zweiter Stock links, 0170 44 52 918 and 11 04 61."
    found = findings(_call(make_call, ["a: Who are you?", said]).segments)
    places = sorted((one.start, one.end) for one in found if one.index == 1)
    assert all(first[1] <= second[0] for first, second in pairwise(places))


def test_the_shipped_weights_are_small_and_of_known_make() -> None:
    weights = shipped_weights()
    assert BIAS in weights
    assert 1_000 < len(weights) < 20_000
