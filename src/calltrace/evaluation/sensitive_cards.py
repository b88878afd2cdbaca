"""Payment cards: the number, whole or read out over several turns, and what follows it in one breath."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from calltrace.evaluation.card_numbers import FIRST_DIGITS, LENGTHS, luhn
from calltrace.evaluation.sensitive_dates import is_expiry
from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.spoken_numbers import Run

_SHORTEST, _LONGEST = 13, 19
_PIECE = 4
_PIECES = 5
_CVV = (3, 4)
_ONE_BREATH = 60
_AT_ONCE = 8
"""Characters: an answer that begins with the number may go on with anything."""
_SOON = 4
"""Turns after a card's number in which its expiry and code are said."""
_OTHERS = frozenset(("national_id", "date_of_birth", "phone", "email", "address", "thing"))
"""Once one of these was asked for, a short number is no detail of the card."""
_FEW_WORDS = 4
_LOST_PLACE = 10
"""Words after which nobody goes on with a number that was broken off."""


def cards(turn: Turn) -> list[Finding]:
    """Card numbers, their expiry and their security code in one turn."""
    numbers = _numbers(turn)
    found = [turn.found("payment_card", run.start, run.end) for run in numbers]
    return [*found, *_after(turn, numbers[-1])] if numbers else found


def _numbers(turn: Turn) -> list[Run]:
    return [run for run in turn.runs if _is_card(run.digits, turn)]


def security_codes(turn: Turn) -> list[Finding]:
    """Three or four digits that were asked for or announced as one."""
    low, high = _CVV
    return [
        turn.found("cvv", run.start, run.end)
        for run in turn.runs
        if low <= len(run.digits) <= high and not turn.is_amount(run) and _is_code(turn, run)
    ]


def _is_code(turn: Turn, run: Run) -> bool:
    """Named, asked for, or what is left to say after a card's number."""
    in_short = len(turn.text) < _ONE_BREATH or run.start < _AT_ONCE
    of_card = turn.reads_card and (in_short or turn.near("code", run.start))
    is_date = is_expiry(run.digits) and not turn.is_code(run)
    return turn.near("cvv", run.start) or (turn.answers("cvv", 1) and in_short) or (of_card and not is_date)


def reading(turns: Sequence[Turn], split: Sequence[Finding]) -> list[Turn]:
    """``turns`` that know whether a card was read out before them, and whether that goes on."""
    read = sorted({one.index for one in split} | {turn.index for turn in turns if _numbers(turn)})
    return [
        replace(turn, of_cards=True, reads_card=_reads_on(turns, turn.index, read[before - 1]))
        if (before := bisect_left(read, turn.index))
        else turn
        for turn in turns
    ]


def _reads_on(turns: Sequence[Turn], index: int, last: int) -> bool:
    """Whether a turn is of the side that read a card out in turn ``last``, with nothing else asked since."""
    if index - last > _SOON or turns[index].speaker != turns[last].speaker:
        return False
    between = [turns[at] for at in range(last + 1, index)]
    return not any(_OTHERS & turn.own.keys() for turn in between)


def _after(turn: Turn, card: Run) -> Iterator[Finding]:
    """What comes close behind a card number; what is far from it says itself what it is."""
    reach, expired = card.end, False
    for run in turn.runs:
        if run.start < card.end:
            continue
        if len(turn.readable[reach : run.start].split()) > _FEW_WORDS:
            return
        if turn.is_amount(run):
            continue
        if is_expiry(run.digits) and not turn.is_code(run) and not expired:
            yield turn.found("expiry", run.start, run.end)
            expired = True
        elif len(run.digits) in _CVV:
            yield turn.found("cvv", run.start, run.end)
        reach = run.end


def _is_card(digits: str, turn: Turn) -> bool:
    """By length and first digit; recognisers mishear digits, a failed check digit acquits nothing.

    They also repeat groups: where a card is spoken of, a longer number is one, too.
    """
    if len(digits) < _SHORTEST or digits[0] not in FIRST_DIGITS:
        return False
    if "payment_card" in turn.own or "payment_card" in turn.asked:
        return True
    return len(digits) in LENGTHS or (len(digits) <= _LONGEST and luhn(digits))


def split_cards(turns: Sequence[Turn]) -> list[Finding]:
    """Card numbers that one speaker reads out over several turns, the other only saying "go on"."""
    found: list[Finding] = []
    for side in ("agent", "customer", "unknown"):
        pieces = [
            (turn, run)
            for turn in turns
            if turn.speaker == side
            for run in turn.runs
            if _PIECE <= len(run.digits) < _SHORTEST
        ]
        found += _joined(pieces)
    return found


def _joined(pieces: list[tuple[Turn, Run]]) -> list[Finding]:
    found: list[Finding] = []
    first = 0
    while first < len(pieces):
        length = next((n for n in range(2, _PIECES + 1) if _is_split(pieces[first : first + n], n)), 0)
        found += [turn.found("payment_card", r.start, r.end) for turn, r in pieces[first : first + length]]
        first += length or 1
    return found


def _goes_on(pieces: Sequence[tuple[Turn, Run]]) -> bool:
    """Whether little is said between pieces of one turn."""
    return all(
        turn.index != later.index or len(turn.readable[run.end : following.start].split()) <= _LOST_PLACE
        for (turn, run), (later, following) in pairwise(pieces)
    )


def _is_split(pieces: list[tuple[Turn, Run]], length: int) -> bool:
    """Whether these make one number, over several turns with at most one between."""
    places = [turn.index for turn, _ in pieces]
    near = all(later - sooner <= 2 for sooner, later in pairwise(places))  # noqa: PLR2004
    digits = "".join(run.digits for _, run in pieces)
    if len(pieces) < length or not near or digits[0] not in FIRST_DIGITS or not _goes_on(pieces):
        return False
    spoken_of = any("payment_card" in turn.own or "payment_card" in turn.asked for turn, _ in pieces)
    return len(digits) in LENGTHS and (spoken_of or luhn(digits))
