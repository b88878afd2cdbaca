"""Classes of words in six languages, as features of a turn: what an embedding of the whole turn blurs.

Whether somebody promises or declines to promise, threatens or tells of a threat, hangs on a word or two.
Each class means the same in every language, so what one language teaches the others know. The weights
are learned (``scripts/train_acts.py``); nothing here decides anything.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from calltrace.evaluation.judges.wording_words import WORDS
from calltrace.scorecards.patterns import plain

_SPAN_BEFORE, _SPAN_AFTER = 40, 24
"""Characters around a promise in which a negation or a teller takes it back, within its clause."""
_CLAUSE = re.compile(r"[,.;:!?]|\b(?:but|aber|sondern|pero|sino|mais|mas|ma|and|und|et)\b")
_PATTERNS = {name: re.compile(words) for name, words in WORDS.items()}
_TAKES_BACK = re.compile("|".join(WORDS[name] for name in ("negation", "told")))
_AIMABLE = ("menace", "scorn", "blame")
_TOGETHER = 48
"""Characters between two words that speak of each other: "the call" and "is taped"."""
_PAIRS = {
    "call_taped": ("taping", "this_call"),
    "call_kept": ("keeping", "this_call"),
    "other_taped": ("taping", "other_record"),
}
NAMES = (*WORDS, *_PAIRS, "firm_promise", "promise_taken_back", "aimed")
WORDINGS = len(NAMES)


def wording(text: str) -> list[float]:
    """``WORDINGS`` numbers, 0 or 1: the classes of words in ``text``, then what they do to each other."""
    readable = plain(text)
    found = {name: bool(pattern.search(readable)) for name, pattern in _PATTERNS.items()}
    promises = list(_taken_back(readable)) if found["promise"] else []
    pairs = [
        found[one] and found[other] and _together(readable, one, other) for one, other in _PAIRS.values()
    ]
    aimed = found["you"] and not found["told"] and any(found[name] for name in _AIMABLE)
    return [float(one) for one in (*found.values(), *pairs, not all(promises), any(promises), aimed)]


def _together(readable: str, one: str, other: str) -> bool:
    """Whether a word of class ``one`` and a word of class ``other`` stand near each other."""
    others = [match.span() for match in _PATTERNS[other].finditer(readable)]
    for match in _PATTERNS[one].finditer(readable):
        after = bisect_left(others, match.span())
        for start, end in others[max(after - 1, 0) : after + 1]:
            if max(match.start() - end, start - match.end()) <= _TOGETHER:
                return True
    return False


def _taken_back(readable: str) -> Iterator[bool]:
    """For each word of promise, whether something in its clause takes it back."""
    for match in _PATTERNS["promise"].finditer(readable):
        before = readable[max(match.start() - _SPAN_BEFORE, 0) : match.start()]
        after = readable[match.end() : match.end() + _SPAN_AFTER]
        near = _CLAUSE.split(before)[-1], _CLAUSE.split(after)[0]
        yield any(_TAKES_BACK.search(part) for part in near)
