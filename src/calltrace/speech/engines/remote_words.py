"""From a server's answer to words with times and confidences.

The text of the segments is what was said: it has punctuation and capitals. Where the server also gives
pieces with times (words without punctuation, or tokens that are parts of words), the two are laid side by
side letter by letter; where it does not, a segment's words share its time by their letters.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from calltrace.speech.engines.guards import is_phantom
from calltrace.speech.engines.protocol import HeardWord
from calltrace.speech.engines.remote_answers import Answer, Part, Piece
from calltrace.speech.loops import without_impossible_loops
from calltrace.speech.windows import Window

UNKNOWN_CONFIDENCE = 0.5
"""Of a word about which the server says nothing: it is neither trusted nor doubted."""
_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese: each letter with its marks is a word, glued to the next."""
_UNITS = re.compile(rf"(\s*)([{_NO_SPACES}][^\s{_NO_SPACES}\w]*|[^\s{_NO_SPACES}]+)")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A word of the text: how it is written, whether it is glued to the one before, and its segment."""

    text: str
    glued: bool
    part: Part

    @property
    def letters(self) -> str:
        return _letters(self.text)


@dataclass(frozen=True, slots=True)
class _Timed:
    start: float
    end: float
    confidence: float


def words(answer: Answer, window: Window) -> list[HeardWord]:
    """What was heard in a window, as words at times of the call; nothing where there was no speech."""
    parts = [one for one in answer.parts if not is_phantom(one.text, one.log_probability, one.no_speech)]
    units = [unit for part in parts for unit in _units(part)]
    if not units:
        return []
    timed = _by_pieces(units, answer.pieces) if _letters_of(answer.pieces) else _by_segments(units)
    found = [_word(unit, times, window) for unit, times in zip(units, timed, strict=True)]
    return without_impossible_loops(found)


def _word(unit: _Unit, times: _Timed, window: Window) -> HeardWord:
    start, end = window.call_times(times.start, times.end)
    return HeardWord(window.channel, unit.text, start, end, min(max(times.confidence, 0.0), 1.0), unit.glued)


def _units(part: Part) -> Iterator[_Unit]:
    """The words of a segment; signs that stand alone belong to the word before, or else to the next."""
    pending: _Unit | None = None
    for space, text in _UNITS.findall(part.text):
        if pending and (not _letters(text) or not pending.letters):
            pending = _Unit(pending.text + (" " if space else "") + text, pending.glued, part)
            continue
        if pending:
            yield pending
        pending = _Unit(text, pending is not None and not space, part)
    if pending and pending.letters:
        yield pending


def _by_segments(units: Sequence[_Unit]) -> Iterator[_Timed]:
    """Each segment's time, shared among its words by their letters."""
    for part in dict.fromkeys(unit.part for unit in units):
        own = [unit for unit in units if unit.part == part]
        ends = list(accumulate(max(len(unit.letters), 1) for unit in own))
        second = (part.end - part.start) / ends[-1]
        for first, last in zip([0, *ends[:-1]], ends, strict=True):
            yield _Timed(part.start + first * second, part.start + last * second, _confidence(part))


def _by_pieces(units: Sequence[_Unit], pieces: Sequence[Piece]) -> Iterator[_Timed]:
    """The times and probabilities of the pieces that make up each word."""
    owner = [index for index, piece in enumerate(pieces) for _ in _letters(piece.text)]
    place = _places("".join(unit.letters for unit in units), _letters_of(pieces))
    at, earliest = 0, 0.0
    for unit in units:
        first, last = owner[place[at]], owner[place[at + max(len(unit.letters) - 1, 0)]]
        at += len(unit.letters)
        own = pieces[first : last + 1]
        start = max(own[0].start, earliest)
        earliest = end = max(own[-1].end, start)
        known = [piece.probability for piece in own if piece.probability is not None and _letters(piece.text)]
        yield _Timed(start, end, sum(known) / len(known) if known else _confidence(unit.part))


def _places(text: str, timed: str) -> list[int]:
    """For each letter of the text, the letter of the timed pieces that it is: never going back.

    The two are mostly the same. Where they differ ("5" and "five") a letter is where its share of the
    difference is.
    """
    if text == timed:
        return list(range(len(text)))
    place: list[int] = []
    for _, a, b, c, d in SequenceMatcher(None, text, timed, autojunk=False).get_opcodes():
        place += [min(c + (d - c) * (at - a) // (b - a), len(timed) - 1) for at in range(a, b)]
    return place


def _confidence(part: Part) -> float:
    """The mean probability of a segment's tokens, if the server tells it."""
    return UNKNOWN_CONFIDENCE if part.log_probability is None else math.exp(min(part.log_probability, 0.0))


def _letters_of(pieces: Sequence[Piece]) -> str:
    return "".join(_letters(piece.text) for piece in pieces)


def _letters(text: str) -> str:
    return "".join(one for one in text.casefold() if one.isalnum())
