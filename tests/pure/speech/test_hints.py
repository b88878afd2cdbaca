"""Words of a list replace what sounds like them where they were said, and nothing else."""

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest

from calltrace.speech.engines.hints import Doubt, doubts, prompt, settled
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.windows import Stretch, Window

WINDOW = Window((Stretch(0, 0.0, 20.0),))
TERMS = ("Oyelaran", "Fenwick Plus", "PayFlux", "Quibonix", "Grace", "Ng")


def words(text: str, start: float = 0.0, confidence: float = 0.9, channel: int = 0) -> list[HeardWord]:
    """A word each half second."""
    return [
        HeardWord(channel, one, start + n / 2, start + n / 2 + 0.4, confidence)
        for n, one in enumerate(text.split())
    ]


def text(found: Sequence[HeardWord]) -> str:
    return " ".join(word.text for word in found)


DOUBTFUL = {
    "I spoke to Quibbenex yesterday": ("Quibonix",),
    "moved over to pay flux today": ("PayFlux",),
    "my oil air and contract": ("Oyelaran",),
    "on fenwick plus, please": ("Fenwick Plus",),
    "a grace period": ("Grace",),
    "Grace. My name is Grace, hi": (),
    "I have PayFlux and Fenwick Plus.": (),
    "No one knew anything about the invoice": (),
    "": (),
}


@pytest.mark.parametrize("said", DOUBTFUL)
def test_only_windows_with_something_like_a_word_of_the_list_are_heard_again(said: str) -> None:
    found = doubts([WINDOW], words(said), TERMS)
    assert tuple(term for doubt in found for term in doubt.terms) == DOUBTFUL[said]


def test_a_window_is_asked_about_with_its_own_words() -> None:
    there = Window((Stretch(1, 0.0, 5.0), Stretch(1, 10.0, 15.0)))
    heard = [*words("we use Quibbenex", channel=1), *words("and payflux", 10.0, channel=1), *words("hello")]
    first, *more = doubts([WINDOW, there], heard, TERMS)
    assert (first.window, set(first.terms), more) == (there, {"Quibonix", "PayFlux"}, [])
    assert text(first.words) == "we use Quibbenex and payflux"
    assert doubts([WINDOW, there], heard, ()) == []


SETTLED = {
    "a name": ("to Quibbenex, yesterday", "to Quibonix yesterday", "to Quibonix, yesterday"),
    "two words for one": ("to pay flux today", "to PayFlux today", "to PayFlux today"),
    "one word for two": ("on Fenwickplus. Bye.", "on Fenwick Plus, bye", "on Fenwick Plus. Bye."),
    "a word that nothing sounds like": ("called you today", "called Oyelaran today", "called you today"),
    "other words that changed": ("not in May, Quibbenex", "now in May, Quibonix", "not in May, Quibonix"),
    "words that got lost": ("to pay flux today, yes please", "PayFlux", "to PayFlux today, yes please"),
    "the list itself": ("so it is", "Oyelaran, Fenwick Plus, PayFlux, Quibonix", "so it is"),
    "nothing": ("to pay flux", "", "to pay flux"),
}  # fmt: skip


@pytest.mark.parametrize(("first", "again", "expected"), SETTLED.values(), ids=SETTLED)
def test_what_was_heard_again_counts_only_for_words_of_the_list(
    first: str, again: str, expected: str
) -> None:
    doubt = Doubt(WINDOW, tuple(words(first)), TERMS)
    found = settled(doubt.words, [doubt], [words(again)])
    assert text(found) == expected
    assert all(one.start <= one.end <= two.start for one, two in pairwise(found))


def test_the_times_around_a_new_word_stay() -> None:
    doubt = Doubt(WINDOW, tuple(words("to pay flux today")), TERMS)
    found = settled(doubt.words, [doubt], [words("to PayFlux today")])
    assert [(word.text, word.start, word.end) for word in found] == [
        ("to", 0.0, 0.4), ("PayFlux", 0.5, 1.4), ("today", 1.5, 1.9),
    ]  # fmt: skip


def test_a_word_at_another_time_is_not_taken() -> None:
    doubt = Doubt(WINDOW, tuple(words("Quibbenex is what I said")), TERMS)
    assert text(settled(doubt.words, [doubt], [words("Quibonix", start=8.0)])) == "Quibbenex is what I said"


def test_a_word_that_is_much_less_likely_there_is_not_taken() -> None:
    doubt = Doubt(WINDOW, tuple(words("my race was long")), ("Grace",))
    assert (
        text(settled(doubt.words, [doubt], [words("my Grace was long", confidence=0.1)]))
        == "my race was long"
    )
    assert (
        text(settled(doubt.words, [doubt], [words("my Grace was long", confidence=0.5)]))
        == "my Grace was long"
    )


def test_a_prompt_holds_as_many_words_as_fit_the_likest_first() -> None:
    assert prompt(TERMS, lambda text: len(text) <= 22) == "Oyelaran, Fenwick Plus"
    assert prompt(TERMS, lambda _text: False) == ""


def test_words_of_other_windows_stay_and_all_are_in_order() -> None:
    later = Window((Stretch(0, 30.0, 40.0),))
    heard = [
        *words("to pay flux today"),
        *words("and to pay flux", 30.0),
        *words("pay flux", 30.0, channel=1),
    ]
    found = doubts([WINDOW, later], heard, ("PayFlux",))
    again = [words("to PayFlux today"), words("and to PayFlux", 30.0)]
    assert text(settled(heard, found, again)) == "to PayFlux today and to PayFlux pay flux"


def test_a_long_call_and_a_long_list_are_done_in_seconds() -> None:
    said = words(
        "we spoke about the invoice of your contract with them and nothing else was said then " * 1500
    )
    windows = [Window((Stretch(0, start, start + 29.0),)) for start in range(0, 12_000, 29)]
    terms = [f"{'Quentinilla Fotherington'[n % 12 :]} {n:03}" for n in range(200)]
    started = time.process_time()
    assert doubts(windows, said, terms) == []
    assert time.process_time() - started < 15
