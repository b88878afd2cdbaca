"""Numbers and codes that are told in parts: ``c one one eight``, ``tre tre otto quarantuno e poi zero``.

Where a number was asked for, or is named just before, whatever is said in its place belongs to it: letters,
digits, hundreds, and what people say between them while they read.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from calltrace.evaluation.number_words import FILLERS
from calltrace.evaluation.sensitive_restarts import AND_THEN
from calltrace.evaluation.sensitive_turn import Turn
from calltrace.evaluation.spelled import JOINTS, UNITS, Token, letters
from calltrace.evaluation.spoken_numbers import Run, digit_runs
from calltrace.kit.kept import kept_with

WORD = re.compile(r"[^\W_]+")
_STOP = re.compile(r"[?!;]|\.(?! ?\.)(?=\s+[A-Z\u00c0-\u00dd][a-z])")
"""A sentence that begins is another matter."""
_READING_WORDS = (
    "este pues ay aehm also enfin voila alors allora ecco entao bueno letter lettre lettera letra letras"
    " letters buchstabe number numero nummer hyphen em"
)
_READING = (AND_THEN | FILLERS | JOINTS | frozenset(_READING_WORDS.split())) - {"no"}
_LOST_WORDS = (
    "no not naw nope nee ne nein non sorry wait hang hold on moment second again rather i mean perdon digo"
    " espera espere esperame espereme esperate warte warten attendez attends pardon aspetta aspetti scusi"
    " anzi desculpe aguarde entschuldigung verzeihung quatsch momento momentito pera disculpe mentiras bzw"
)
LOST = _READING | frozenset(_LOST_WORDS.split())
"""What people say between parts of a number when they lose the place and correct themselves."""
ARTICLES = frozenset(
    ("un", "una", "une", "um", "uma", "ein", "eine", "einen", "one", "o", "oh", "sei", "dos")
)
"""Digits alone that are other words more often."""
_LITTLE_WORDS = frozenset("aeiouy")
_LETTERS_AND_WORDS = "are you why see oh be de el en te si es the eye tea ce ge ve pe"
_COMMON_WORDS = frozenset(_LETTERS_AND_WORDS.split())
"""Names of letters that are words beside each other, too: ``are you``."""
_MOST_BETWEEN = 4


@dataclass(frozen=True, slots=True)
class _Part:
    """Digits, or one letter or several that are written together."""

    value: str
    start: int
    end: int
    sure: bool


@kept_with
def sequences(turn: Turn) -> Sequence[Run]:
    """Everything in a turn that reads like the parts of one number or code, in order."""
    found: list[Run] = []
    parts: list[_Part] = []
    for part in _parts(turn):
        if parts and not _belongs(turn, parts[-1], part):
            found += _joined(turn, parts)
            parts = []
        parts.append(part)
    return [*found, *_joined(turn, parts)]


def counted(text: str) -> int:
    """Words that are not what people say while they read or write down a number."""
    return sum(word not in LOST for word in WORD.findall(text))


def _parts(turn: Turn) -> list[_Part]:
    """Codes that cut no number in two, numbers but amounts, letters: of what overlaps, the first of these."""
    runs = [run for run in digit_runs(turn.text, read_out=True) if not turn.is_amount(run)]
    codes = [_Part(c.digits, c.start, c.end, sure=True) for c in turn.codes if _holds_whole(c, runs)]
    numbers = [_Part(one.digits, one.start, one.end, _is_number(turn, one)) for one in runs]
    others = [_Part(one.value, one.start, one.end, _is_letter(turn, one)) for one in letters(turn.spelled)]
    return _without_overlaps(_without_overlaps(codes, numbers), others)


def _holds_whole(code: Run, runs: Sequence[Run]) -> bool:
    """Whether a code cuts no number in two, as ``douze r k`` does after ``deux cent``."""
    first = bisect_right(runs, code.start, key=lambda run: run.end)
    touched = takewhile(lambda run: run.start < code.end, runs[first:])
    return all(code.start <= run.start and run.end <= code.end for run in touched)


def _without_overlaps(found: Sequence[_Part], new: Sequence[_Part]) -> list[_Part]:
    """Both, in order, the new ones as far as their places are free; each of the two is in order itself."""
    ends = iter((*found, None))
    here = next(ends)
    kept: list[_Part] = []
    for part in new:
        while here and here.end <= part.start:
            here = next(ends)
        if here is None or part.end <= here.start:
            kept.append(part)
    return sorted((*found, *kept), key=lambda part: part.start)


def _is_number(turn: Turn, run: Run) -> bool:
    return turn.readable[run.start : run.end] not in ARTICLES


def _is_letter(turn: Turn, letter: Token) -> bool:
    said = turn.readable[letter.start : letter.end]
    return letter.sure and said not in _LITTLE_WORDS and said not in UNITS


def _belongs(turn: Turn, last: _Part, part: _Part) -> bool:
    """Whether nothing is said between two parts but what people say between them."""
    between = turn.text[last.end : part.start]
    words = WORD.findall(turn.readable[last.end : part.start])
    return not _STOP.search(between) and len(words) <= _MOST_BETWEEN and _READING.issuperset(words)


def _joined(turn: Turn, parts: list[_Part]) -> Iterator[Run]:
    """The run without what may be a word at its ends."""
    while parts and not parts[0].sure and not _touches(turn, parts[:2]):
        parts = parts[1:]
    while parts and not parts[-1].sure and not _touches(turn, parts[-2:]):
        parts = parts[:-1]
    if parts:
        yield Run("".join(part.value for part in parts), parts[0].start, parts[-1].end)


def _touches(turn: Turn, pair: Sequence[_Part]) -> bool:
    """Whether two letters stand side by side, as ``e r`` or ``tee ar``: then neither is a word."""
    if len(pair) != 2:  # noqa: PLR2004 - a pair
        return False
    one, other = pair
    beside = not turn.readable[one.end : other.start].strip()
    return beside and all(_is_one_letter(turn, part) for part in pair)


def _is_one_letter(turn: Turn, part: _Part) -> bool:
    said = turn.readable[part.start : part.end]
    return part.value.isalpha() and len(part.value) == 1 and said not in _COMMON_WORDS
