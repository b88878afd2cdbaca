"""Which of several things a value is, where more than one was asked for or is told in one turn.

``The contract number and your tax id?`` - ``RD 44 18, tax id 213 905 766``: each finder alone gives both
values the kind that it knows; here what stands right before a value says what it is, then the order in
which things were asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from calltrace.evaluation.sensitive_homes import STREET_WORDS
from calltrace.evaluation.sensitive_turn import Finding, Turn, by_turn, spoken_of

_NUMBERS = ("account_number", "national_id", "phone")
_ASKED = (*_NUMBERS, "address", "date_of_birth", "email", "iban", "payment_card")
_LIKE_A_PHONE = (9, 13)
_WHOLES = frozenset((*_NUMBERS, "payment_card", "iban"))
_WHOLE = 6
"""Digits of a number of which others may be parts."""
_LEAST_DIGITS = dict.fromkeys(_WHOLES, 2) | {"cvv": 4}
_NEVER = 99
_AROUND = 8
"""Values before and after one in which its whole is looked for."""
_FEW = 8
"""Values of a turn that are sorted out; where there are more, nobody told them for a question."""


def as_asked(heard: Sequence[Turn], found: Sequence[Finding]) -> Iterator[Finding]:
    """``found`` with kinds that fit what each turn was asked and what it says of each value."""
    places = by_turn(found)
    for turn in heard:
        here = sorted(places[turn.index], key=lambda one: one.start)
        if turn.speaker == "agent" or len(here) > _FEW or not any(_may_be_another(turn, one) for one in here):
            yield from here
            continue
        asked = _asked(turn)
        for at, one in enumerate(here):
            kind = _told(turn, here, at) or _in_order(here, at, asked) if _may_be_another(turn, one) else None
            yield replace(one, kind=kind) if kind and _fits(turn, one, kind) else one


def _may_be_another(turn: Turn, one: Finding) -> bool:
    """Numbers and codes; what looks like a street, a date or a card is sure of itself."""
    if one.kind == "address":
        said = turn.readable[one.start : one.end]
        return not STREET_WORDS.search(said) and any(map(str.isdigit, said))
    return one.kind in _NUMBERS


def _asked(turn: Turn) -> list[str]:
    """What the turn before asked for, in its order."""
    first = {kind: places[0][0] for kind, places in spoken_of(turn.before).items() if kind in _ASKED}
    return sorted(first, key=lambda kind: first[kind]) if len(first) > 1 else []


def _told(turn: Turn, here: Sequence[Finding], at: int) -> str | None:
    """What stands between the value before and this one; or another than what is named only after it."""
    one, since = here[at], here[at - 1].end if at else 0
    before = [
        (end, kind)
        for kind in _NUMBERS
        for start, end in turn.own.get(kind, ())
        if since <= start and end <= one.start + 1
    ]
    if before:
        return max(before)[1]
    after = here[at + 1] if at + 1 < len(here) else None
    is_named_later = after is not None and any(
        one.end <= start < after.end for start, _ in turn.own.get(one.kind, ())
    )
    return _by_form(turn, one) if is_named_later and after and after.kind == one.kind else None


def _by_form(turn: Turn, one: Finding) -> str:
    digits = turn.digits_in(one.start, one.end)
    low, high = _LIKE_A_PHONE
    return "phone" if low <= len(digits) <= high and digits.startswith(("0", "8", "9")) else "account_number"


def _in_order(here: Sequence[Finding], at: int, asked: Sequence[str]) -> str | None:
    """The thing that was asked for in the same place, where each has its value."""
    return asked[at] if len(asked) == len(here) and asked[at] in _NUMBERS else None


def _fits(turn: Turn, one: Finding, kind: str) -> bool:
    """A telephone has digits, and enough of them."""
    digits = turn.digits_in(one.start, one.end)
    return kind != "phone" or len(digits) > _LIKE_A_PHONE[0] - 3


def as_whole(heard: Sequence[Turn], found: Sequence[Finding]) -> list[Finding]:
    """``found`` with parts of numbers, and numbers said again, of the kind that the whole one has."""
    told = [(one, heard[one.index].digits_in(one.start, one.end)) for one in found]
    told.sort(key=lambda item: (item[0].index, item[0].start))
    return [
        replace(one, kind=_kind_of_whole(told[max(at - _AROUND, 0) : at + _AROUND + 1], one, digits))
        for at, (one, digits) in enumerate(told)
    ]


def _kind_of_whole(near: Sequence[tuple[Finding, str]], one: Finding, digits: str) -> str:
    """Of the longest number nearby that begins or ends with these digits; an ``account_number`` is any."""
    if len(digits) < _LEAST_DIGITS.get(one.kind, _NEVER):
        return one.kind
    wholes = [
        (-len(said), other.kind == "account_number", other.index, other.kind)
        for other, said in near
        if other.kind in _WHOLES and _is_part(digits, said)
    ]
    return min(wholes)[-1] if wholes else one.kind


def _is_part(digits: str, said: str) -> bool:
    is_end = said.startswith(digits) or said.endswith(digits)
    return said == digits or (is_end and len(said) >= _WHOLE)
