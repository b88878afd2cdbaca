"""Where the digits of a payment card end, and those of its expiry and security code begin.

Whoever reads a card aloud, or types it into a chat, often says all of it in one go: number, expiry, code.
"""

_CODES = {16: 3, 15: 4}
"""Digits of the security code, by those of the number; 15 are American Express."""
LENGTHS = tuple(_CODES)
FIRST_DIGITS = "23456"
_EXPIRY = 4
_EXPIRY_AND_CODE = tuple(_EXPIRY + length for length in _CODES.values())
_YEARS = range(20, 50)
_MONTHS = range(1, 13)


def luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0  # noqa: PLR2004 -- digit sum


def is_card(digits: str) -> bool:
    """Whether these may be a whole card number; a recogniser mishears digits, so the check digit may fail."""
    return len(digits) in LENGTHS and digits[0] in FIRST_DIGITS


def cuts(digits: str) -> tuple[int, ...]:
    """The lengths at which digits that hold more than a card number fall apart; none: they do not.

    What follows must be a month and a year, with a code or without; or a code alone, where the check digit
    of the number is right.
    """
    for length, code in _CODES.items():
        number, rest = digits[:length], digits[length:]
        expires = len(rest) in (_EXPIRY, *_EXPIRY_AND_CODE) and _expires(rest)
        if is_card(number) and (expires or (len(rest) == code and luhn(number))):
            return (length, *(length + cut for cut in cuts_behind(rest)))
    return ()


def cuts_behind(digits: str) -> tuple[int, ...]:
    """The same for digits that follow a card number."""
    return (_EXPIRY,) if len(digits) in _EXPIRY_AND_CODE and _expires(digits) else ()


def _expires(digits: str) -> bool:
    """Whether they begin with a month and a year in two digits each."""
    return len(digits) >= _EXPIRY and int(digits[:2]) in _MONTHS and int(digits[2:4]) in _YEARS
