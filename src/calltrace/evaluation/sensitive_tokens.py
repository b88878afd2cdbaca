"""What can be said of each word around a sensitive value: the features of a learned finder.

The written rules know forms; what people do between forms (a digit that is corrected, a town after a
street, a letter that is left over) is learned from labelled calls. Each word is described by what it
and its neighbours look like, what the rules found there, and what was asked.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from calltrace.evaluation.sensitive_dates import MONTHS
from calltrace.evaluation.sensitive_homes import STREET_WORDS
from calltrace.evaluation.sensitive_tails import OF_HOUSES
from calltrace.evaluation.sensitive_turn import Finding, Turn
from calltrace.evaluation.spelled import JOINTS, NAMES_OF_LETTERS
from calltrace.evaluation.spoken_numbers import Run, digit_of

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|@")
_LITTLE = frozenset("aeoyi")
"""Letters that are words in some language."""
_AROUND = 3
"""Words beside a number, a value or a street that are looked at."""
_NEAR_WORDS = 2
_MOST = 50
"""Numbers that are kept in mind, to know a part of them again."""
_FAR = 6
_LATELY = 2
_TELLING_DIGITS, _TELLING_LETTERS = 3, 4
_LONG = 9
_SHORT_CAPITALS = 4
_LETTER_NAME, _JOINT = "w+l", "w+j"
_TALK = frozenset(("are", "you", "see", "why", "eye", "tea", "si"))
"""Names of letters that are said for other things more often."""
_PLAIN = frozenset(("w", "Cap", _LETTER_NAME, _JOINT))


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its place in its turn's text, what is said of it, the number that it is a part of, if any.

    ``features``: worked out when they are asked for; most words need none.
    ``is_little``: a short word that says neither number nor letter: an article, a preposition, a filler.
    """

    start: int
    end: int
    features: Callable[[], Iterable[str]]
    run: Run | None
    is_little: bool


@dataclass
class Known:
    """What was found and said earlier in the call, to know it again."""

    said: dict[str, str] = field(default_factory=dict[str, str])
    numbers: set[str] = field(default_factory=set[str])
    words: set[str] = field(default_factory=set[str])
    kinds: dict[int, str] = field(default_factory=dict[int, str])

    def hear(self, turn: Turn, found: Sequence[Finding]) -> None:
        """Add the numbers and values of a turn."""
        for run in turn.runs:
            self.said.setdefault(run.digits, turn.speaker)
        own = [one for one in found if not one.of_thing]
        if own:
            self.kinds[turn.index] = "|".join(sorted({one.kind for one in own}))
        for one in own:
            digits = turn.digits_in(one.start, one.end)
            if digits and len(self.numbers) < _MOST:
                self.numbers.add(digits)
            self.words.update(_WORD.findall(turn.readable[one.start : one.end]))


def tokens(turn: Turn, found: Sequence[Finding], known: Known) -> Iterator[Token]:
    """Words of a turn that may belong to a value: those near numbers, letters, streets and findings."""
    told = _Told(turn, found, known)
    for at in told.candidates():
        start, end = told.places[at]
        yield Token(start, end, partial(told.features, at), told.number_at(at), told.is_little(at))


class _Told:
    """A turn in words, each with its shape, what was found on it, and the number that it is a part of."""

    def __init__(self, turn: Turn, found: Sequence[Finding], known: Known) -> None:
        self._turn, self._known = turn, known
        self.places = [match.span() for match in _WORD.finditer(turn.text)]
        self._words = [turn.readable[start:end] for start, end in self.places]
        self._shapes = [
            _shape(turn.text[start:end], word)
            for (start, end), word in zip(self.places, self._words, strict=True)
        ]
        self._found: list[str | None] = [None] * len(self.places)
        for one in found:
            for at in self._within(one.start, one.end):
                self._found[at] = f"thing:{one.kind}" if one.of_thing else one.kind
        self._runs, self._codes = self._numbers(turn.runs), self._numbers(turn.codes)
        self._left, self._right = self._distances()
        share = sum(shape not in _PLAIN for shape in self._shapes) / max(len(self._shapes), 1)
        self._of_turn = self._context(int(share * 5))

    def candidates(self) -> list[int]:
        """Positions of words that are, or stand near, what values are made of."""
        telling = [at for at in range(len(self.places)) if self._is_telling(at)]
        near = {at + step for at in telling for step in range(-_AROUND, _AROUND + 1)}
        return sorted(at for at in near if 0 <= at < len(self.places))

    def features(self, at: int) -> Iterator[str]:
        """What is said of one word."""
        yield from self._window(at)
        yield from self._gaps(at)
        shape = self._shapes[at]
        sort = shape if shape in _PLAIN or shape in ("ST", "OH", "MO") else "n"
        for one in self._of_turn:
            yield one + sort
        start = self.places[at][0]
        yield from (f"near:{kind}{sort}" for kind in self._turn.own if self._turn.near(kind, start))
        left, right = self._left[at], self._right[at]
        yield f"left={left}"
        yield f"right={right}"
        yield f"left={min(left, 4)},right={min(right, 4)}"
        yield f"at={min(at, 3)}{sort}"
        yield f"end={min(len(self.places) - 1 - at, 3)}{sort}"
        yield f"by={self._turn.speaker},found={self._found[at]}"
        yield from self._number(at)
        word = self._words[at]
        if len(word) >= _TELLING_LETTERS and word in self._known.words:
            yield f"again:{shape}"

    def number_at(self, at: int) -> Run | None:
        """The number that a word is a part of."""
        return self._runs[at]

    def is_little(self, at: int) -> bool:
        """Whether a word is short and says neither a number nor a letter."""
        word, shape = self._words[at], self._shapes[at]
        is_word = shape in _PLAIN and (shape != _LETTER_NAME or word in _TALK)
        return is_word and len(word) < _TELLING_LETTERS

    def _is_telling(self, at: int) -> bool:
        shape, word = self._shapes[at], self._words[at]
        if self._found[at] is not None:
            return True
        if shape == _LETTER_NAME or (shape == "L" and word in _LITTLE):
            beside = (near for near in (at - 1, at + 1) if 0 <= near < len(self.places))
            is_last = shape == _LETTER_NAME and at == len(self.places) - 1
            return is_last or any(self._shapes[near] not in _PLAIN for near in beside)
        again = len(word) >= _TELLING_LETTERS and word in self._known.words
        return shape not in _PLAIN or again

    def _window(self, at: int) -> Iterator[str]:
        for step in range(-_AROUND, _AROUND + 1):
            near = at + step
            if not 0 <= near < len(self.places):
                yield f"s{step}=_"
                continue
            yield f"s{step}={self._shapes[near]}"
            if self._found[near]:
                yield f"f{step}={self._found[near]}"
            if abs(step) <= _NEAR_WORDS:
                yield f"w{step}={self._words[near]}"
        if at >= _NEAR_WORDS:
            yield "w=" + " ".join(self._words[at - 2 : at])
        if 0 < at < len(self.places) - 1:
            yield "s=" + "".join(self._shapes[at - 1 : at + 2])

    def _gaps(self, at: int) -> Iterator[str]:
        text, (start, end) = self._turn.text, self.places[at]
        before = text[self.places[at - 1][1] : start].strip()[:2] if at else "^"
        after = text[end : self.places[at + 1][0]].strip()[:2] if at + 1 < len(self.places) else "$"
        yield f"before={before}"
        yield f"after={after}"

    def _number(self, at: int) -> Iterator[str]:
        if run := self._runs[at]:
            length = min(len(run.digits), 12)
            amount = self._turn.is_amount(run)
            yield f"run={length}"
            yield f"amount={amount}"
            yield f"count={self._turn.is_count(run)}"
            yield f"run={length},amount={amount},by={self._turn.speaker}"
            yield f"first={self._known.said.get(run.digits)},{length}"
            yield f"first={self._known.said.get(run.digits)},by={self._turn.speaker}"
            if len(run.digits) >= _TELLING_DIGITS and run.digits in self._known.numbers:
                yield "known"
            if len(run.digits) >= _NEAR_WORDS and any(
                run.digits in one and run.digits != one for one in self._known.numbers
            ):
                yield "part"
        if code := self._codes[at]:
            yield f"code={min(len(code.digits), 12)}"

    def _context(self, share: int) -> list[str]:
        turn, before = self._turn, self._known.kinds
        asked = [f"asked:{kind}@{back}:" for kind, back in turn.asked.items() if back <= _LATELY]
        return [
            *asked,
            *(f"own:{kind}:" for kind in turn.own),
            f"lately={turn.index - 1 in before}{turn.index - 2 in before}:",
            f"before={before.get(turn.index - 1)}:",
            f"share={share}:",
        ]

    def _within(self, start: int, end: int) -> range:
        """Positions of the words that a place touches."""
        first = bisect_right(self.places, start, key=lambda place: place[1])
        return range(first, bisect_left(self.places, end, key=lambda place: place[0]))

    def _numbers(self, runs: Sequence[Run]) -> list[Run | None]:
        """For each word the number that it is a part of."""
        here: list[Run | None] = [None] * len(self.places)
        for run in runs:
            for at in self._within(run.start, run.end):
                here[at] = run
        return here

    def _distances(self) -> tuple[list[int], list[int]]:
        """For each word how many words it stands behind, and before, what the rules found."""
        sure = [found is not None and not found.startswith("thing:") for found in self._found]
        return _since(sure), _since(sure[::-1])[::-1]


def _since(sure: Sequence[bool]) -> list[int]:
    distances, last = list[int](), _FAR
    for one in sure:
        last = 0 if one else min(last + 1, _FAR)
        distances.append(last)
    return distances


def _shape(text: str, word: str) -> str:
    """A number, a letter, a street, or a word: what a word looks like."""
    if text.isdigit():
        return f"D{min(len(text), 7)}"
    if any(map(str.isdigit, text)):
        return "AD" if len(text) < _LONG else "ADl"
    if digit_of(word) is not None:
        return "N"
    meant = (shape for shape, is_one in _MEANT.items() if is_one(word))
    return "L" if len(text) == 1 else next(meant, None) or _written(text)


def _written(text: str) -> str:
    if text.isupper() and len(text) <= _SHORT_CAPITALS:
        return "UP"
    return "Cap" if text[0].isupper() else "w"


_MEANT: Mapping[str, Callable[[str], object]] = {
    "ST": STREET_WORDS.fullmatch,
    "OH": OF_HOUSES.fullmatch,
    "MO": MONTHS.fullmatch,
    _LETTER_NAME: NAMES_OF_LETTERS.__contains__,
    _JOINT: JOINTS.__contains__,
}
