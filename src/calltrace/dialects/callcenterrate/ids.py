"""Cuid-shaped names of our rows: ``c`` and 24 base36 characters (acceptance CR-024), without a table of them.

Our ids are UUIDv7: six of their 128 bits are always the same, so 122 tell them apart. With two more for what
kind of thing is meant they fit into 24 characters of base36, which hold 124.08 bits. The mapping is fixed: an
id never changes, not with another secret key nor on another installation, and none is given twice.

    number = (122 bits of the UUID, time first) * 4 + kind
    text   = "c" + base36((number + 20 * 36**23) mod 36**24)

What is added makes ids of this and the next century begin with ``ck``, as those of the seed do. Time comes
first, so ids sort by age as real cuids do. They are no secret: row-level security decides who sees a row.
"""

import re
import secrets
import uuid
from typing import Literal

Kind = Literal["project", "audio", "analysis", "other"]

_KINDS: tuple[Kind, ...] = ("project", "audio", "analysis", "other")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 24
_ALL = 36**_LENGTH
_FIRST_K = _DIGITS.index("k") * 36 ** (_LENGTH - 1)
_FORM = re.compile(r"c[0-9a-z]{24}")
_VERSION = 7


def encode(kind: Kind, row_id: uuid.UUID) -> str:
    """How a row is called here.

    Raises:
        ValueError: the id is no UUIDv7, which no row of ours has.
    """
    if row_id.version != _VERSION:
        raise ValueError(f"{row_id} is no UUIDv7")
    value = row_id.int
    bits = (value >> 80) << 74 | (value >> 64 & 0xFFF) << 62 | value & (1 << 62) - 1
    number = (bits << 2 | _KINDS.index(kind)) + _FIRST_K
    return "c" + _base36(number % _ALL)


def decode(kind: Kind, text: str) -> uuid.UUID | None:
    """The row that a text names, if it names one of this kind; whether there is such a row is not asked."""
    if not _FORM.fullmatch(text):
        return None
    number = (int(text[1:], 36) - _FIRST_K) % _ALL
    if number >> 124 or _KINDS[number & 3] != kind:
        return None
    bits = number >> 2
    value = (
        (bits >> 74) << 80 | _VERSION << 76 | (bits >> 62 & 0xFFF) << 64 | 0b10 << 62 | bits & (1 << 62) - 1
    )
    return uuid.UUID(int=value)


def new_id() -> str:
    """A cuid-shaped text that names no row: of a delivery."""
    return "ck" + "".join(secrets.choice(_DIGITS) for _ in range(_LENGTH - 1))


def _base36(number: int) -> str:
    digits = ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
