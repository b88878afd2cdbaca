"""What somebody tells when a number of theirs was asked for, or names before telling it, however short."""

import re
from collections.abc import Iterator, Sequence

from calltrace.evaluation.sensitive_sequences import LOST, WORD, sequences
from calltrace.evaluation.sensitive_things import OF_THINGS, is_given_out
from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.sensitive_words import NAMES
from calltrace.evaluation.spoken_numbers import Run

_NAMED = re.compile(
    rf"\b{NAMES}(?:'?s\b)?(?: (?:number|no|id|code|numero|nummer|n|nr))?(?:'?s\b)?"
    r"(?:[ ,:]+(?:is|its?|it's|are|es|el|la|e|il|est|c'est|cest|le|ist|die|der|das|lautet|o|a|um|uh|er|euh"
    r"|ah|eh|ahm|este|numero|number|nummer))*[ ,:]*$"
)
_IBAN = re.compile(r"(?:at|be|ch|cz|de|es|fr|gb|ie|it|lu|nl|pl|pt)\d{2}[a-z0-9]{2,30}")
_BEFORE = 60
_ALONE = 5
"""What is a fifth of its turn is what the turn is for."""
_FEWEST, _FEWEST_DIGITS, _LONGEST = 3, 2, 24
_LONG_IBAN = 15
_PHONE, _IDENTITY = (6, 14), (3, 18)


def told(turn: Turn) -> list[Finding]:
    """Answers to a question for a number, and numbers right after their name; agents tell nothing."""
    if turn.speaker == "agent":
        return []
    found: list[Finding] = []
    for group in _groups(turn):
        kind = _kind_of_parts(turn, group) or next(
            (kind for run in group if (kind := _kind(turn, run))), None
        )
        if kind:
            numbers = (run for run in group if any(map(str.isdigit, run.digits)))
            found += [_found(turn, kind, run) for run in numbers]
    return found


def _found(turn: Turn, kind: str, run: Run) -> Finding:
    of_thing = kind in OF_THINGS and is_given_out(turn, kind, run.start)
    return turn.found(kind, run.start, run.end, of_thing=of_thing)


def _groups(turn: Turn) -> Iterator[Sequence[Run]]:
    """Sequences with nothing between but that the first of them was wrong."""
    group: list[Run] = []
    for run in sequences(turn):
        if group and not LOST.issuperset(WORD.findall(turn.readable[group[-1].end : run.start])):
            yield group
            group = []
        group.append(run)
    yield group


def _kind_of_parts(turn: Turn, group: Sequence[Run]) -> str | None:
    """What was asked for and is told in parts, each too short to be known: ``r q sept attendez deux x k``."""
    said = "".join(run.digits for run in group)
    is_short = len(group) > 1 and len(said) <= _LONGEST and not said.isdigit() and turn.answers_what_finds
    return "account_number" if is_short and sum(map(str.isdigit, said)) >= _FEWEST_DIGITS else None


def _kind(turn: Turn, run: Run) -> str | None:
    said, digits = len(run.digits), sum(map(str.isdigit, run.digits))
    if digits < _FEWEST_DIGITS or said < _FEWEST or turn.is_count(run):
        return None
    asked = turn.answers_what_finds
    if _IBAN.match(run.digits) and (_is_asked(turn, "iban", run) or said >= _LONG_IBAN):
        return "iban"
    alone = run.end - run.start >= len(turn.text) / _ALONE
    if said == digits and _is_asked(turn, "phone", run) and _PHONE[0] <= digits <= _PHONE[1]:
        return "phone"
    if _is_asked(turn, "national_id", run) and _IDENTITY[0] <= said <= _IDENTITY[1] and alone:
        return "national_id"
    named = _NAMED.search(turn.readable, max(run.start - _BEFORE, 0), run.start)
    return "account_number" if said <= _LONGEST and ((asked and alone) or named) else None


def _is_asked(turn: Turn, kind: str, run: Run) -> bool:
    return turn.answers(kind, 1) or turn.near(kind, run.start)
