"""Numbers that are dictated over several turns, while the other side says "uh-huh", or what it has so far.

What was begun goes on until somebody speaks of something else: a next turn of little but digits and letters
is a part of it, and so is what is read back of it, however short.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from calltrace.evaluation import card_numbers
from calltrace.evaluation.sensitive_sequences import ARTICLES, WORD, counted, sequences
from calltrace.evaluation.sensitive_taken import Taken
from calltrace.evaluation.sensitive_things import OF_THINGS, is_given_out
from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.spoken_numbers import Run, digit_of, digit_runs

_KINDS = ("cvv", "expiry", "payment_card", "national_id", "phone", "account_number", "address")
"""What is dictated, in the order in which a question for several is understood."""
_SPELLED = frozenset(("national_id", "account_number"))
_VOWELS = frozenset("aeiouy")
_OF_CARDS = frozenset(("cvv", "expiry"))
_DICTATED = frozenset((*_KINDS, "iban"))
_REST = re.compile(
    r"\b(?:more|rest|next|after|finish|again|go on|carry on|keep|missing|last|weiter|rest|fehl\w*|noch|danach"
    r"|suite|reste|apres|continuez|encore|manque|mas|sigue|siga|resto|falta\w*|despues|continue|mais|poi|ancora"
    r"|manca\w*|avanti|dopo)\b"
)
_FIRST_WORDS, _WORDS_BETWEEN, _LAST_WORDS = 5, 6, 2
_HEARING_WORDS, _ASKING_WORDS = 3, 9
_PART, _TELLING, _WHOLE = 2, 3, 4
_COMPLETE = {"phone": 9, "payment_card": 15, "iban": 20}
_LEAST = {"phone": 6}
_MOST_TOLD = 200
_MOST_CORRECTED = 3
"""What is read back is a third of what was told at least."""


@dataclass(frozen=True, slots=True)
class _Dictation:
    """What is being told: its kind, the digits said of it so far, and whether it may go on in the next turn.

    ``begun``: what nobody asked for, and may be anything until it goes on.
    """

    kind: str
    told: str
    goes_on: bool
    begun: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True)
class _Said:
    """A turn, what may be parts of numbers in it, and what was taken of it."""

    turn: Turn
    runs: Sequence[Run]
    taken: Taken


def dictate(heard: Sequence[Turn], taken: Sequence[Taken]) -> None:
    """Add to what was ``taken`` of each turn what belongs to numbers that are told in parts."""
    now: _Dictation | None = None
    before: frozenset[str] = frozenset()
    for turn, here in zip(heard, taken, strict=True):
        said = _Said(turn, sequences(turn), here)
        if turn.speaker == "agent":
            before = frozenset(map(_digits, said.runs))
            now = now and _listened(said, now)
            continue
        last, now = now, _told(said, now, before)
        if last and now and last.begun and not now.begun:
            for one in last.begun:
                taken[one.index].add(one)


def _told(said: _Said, now: _Dictation | None, before: frozenset[str]) -> _Dictation | None:
    """A turn of whoever tells: what is asked for, or goes on. ``before``: numbers of the turn before."""
    turn, here = said.turn, said.taken
    parts = list(_within_reach(said))
    going_on = now.kind if now and now.goes_on and _goes_on(turn, parts) else None
    if kind := _asked(turn) or going_on:
        far = (run for run in said.runs[len(parts) :] if _is_strong(turn, run))
        for run in (*parts, *far):
            is_echo = _digits(run) in before and not (now and _digits(run) in now.told)
            if not is_echo and _is_part(turn, kind, run, going_on=bool(going_on)):
                _take(said, kind, run)
    numbers = sorted((one for one in here.found if one.kind in _DICTATED), key=lambda one: one.start)
    return _after(said, numbers, now) if numbers else _begun(turn, parts, before)


def _take(said: _Said, kind: str, run: Run) -> None:
    """The run, or what is left of it beside values that are known already."""
    turn, here = said.turn, said.taken
    of_thing = kind in OF_THINGS and is_given_out(turn, kind, run.start)
    places = [(run.start, run.end)]
    if not here.is_free(run.start, run.end):
        left = ((start, digit_runs(turn.text[start:end])) for start, end in here.gaps(run.start, run.end))
        places = [(start + runs[0].start, start + runs[-1].end) for start, runs in left if runs]
    for start, end in places:
        if turn.readable[start:end] not in ARTICLES:
            here.add(turn.found(kind, start, end, of_thing=of_thing))


def _after(said: _Said, numbers: Sequence[Finding], now: _Dictation | None) -> _Dictation:
    """What goes on with the last of the ``numbers`` that were told, in order."""
    last = numbers[-1]
    same = [one for one in numbers if one.kind == last.kind]
    before = now.told if now and now.kind == last.kind else ""
    told = f"{before}{_digits_in(said.runs, same)}"[-_MOST_TOLD:]
    is_last = counted(said.turn.readable[last.end :]) <= _LAST_WORDS
    return _Dictation(last.kind, told, is_last and not _is_complete(last.kind, told))


def _begun(turn: Turn, parts: Sequence[Run], before: frozenset[str]) -> _Dictation | None:
    """A turn of nothing but digits, three at least, that nobody is known to have asked for, or said."""
    read_out = any(_is_read_out(turn, run) and _digits(run) not in before for run in parts)
    if (
        not read_out
        or turn.answers("shown")
        or not _is_mostly(turn, parts)
        or counted(turn.readable[parts[-1].end :])
    ):
        return None
    begun = [turn.found("account_number", run.start, run.end) for run in parts]
    return _Dictation("account_number", "".join(map(_digits, parts)), goes_on=True, begun=begun)


def _is_read_out(turn: Turn, run: Run) -> bool:
    """Digit by digit, or written; no year."""
    said = turn.readable[run.start : run.end]
    by_digits = said[:1].isdigit() or all(len(digit_of(word) or "0") == 1 for word in WORD.findall(said))
    return by_digits and len(_digits(run)) >= _TELLING and not turn.is_year(run)


def _listened(said: _Said, now: _Dictation) -> _Dictation:
    """A turn of whoever writes down: parts that are read back, and whether there is to be more."""
    turn = said.turn
    others = counted(turn.readable)
    for run in said.runs:
        others -= counted(turn.readable[run.start : run.end])
        enough = _TELLING if others > _HEARING_WORDS else _PART
        if not now.begun and len(_digits(run)) >= enough and _is_read_back(_digits(run), now.told):
            said.taken.claim(turn.found(now.kind, run.start, run.end))
    asks_for_more = _REST.search(turn.readable) and others <= _ASKING_WORDS
    is_listening = (others <= _HEARING_WORDS or asks_for_more) and "name" not in turn.own
    return replace(now, goes_on=now.goes_on and bool(is_listening))


def _is_read_back(said: str, told: str) -> bool:
    """Whether it is a part of what was told, or all of it but what was wrong in it."""
    if said in told:
        return True
    at = -1
    for digit in said:
        at = told.find(digit, at + 1)
        if at < 0:
            return False
    return len(said) > _TELLING and len(told) <= _MOST_CORRECTED * len(said)


def _asked(turn: Turn) -> str | None:
    for kind in _KINDS:
        if turn.answers(kind, 1) or (kind == "account_number" and turn.answers_what_finds):
            return None if (kind in _OF_CARDS and not turn.of_cards) or turn.answers("email", 1) else kind
    return None


def _within_reach(said: _Said) -> Iterator[Run]:
    """What is told at the beginning of a turn, and so on while little else is said between."""
    end, most = 0, _FIRST_WORDS
    for run in said.runs:
        if counted(said.turn.readable[end : run.start]) > most:
            return
        yield run
        end, most = run.end, _WORDS_BETWEEN


def _goes_on(turn: Turn, parts: Sequence[Run]) -> bool:
    """Whether a turn is parts of a number for the most part, or begins with a long one."""
    at_once = parts and len(_digits(parts[0])) >= _TELLING and not counted(turn.readable[: parts[0].start])
    return bool(at_once) or _is_mostly(turn, parts)


def _is_strong(turn: Turn, run: Run) -> bool:
    """A number or a code wherever it stands: four digits that are read out, or letters among digits."""
    if len(run.digits) < _WHOLE:
        return False
    return _is_read_out(turn, run) if run.digits.isdigit() else len(_digits(run)) >= _PART


def _is_mostly(turn: Turn, parts: Sequence[Run]) -> bool:
    """Whether at least half of what a turn says is parts of a number."""
    told = sum(counted(turn.readable[run.start : run.end]) for run in parts)
    return 2 * told >= counted(turn.readable)


def _is_part(turn: Turn, kind: str, run: Run, *, going_on: bool) -> bool:
    """What begins a number is longer than what goes on with it."""
    if not _digits(run):
        return kind in _SPELLED and _is_spelled(turn, run, _PART if going_on else _TELLING)
    if going_on:
        return True
    least = _LEAST.get(kind, _TELLING) if run.digits.isdigit() else _TELLING
    return len(run.digits) >= least and not turn.is_count(run)


def _is_spelled(turn: Turn, run: Run, least: int) -> bool:
    """Letters of a code, one by one; of a name where one was asked for, and ``e i`` are two words."""
    if any(len(word) > 1 and word.isupper() for word in WORD.findall(turn.text[run.start : run.end])):
        return False  # the name of a number, as CPF
    consonants = sum(letter not in _VOWELS for letter in run.digits)
    return len(run.digits) >= least and consonants >= _PART and not turn.answers("name", 1)


def _is_complete(kind: str, told: str) -> bool:
    if kind == "payment_card" and card_numbers.is_card(told):
        return True
    return len(told) >= _COMPLETE.get(kind, _MOST_TOLD)


def _digits(run: Run) -> str:
    return "".join(filter(str.isdigit, run.digits))


def _digits_in(runs: Sequence[Run], found: Sequence[Finding]) -> str:
    """The digits of the findings, as far as they are whole runs; both are in order."""
    places = iter(found)
    here = next(places, None)
    said: list[str] = []
    for run in runs:
        while here and here.end < run.end:
            here = next(places, None)
        if here and here.start <= run.start:
            said.append(_digits(run))
    return "".join(said)
