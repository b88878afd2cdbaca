"""The closed list of what counts as sensitive, and the marks that stand in its place."""

import re
from typing import Literal, get_args

SensitiveKind = Literal[
    "payment_card", "cvv", "expiry", "iban", "account_number", "national_id", "date_of_birth", "phone",
    "email", "address", "person_name",
]  # fmt: skip
KINDS: tuple[SensitiveKind, ...] = get_args(SensitiveKind)
MARK = re.compile(rf"\[({'|'.join(KINDS)})\]")
"""What a redacted value left in the text: it tells the kind, and nothing of the value."""
_BLANK = "\u00a4"
_STAND_INS: dict[str, str] = {
    "payment_card": "4111 1111 1111 1111", "cvv": "123", "expiry": "12/28",
    "iban": "GB82 WEST 1234 5698 7654 32", "account_number": "4 4 0 9 7 1", "national_id": "512 44 1234",
    "date_of_birth": "May 17th, 1979", "phone": "314 555 0142", "email": "name@mail.example",
    "address": "12 Sycamore Road", "person_name": "Alex",
}  # fmt: skip
"""What sentence embeddings were taught on is calls with values; no value of a call is among these."""


def mark(kind: str) -> str:
    """What stands in the place of a value of this kind."""
    return f"[{kind}]"


def unmarked(text: str) -> str:
    """``text`` with each mark blotted out, as long as before: its words explain no number beside it."""
    return MARK.sub(lambda found: _BLANK * len(found[0]), text)


def as_spoken(text: str) -> str:
    """``text`` with an invented value for each mark: what a recogniser of acts would have read."""
    return MARK.sub(lambda found: _STAND_INS[found[1]], text)
