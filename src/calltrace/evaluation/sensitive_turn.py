"""A turn as the finders of sensitive values see it: its text, its numbers, and what explains them."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from calltrace.evaluation.sensitive_kinds import unmarked
from calltrace.evaluation.sensitive_words import AMOUNT_AFTER, AMOUNT_BEFORE, TOPICS
from calltrace.evaluation.spelled import Token, codes, tokens
from calltrace.evaluation.spoken_numbers import Run, digit_runs
from calltrace.scorecards.patterns import plain
from calltrace.speech.transcript import Role, Segment

MEMORY = 3
"""Turns after which a question no longer explains a number."""
_NEAR = 48
"""Characters between a word that explains a number and the number, in one turn."""
_LATELY = 2
_CODE = 3
_ROUND = 4
"""Digits of a round number that is no part of an identity or a telephone."""
_OF_PEOPLE = ("account_number", "phone", "national_id", "payment_card")
"""Numbers of people; the number of a thing is an ``account_number`` by its form, too."""
_DETAILS = frozenset(("expiry", "cvv"))
_WORD = re.compile(r"[^\W_]+")
_YEAR = re.compile(r"19\d\d|20[0-4]\d")
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """A sensitive value in a segment's text: kind and where it stands, in characters.

    ``of_thing``: a number that an agent gives out, or a model's; it is redacted, but nobody is found by it.
    """

    kind: str
    index: int
    start: int
    end: int
    of_thing: bool = False


@dataclass(frozen=True)
class Turn:
    """One turn.

    Attributes:
        text: without marks of earlier redaction.
        own: what the turn itself speaks of, and where.
        asked: what the other side spoke of, so many turns before; where nobody knows who spoke, any turn.
        of_cards: somebody spoke of a payment card before, however long ago.
        awaited: what this side asked for before the last turn of the other.
        before: the text of the turn before.
        reads_card: the side whose turn it is has just read one out, and nothing else was asked for since.
    """

    index: int
    speaker: Role
    text: str
    own: Mapping[str, Sequence[Place]]
    asked: Mapping[str, int]
    of_cards: bool = False
    awaited: frozenset[str] = frozenset()
    before: str = ""
    reads_card: bool = False

    @cached_property
    def readable(self) -> str:
        """The text in lower case without accents, letter for letter."""
        return plain(self.text)

    @cached_property
    def runs(self) -> list[Run]:
        """Numbers that were said in one go."""
        details = (
            self.reads_card
            or self.answers("expiry")
            or self.answers("cvv")
            or not self.own.keys().isdisjoint(_DETAILS)
        )
        return digit_runs(self.text, details=details, read_out=self._reads_out)

    @property
    def _reads_out(self) -> bool:
        """Whether a number of somebody's was asked for or announced: its parts may be said as amounts are."""
        return any(kind in self.own or self.answers(kind, _LATELY) for kind in ("national_id", "phone"))

    @cached_property
    def codes(self) -> list[Run]:
        """Letters and digits that were read out in one go."""
        return codes(self.text, self.spelled)

    @cached_property
    def spelled(self) -> Sequence[Token]:
        """Every word, with what it is worth in a code."""
        return tokens(self.text)

    @cached_property
    def spent_on_numbers(self) -> int:
        """Characters of the turn that say numbers."""
        return sum(run.end - run.start for run in self.runs)

    @cached_property
    def _ends(self) -> list[int]:
        return [run.end for run in self.runs]

    def digits_in(self, start: int, end: int) -> str:
        """The digits of the runs that lie within a place."""
        said: list[str] = []
        for run in self.runs[bisect_right(self._ends, start) :]:
            if run.end > end:
                break
            if run.start >= start:
                said.append(run.digits)
        return "".join(said)

    def found(self, kind: str, start: int, end: int, *, of_thing: bool = False) -> Finding:
        """A finding in this turn."""
        return Finding(kind, self.index, start, end, of_thing)

    def near(self, kind: str, start: int) -> bool:
        """Whether the turn says, shortly before a place, that such a value comes."""
        places = self.own.get(kind, ())
        before = bisect_right(places, start + 1, key=lambda place: place[1])
        return before > 0 and start - places[before - 1][1] <= _NEAR

    def last(self, kind: str, start: int) -> int | None:
        """Where the last word for it ends, shortly before a place; ``None`` without one."""
        ends = [end for _, end in self.own.get(kind, ()) if start - _NEAR <= end <= start + 1]
        return max(ends, default=None)

    def answers(self, kind: str, distance: int = MEMORY) -> bool:
        """Whether the other side spoke of it lately. Agents ask; what they say is rarely an answer."""
        return self.speaker != "agent" and self.asked.get(kind, MEMORY + 1) <= distance

    @property
    def answers_what_finds(self) -> bool:
        """Whether the other side just asked for a number or a code that somebody or something is found by."""
        asked = self.answers("asked_for", 1) and not self.answers("shown", 1)
        return asked or self.answers("account_number", 1)

    def is_amount(self, run: Run) -> bool:
        """Money, time, a share, or so many of something."""
        before, after = (
            self.readable[max(run.start - 14, 0) : run.start],
            self.readable[run.end : run.end + 16],
        )
        is_time = ":" in self.text[run.start : run.end]
        return is_time or bool(AMOUNT_BEFORE.search(before) or AMOUNT_AFTER.match(after))

    def is_code(self, run: Run) -> bool:
        """Three digits written as one: a security code sooner than a month and a year."""
        return len(run.digits) == _CODE and self.text[run.start : run.end] == run.digits

    def is_count(self, run: Run) -> bool:
        """A year, or a round number: ``I ain't got nine hundred``."""
        is_round = len(run.digits) <= _ROUND and run.digits.endswith("00")
        return run.digits.isdigit() and (is_round or self.is_year(run))

    def is_year(self, run: Run) -> bool:
        """Years, one or several; nobody says one digit by digit."""
        digits = run.digits
        if len(_WORD.findall(self.text[run.start : run.end])) >= len(digits):
            return False
        return not len(digits) % 4 and all(
            _YEAR.fullmatch(digits[at : at + 4]) for at in range(0, len(digits), 4)
        )


def turns(segments: Sequence[Segment]) -> list[Turn]:
    """Every turn with what explains its numbers."""
    texts = [unmarked(segment.text) for segment in segments]
    named = [spoken_of(text) for text in texts]
    first_card = next((index for index, one in enumerate(named) if "payment_card" in one), len(named))
    return [
        Turn(
            index,
            segment.speaker,
            texts[index],
            named[index],
            dict(_asked(segments, named, index)),
            index > first_card,
            _awaited(segments, named, index),
            texts[index - 1] if index else "",
        )
        for index, segment in enumerate(segments)
    ]


def spoken_of(text: str) -> dict[str, list[Place]]:
    """What a text speaks of, and where."""
    readable = plain(text)
    places = {kind: [match.span() for match in pattern.finditer(readable)] for kind, pattern in TOPICS}
    # "The reference is 7730" tells a number, and asks for none.
    places["asked_for"] = [
        (start, end) for start, end in places["asked_for"] if not digit_runs(text[start:end], read_out=True)
    ]
    things = places["thing"]
    places["person"] = [
        (start, end)
        for kind in _OF_PEOPLE
        for start, end in places[kind]
        if not any(start < last and first < end for first, last in things)
    ]
    return {kind: found for kind, found in places.items() if found}


def by_turn(found: Iterable[Finding]) -> Mapping[int, list[Finding]]:
    """Findings by their turn, in their order; nothing for a turn that has none."""
    places = defaultdict[int, list[Finding]](list)
    for one in found:
        places[one.index].append(one)
    return places


def may_be_others(one: Segment, other: Segment) -> bool:
    """Whether two turns are of different sides, or may be: ``unknown`` is either."""
    return one.speaker != other.speaker or one.speaker == "unknown"


def _awaited(
    segments: Sequence[Segment], named: Sequence[Mapping[str, object]], index: int
) -> frozenset[str]:
    speakers = [segment.speaker for segment in segments[max(index - 2, 0) : index + 1]]
    is_back = len(speakers) == 3 and speakers[0] == speakers[2] != speakers[1]  # noqa: PLR2004 - question, answer
    return frozenset(named[index - 2]) if is_back else frozenset()


def _asked(
    segments: Sequence[Segment], named: Sequence[Mapping[str, object]], index: int
) -> Iterator[tuple[str, int]]:
    """The farthest first, so that the nearest stays."""
    for back in range(min(MEMORY, index), 0, -1):
        if may_be_others(segments[index - back], segments[index]):
            yield from ((kind, back) for kind in named[index - back])
