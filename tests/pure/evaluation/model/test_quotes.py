"""A quote is found where its words stand in a row, and nowhere else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.evaluation.model.quotes import find
from calltrace.scorecards.patterns import plain

TEXT = "Good afternoon, thank you for calling Häagen's \u2014 I\u2019m Odette. It\u2019s 4 p.m."


@pytest.mark.parametrize(
    ("quote", "stands"),
    [
        ("thank you for calling", "thank you for calling"),
        ("  Thank you, for CALLING! ", "thank you for calling"),
        ("good afternoon thank you", "Good afternoon, thank you"),
        ("calling Haagens I'm odette", "calling Häagen's \u2014 I\u2019m Odette"),
        ("it's 4 p.m", "It\u2019s 4 p.m"),
    ],
)
def test_case_accents_and_punctuation_do_not_count(quote: str, stands: str) -> None:
    span = find(quote, TEXT)
    assert span is not None
    assert TEXT[slice(*span)] == stands


@pytest.mark.parametrize(
    "quote",
    ["thank calling", "hank you", "thank you for call", "afternoon good", "", " . ", "?", "4", "thanks"],
)
def test_other_words_and_parts_of_words_do(quote: str) -> None:
    assert find(quote, TEXT) is None


@given(text=st.text(max_size=40), quote=st.text(max_size=10))
def test_what_is_found_stands_in_the_text(text: str, quote: str) -> None:
    span = find(quote, text)
    if span is not None:
        start, end = span
        assert 0 <= start < end <= len(text)


@given(
    words=st.lists(
        st.sampled_from(["Oui", "d\u2019accord,", "très", "bien!", "Straße"]), min_size=2, max_size=8
    )
)
def test_every_stretch_of_words_is_found(words: list[str]) -> None:
    text = " ".join(words)
    quote = re.sub(r"[,!]", "", plain(" ".join(words[1:])))
    assert find(quote.upper(), text) is not None
