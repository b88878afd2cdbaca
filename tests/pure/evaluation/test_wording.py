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


@given(st.text(max_size=300))
def test_any_text_has_as_many_numbers(text: str) -> None:
    values = wording(text)
    assert len(values) == len(NAMES)
    assert set(values) <= {0.0, 1.0}
