"""Lines of CSV (RFC 4180) that spreadsheets only read."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets run: a text that begins like that is shown as text (OWASP, CSV injection)."""
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def safe(text: str | None) -> str | None:
    """A text of somebody else's that no spreadsheet takes for a formula; a number is none."""
    is_run = text and text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_run else text


def lines(rows: Iterable[Sequence[object]]) -> bytes:
    """Rows as UTF-8; truth is written in small letters, nothing as nothing."""
    written = io.StringIO()
    csv.writer(written).writerows([_word(value) for value in row] for row in rows)
    return written.getvalue().encode()


def _word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
