"""Numbers that were asked for or named, however short, and those that are dictated over several turns."""

from collections.abc import Callable, Sequence

import pytest

from calltrace.evaluation.sensitive import findings, of_people
from calltrace.speech.transcript import Transcript

MakeCall = Callable[..., Transcript]


def _call(make_call: MakeCall, turns: Sequence[str]) -> Transcript:
    """Turns as ``a: text`` or ``c: text``, five seconds each."""
    return make_call(*((turn[0], at * 5, at * 5 + 4, turn[3:]) for at, turn in enumerate(turns)))


def _told(call: Transcript) -> list[str]:
    """Reported values, in the order of the call."""
    found = sorted((one.index, one.start, one.end) for one in of_people(findings(call.segments)))
    return [call.segments[index].text[start:end] for index, start, end in found]


@pytest.mark.parametrize(
    ("question", "answer", "values"),
    [
        ("whats the unit and the surname", "unit c one one eight vandermeer", ["unit c one one eight"]),
        ("Dígame el localizador.", "P M 9 9 K... no, perdón, P M 9 0 K.", ["P M 9 9 K", "P M 9 0 K"]),
        ("placas", "jota hache ka este ochenta y cuatro", ["jota hache ka este ochenta y cuatro"]),
        ("le contrat c'est quel numéro", "l c sept sept euh cent trois", ["l c sept sept euh cent trois"]),
        ("et la plaque", "g f deux cent douze r k", ["g f deux cent douze r k"]),
        ("mitgliedsnummer", "eff zwo sieben äh neun eins null", ["eff zwo sieben äh neun eins null"]),
        ("mi dia la matricola", "zero sette uno poi una barra quattro quattro nove emme",
         ["zero sette uno poi una barra quattro quattro nove emme"]),
        ("il codice fiscale per favore", "pi erre zeta", ["pi erre zeta"]),
        ("Your confirmation?", "PI-6640-B, last name Guidry.", ["PI-6640-B"]),
        ("und die seriennummer", "vau er sieben null drei drei", ["vau er sieben null drei drei"]),
        ("Kennzeichen?", "HL, Heinrich Ludwig, K M 8 0 7.", ["HL, Heinrich Ludwig, K M 8 0 7"]),
        ("Le dossier ?", "DJ, comme Denise et Jacques, 5, 5.", ["DJ, comme Denise et Jacques, 5, 5"]),
        ("Targa?", "FX come Firenze e xilofono, 8 8 9, LD.", ["FX come Firenze e xilofono, 8 8 9, LD"]),
        ("¿Y el localizador?", "Ene, de Navidad, 8 Q 2 X L.", ["Ene, de Navidad, 8 Q 2 X L"]),
        ("CPF, por favor", "o CPF não tenho aqui", []),
        ("and the postcode", "its not the code its number two oh six six", ["two oh six six"]),
    ],
)  # fmt: skip
def test_what_was_asked_for_is_found_however_short(
    make_call: MakeCall, question: str, answer: str, values: list[str]
) -> None:
    assert _told(_call(make_call, [f"a: {question}", f"c: {answer}"])) == values


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("job number is four four eight", "four four eight"),
        ("El sobre es el 3381, a nombre de Amparo.", "3381"),
        ("Marluce Pontes, pedido 60 8813.", "60 8813"),
        ("my booking is r t double eight one five", "r t double eight one five"),
    ],
)
def test_what_is_named_is_found_without_a_question(make_call: MakeCall, said: str, value: str) -> None:
    assert _told(_call(make_call, ["a: good morning", f"c: {said}"])) == [value]


@pytest.mark.parametrize(
    ("turns", "values"),
    [
        (
            ["a: Policy number?", "c: T M, dash, four four…", "a: Uh-huh.", "c: one nine, and then oh six.",
             "a: Oh six."],
            ["T M, dash, four four", "one nine, and then oh six", "Oh six"],
        ),
        (
            ["a: the long number please", "c: five four one three", "a: okay next",
             "c: double oh eight nine six oh one"],
            ["five four one three", "double oh eight nine six oh one"],
        ),
        (
            ["a: y su teléfono", "c: seis cinco cinco doble cero", "a: dígame", "c: doce y treinta"],
            ["seis cinco cinco doble cero", "doce y treinta"],
        ),
        (
            ["a: we can take it now", "c: ok its five four one three", "a: yep", "c: three three oh oh"],
            ["five four one three", "three three oh oh"],
        ),
        (
            ["a: your account", "c: four one nine eight eight no eight nine two",
             "a: four one nine eight nine two okay"],
            ["four one nine eight eight", "eight nine two", "four one nine eight nine two"],
        ),
        (
            ["a: your reference", "c: y k seventeen uh v", "a: say the last bit again", "c: v d p"],
            ["y k seventeen uh v", "v d p"],
        ),
        (
            ["a: date of birth", "c: the fourteenth of march", "a: what year now", "c: ah forty seven"],
            ["fourteenth of march", "forty seven"],
        ),
    ],
)  # fmt: skip
def test_what_is_dictated_in_parts_is_found_to_its_end(
    make_call: MakeCall, turns: list[str], values: list[str]
) -> None:
    assert _told(_call(make_call, turns)) == values


@pytest.mark.parametrize(
    "turns",
    [
        ["a: your account", "c: 4411 8820", "a: thirty five a month, is that right", "c: thirty five yes"],
        ["a: your account", "c: 4411 8820", "a: and the name on it", "c: achterberg a c h t"],
        ["a: your account", "c: 4411 8820", "a: when shall we come", "c: ten to twelve is fine"],
        ["a: the phone", "c: 0170 44 52 918", "a: mhm", "c: I have 35 cats"],
    ],
)
def test_what_is_about_something_else_is_left(make_call: MakeCall, turns: list[str]) -> None:
    assert len(_told(_call(make_call, turns))) == 1


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Is it locking out with a code?", "F28. It's always F28."),
        ("What numbers does the display show?", "It says 14.2.0."),
        ("what could you manage on the account", "i aint got nine hundred"),
        ("it was ready at six thirty", "six thirty"),
        ("queda registrado con el número cuatro cuatro", "cuatro cuatro vale"),
        ("how many tickets", "two for october"),
    ],
)
def test_what_a_machine_shows_and_what_is_counted_is_nobodys(
    make_call: MakeCall, question: str, answer: str
) -> None:
    assert _told(_call(make_call, [f"a: {question}", f"c: {answer}"])) == []


@pytest.mark.parametrize(
    ("said", "mailbox"),
    [
        ("lio Punkt frehner, at, bergpost, Punkt ch", "lio Punkt frehner, at, bergpost, Punkt ch"),
        ("luz guion bajo zuluaga ochenta y tres arroba buzon punto co",
         "luz guion bajo zuluaga ochenta y tres arroba buzon punto co"),
        ("somebody will at some point yeah", None),
        ("its fixed at four point one", None),
    ],
)  # fmt: skip
def test_a_mailbox_that_is_read_out_slowly_is_one(
    make_call: MakeCall, said: str, mailbox: str | None
) -> None:
    assert _told(_call(make_call, ["a: and your email", f"c: {said}"])) == ([mailbox] if mailbox else [])


@pytest.mark.parametrize(
    "said", ["anche se mi pregasse in ginocchio", "il a cherché la rue il a cherché quarante fois"]
)
def test_a_verb_is_no_street(make_call: MakeCall, said: str) -> None:
    assert _told(_call(make_call, [f"a: {said}"])) == []


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Senza contratto l'uscita costa centoventi, più i pezzi.", "Centoventi... E quando verreste?"),
        ("The booking fee is forty-five.", "Forty-five? All right."),
        ("and the post code", "oh hello yeah its eight of us"),
    ],
)
def test_who_tells_a_number_asks_for_none(make_call: MakeCall, question: str, answer: str) -> None:
    assert _told(_call(make_call, [f"a: {question}", f"c: {answer}"])) == []


@pytest.mark.parametrize(
    ("said", "home"),
    [
        ("wir wohnen in der lindengasse vierzehn stiege zwei", "lindengasse vierzehn stiege zwei"),
        ("Estoy en pasaje Los Boldos 1146, Puente Alto.", "pasaje Los Boldos 1146, Puente Alto"),
        ("da fehlt stiege zwei tür elf", "stiege zwei tür elf"),
    ],
)
def test_homes_end_with_their_door_and_town(make_call: MakeCall, said: str, home: str) -> None:
    assert _told(_call(make_call, [f"c: {said}"])) == [home]


@pytest.mark.parametrize(
    ("said", "date"),
    [
        ("sono ornella nata il nove nove sessantuno", "nove nove sessantuno"),
        ("I was born on nine nine sixty one", "nine nine sixty one"),
        ("geboren am 9 9 61, in Kiel", "9 9 61"),
    ],
)
def test_a_date_in_numbers_alone_after_born_is_one(make_call: MakeCall, said: str, date: str) -> None:
    [found] = findings(make_call(("c", 0, 5, said)).segments)
    assert (found.kind, said[found.start : found.end]) == ("date_of_birth", date)
