"""Word patterns: what matches, what does not, and that none can run away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.scorecards.patterns import compile_pattern, plain


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("thank you for calling", "Well, THANK you for   calling!"),
        ("call*", "your calls"),
        ("not ... problem", "that is not really my problem"),
        ("(taped|kept on file)", "calls are kept on file"),
        ("grabación", "es una grabacion"),
        ("don't", "I don\u2019t know"),
    ],
)
def test_a_pattern_is_found(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).search(plain(text))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("call", "recall the calls"),
        ("not ... problem", "not a thing that any of us calls a problem"),
        ("tape", "taped"),
    ],
)
def test_a_pattern_is_not_found(pattern: str, text: str) -> None:
    assert not compile_pattern(pattern).search(plain(text))


@pytest.mark.parametrize(
    "pattern", ["", "...", "a ...", "[a-z]+", "(a", "a+", "(a|(b))", "a ... b ... c ... d ... e"]
)
def test_what_is_not_in_the_language_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        compile_pattern(pattern)


@given(st.text())
def test_plain_text_keeps_every_place(text: str) -> None:
    assert len(plain(text)) == len(text)
