"""Numbers and codes that are sensitive because of what they answer, or because they are long."""

import re
from collections.abc import Iterator

from calltrace.evaluation.sensitive_companies import is_company_line
from calltrace.evaluation.sensitive_things import OF_THINGS, is_given_out
from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.sensitive_words import ISSUED_BEFORE
from calltrace.evaluation.spoken_numbers import Run

_LENGTHS: dict[str, tuple[int, int]] = {
    "national_id": (4, 15),
    "phone": (6, 14),
    "account_number": (4, 24),
}
_OF_IDENTITY = 3
"""Digits of an identity: its last or first three are asked for, too."""
_ALONE = 5
"""A number that is a fifth of its turn is what the turn is for."""
_FAR_LENGTH = 6
_ALWAYS, _LIKE_A_PHONE = 7, (9, 13)
_CODE, _CODE_DIGITS = 6, 3
_READ_OUT = 6
_NAMED_BEFORE = 48
"""Characters before a number in which its name stands."""
_DOT = re.compile(r"\.| dot ")
_NETWORK_PARTS = 4
_WORD = re.compile(r"[^\W\d_]+|\d+")


def numbers(turn: Turn) -> list[Finding]:
    """What was asked for, what is named before it is said, and what is too long to be anything else."""
    found: list[Finding] = []
    for run in (*turn.codes, *turn.runs):
        kind = None if _is_nobodys(turn, run) else next(_kinds(turn, run), None)
        if kind:
            of_thing = kind in OF_THINGS and is_given_out(turn, kind, run.start)
            found.append(turn.found(kind, run.start, run.end, of_thing=of_thing))
    return found


def _kinds(turn: Turn, run: Run) -> Iterator[str]:
    """What the run may be, the surest first."""
    if turn.is_amount(run) and len(run.digits) < _LIKE_A_PHONE[0]:
        return
    for kind, (low, high) in _LENGTHS.items():
        fits = low <= len(run.digits) <= high and not (turn.is_year(run) and run.digits.isdigit())
        if fits and turn.near(kind, run.start) and (turn.speaker != "agent" or _is_said(turn, kind, run)):
            yield kind
    for kind, (low, high) in _LENGTHS.items():
        least = _OF_IDENTITY if kind == "national_id" else low
        if least <= len(run.digits) <= high and _answers(turn, kind, run):
            yield kind
    if run.digits.isdigit():
        low, high = _LIKE_A_PHONE
        if len(run.digits) >= _ALWAYS and not turn.is_year(run):
            yield "phone" if low <= len(run.digits) <= high else "account_number"
        elif len(run.digits) >= _READ_OUT and _digit_by_digit(turn, run) and not turn.answers("shown", 1):
            yield "account_number"
    elif len(run.digits) >= _CODE and sum(map(str.isdigit, run.digits)) >= _CODE_DIGITS:
        yield "account_number"


def _is_nobodys(turn: Turn, run: Run) -> bool:
    """What an agent gives out, a company's telephone, an address of the network."""
    is_address = len(_DOT.split(turn.readable[run.start : run.end])) == _NETWORK_PARTS
    return is_address or _is_issued(turn, run) or is_company_line(turn, run)


def _is_issued(turn: Turn, run: Run) -> bool:
    """The number of a ticket or a case that an agent gives out: it was made a moment ago and is nobody's."""
    return turn.speaker == "agent" and bool(
        ISSUED_BEFORE.search(turn.readable[max(run.start - _NAMED_BEFORE, 0) : run.start])
    )


def _digit_by_digit(turn: Turn, run: Run) -> bool:
    """Nobody says an amount or a time like that: ``four four one nine two six``."""
    return len(_WORD.findall(turn.readable[run.start : run.end])) >= len(run.digits)


def _is_said(turn: Turn, kind: str, run: Run) -> bool:
    """An agent who reads a number back says it right after its name."""
    return any(0 <= run.start - end <= 24 for _, end in turn.own[kind])  # noqa: PLR2004 - characters


def _answers(turn: Turn, kind: str, run: Run) -> bool:
    """The farther the question, the longer the number has to be; an answer of little else may be short."""
    if turn.is_year(run) and run.digits.isdigit():
        return False
    if turn.answers(kind, 1):
        alone = turn.spent_on_numbers >= len(turn.text) / _ALONE
        return alone or len(run.digits) >= _FAR_LENGTH
    return turn.answers(kind) and len(run.digits) >= _FAR_LENGTH
