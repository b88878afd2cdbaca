"""``X-Exclude-PII``: phone numbers, e-mail addresses, cards and long runs of digits become ``****``."""

import re

MASK = "****"
_EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
"""Tried where a word begins only: from each letter of a long one it would take its square."""
_DIGITS = re.compile(r"\+?\(?\d(?:[\s().\-/]{0,3}\d){5,}")
"""Six digits or more, with the separators that numbers are written with."""


def masked(text: str) -> str:
    """The text without what may identify somebody."""
    return _DIGITS.sub(MASK, _EMAIL.sub(MASK, text))
