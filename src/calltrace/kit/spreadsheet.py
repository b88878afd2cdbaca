"""Lines of CSV (RFC 4180) that spreadsheets only read."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets run: a text that begins like that is shown as text (OWASP, CSV injection)."""


def safe(text: str | None) -> str | None:
    """A text of somebody else's that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as UTF-8; truth is written in small letters, nothing as nothing."""
    written = io.StringIO()
    csv.writer(written).writerows([_word(value) for value in row] for row in rows)
    return written.getvalue().encode()


def _word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
