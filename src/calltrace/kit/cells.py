"""Cells of tables that people open in spreadsheets."""

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets run: a text that begins like that is shown as text (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def safe(text: str | None) -> str | None:
    """The text, with a leading ``'`` where it would be run; numbers are what they are."""
    if text and text.startswith(FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def word(value: object) -> object:
    """A value as CSV has it: true and false in lower case, nothing for none."""
    return str(value).lower() if isinstance(value, bool) else value
