"""Classes of words: the same in six languages, and what a negation or a teller does to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.evaluation.judges.wording import NAMES, wording


def found(text: str) -> set[str]:
    return {name for name, value in zip(NAMES, wording(text), strict=True) if value}


@pytest.mark.parametrize(
    "text",
    [
        "Good evening, Northgate Opticians.",
        "Buenas tardes, óptica del Norte.",
        "Guten Abend, Optik Nord.",
        "Bonsoir, optique du Nord.",
        "Boa noite, ótica do Norte.",
        "Buonasera, ottica del Nord.",
    ],
)
def test_a_greeting_is_one_in_each_language(text: str) -> None:
    assert "greeting" in found(text)


@pytest.mark.parametrize(
    ("firm", "taken_back"),
    [
        ("I guarantee it arrives on Monday.", "I'm afraid I cannot guarantee it arrives on Monday."),
        ("Le garantizo que llega el lunes.", "No le puedo prometer que llegue el lunes."),
        ("Das ist hundertprozentig repariert.", "Ich kann Ihnen das leider nicht versprechen."),
        ("Je vous promets que ça marchera.", "Je ne peux rien vous promettre."),
        ("Garanto que o dinheiro volta.", "Não lhe garanto que o dinheiro volte."),
        ("Le garantisco che funziona.", "Non le garantisco che funzioni."),
        ("I'm not meant to say so, but I guarantee it.", "But I can't guarantee it, I'm not meant to."),
        ("My word on it, sorted by noon.", "Your letter says we promise delivery by noon."),
    ],
)
def test_a_promise_counts_until_it_is_taken_back_or_only_told(firm: str, taken_back: str) -> None:
    assert "firm_promise" in found(firm)
    assert "firm_promise" not in found(taken_back)
    assert "promise_taken_back" in found(taken_back)


def test_scorn_that_is_told_of_is_aimed_at_nobody() -> None:
    assert "aimed" in found("You must be an idiot to pay that.")
    assert "aimed" not in found("My colleague told me somebody called you an idiot.")


@pytest.mark.parametrize(
    ("told", "neighbour"),
    [
        ("Just so you know, this line is taped.", "I have taped the parcel shut, and I'll log your request."),
        ("Le aviso de que grabamos las llamadas.", "Le grabo la lectura en el sistema."),
        ("Unser Gespräch läuft zur Schulung mit.", "Ich nehme Ihre Beschwerde gern auf."),
        ("Vos propos peuvent être enregistrés.", "J'ai enregistré votre demande dans le dossier."),
        ("A chamada fica gravada, está bem?", "Vou gravar o seu pedido no sistema."),
        ("La telefonata viene registrata.", "Ho registrato la sua richiesta nella pratica."),
    ],
)
def test_a_call_is_taped_where_the_words_stand_together(told: str, neighbour: str) -> None:
    assert "call_taped" in found(told)
    assert "call_taped" not in found(neighbour)


@pytest.mark.parametrize(
    "text",
    [
        "I've recorded the reading for you.",
        "Le grabo la lectura en el sistema.",
        "Ich nehme Ihre Beschwerde gern auf.",
        "J'ai enregistré votre demande.",
        "Vou gravar o seu pedido.",
        "Ho registrato la sua richiesta.",
    ],
)
def test_what_else_is_recorded_is_told_apart(text: str) -> None:
    assert "other_taped" in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The audio of all calls is kept for ninety days.",
        "Lo que hablamos se guarda tres meses.",
        "Das Gespräch wird für ein Jahr gespeichert.",
        "Les appels sont conservés trente jours.",
        "O que falamos fica guardado.",
        "La chiamata viene conservata.",
    ],
)
def test_a_call_may_be_kept_as_well(text: str) -> None:
    assert "call_kept" in found(text)


def test_words_far_apart_do_not_speak_of_each_other() -> None:
    far = (
        "I taped it. " + "And then we went on with the rest of the day as planned. " + "Thanks for the call."
    )
    assert {"taping", "this_call"} <= found(far)
    assert "call_taped" not in found(far)


def test_many_words_far_apart_take_time_by_the_length_of_the_text() -> None:
    text = "tape " * 30_000 + "x" * 60 + " call" * 30_000
    assert "call_taped" not in found(text)


@given(st.text(max_size=300))
def test_any_text_has_as_many_numbers(text: str) -> None:
    values = wording(text)
    assert len(values) == len(NAMES)
    assert set(values) <= {0.0, 1.0}
