"""What ``X-Exclude-PII`` hides, and in which time."""

import time

import pytest

from calltrace.dialects.auralytik.masking import masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("write to ada.l+x@calls.test, please", "write to ****, please"),
        ("a@b x.y%z@calls.test;é.b@c.de", "a@b ****;****"),
        ("call +49 (30) 123-456 or 12345", "call **** or 12345"),
    ],
)
def test_addresses_and_numbers_are_hidden(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize("piece", ["a", "a.", "a@", "1 ", "a@b-"])
def test_a_long_word_takes_no_more_than_its_length(piece: str) -> None:
    began = time.process_time()
    masked(piece * 50_000)
    assert time.process_time() - began < 2, "its square would be minutes"
