"""What was told, said again in part: somebody who writes an address down says its street or its door."""

import re
from collections.abc import Iterator, Sequence

from calltrace.evaluation.sensitive_homes import STREET_WORDS
from calltrace.evaluation.sensitive_tails import OF_HOUSES
from calltrace.evaluation.sensitive_taken import Taken
from calltrace.evaluation.sensitive_turn import Finding, Place, Turn
from calltrace.evaluation.spoken_numbers import digit_of

_SOON = 3
"""Turns after an address in which a part of it is taken for an echo."""
_FEW = 4
"""Addresses of a turn that are kept in mind."""
_WORD = re.compile(r"[^\W_]+")
_AND = frozenset(("e", "y", "a", "o"))
_NAME = 4
"""Letters of a name that are enough to know it again."""
_HOUSE = re.compile(r"\d{1,5}[a-z]")
_BETWEEN = re.compile(r"[\s,.'\u2019\u2026-]*")


def echoes(heard: Sequence[Turn], taken: Sequence[Taken]) -> Iterator[Finding]:
    """Parts of addresses that are said again in the next turns and were not found by themselves."""
    said: set[str] = set()
    for turn, here in zip(heard, taken, strict=True):
        for one in [one for one in here.found if one.kind == "address"][:_FEW]:
            words = frozenset(_WORD.findall(turn.readable[one.start : one.end]))
            for later in heard[turn.index + 1 : turn.index + 1 + _SOON]:
                for start, end in _said_again(later, words, words - said):
                    is_place = later.speaker != "agent" or _is_place(later.readable[start:end])
                    if taken[later.index].is_free(start, end):
                        yield later.found("address", start, end, of_thing=one.of_thing or not is_place)
        said.update(_WORD.findall(turn.readable))


def _said_again(turn: Turn, words: frozenset[str], new: frozenset[str]) -> Iterator[Place]:
    """Words of the address side by side that tell which one it is."""
    run: list[re.Match[str]] = []
    for match in (*_WORD.finditer(turn.readable), None):
        is_next = match is not None and match[0] in words
        if run and (
            match is None
            or not is_next
            or not _BETWEEN.fullmatch(turn.readable, run[-1].end(), match.start())
        ):
            if _tells([one[0] for one in run], new):
                yield run[0].start(), run[-1].end()
            run = []
        if match and is_next:
            run.append(match)


def _tells(said: Sequence[str], new: frozenset[str]) -> bool:
    """Whether there is a name that nobody said before, a house with its letter, or the number of a door."""
    numbers = [one for one in said if digit_of(one) is not None]
    if any(_HOUSE.fullmatch(one) for one in said):
        return True
    of_house = any(_is_of_house(one) for one in said)
    return any(_is_name(one) and one in new for one in said) or bool(numbers and of_house and len(said) > 1)


def _is_place(said: str) -> bool:
    """Whether it leads to a door: a name alone, ``so on at Prospect``, is said of whole quarters."""
    words = _WORD.findall(said)
    has_number = any(digit_of(one) is not None or one[0].isdigit() for one in words)
    return has_number or any(STREET_WORDS.fullmatch(one) for one in words)


def _is_of_house(word: str) -> bool:
    """A floor, a door, a letter: ``flat``, ``links``, ``b``."""
    is_letter = len(word) == 1 and word not in _AND
    return not word.isdigit() and (is_letter or OF_HOUSES.fullmatch(word) is not None)


def _is_name(word: str) -> bool:
    is_name = len(word) >= _NAME and word.isalpha() and digit_of(word) is None
    return is_name and not STREET_WORDS.fullmatch(word) and not OF_HOUSES.fullmatch(word)
