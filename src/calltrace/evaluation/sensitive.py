"""Where sensitive data were spoken: kinds and places, and a text without them.

Own rules, no model: numbers by length, check digits and what was asked for; the rest by form. A spoken
number is often cut into several turns, so what the agent asked stays in mind for a few turns. The marks
that redaction leaves count as what they stand for. Names are found by ``sensitive_names``.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from calltrace.evaluation.results import SensitiveSpan
from calltrace.evaluation.sensitive_cards import cards, security_codes, split_cards
from calltrace.evaluation.sensitive_dates import dates_of_birth, expiries
from calltrace.evaluation.sensitive_forms import forms
from calltrace.evaluation.sensitive_homes import homes
from calltrace.evaluation.sensitive_kinds import MARK, mark
from calltrace.evaluation.sensitive_numbers import numbers
from calltrace.evaluation.sensitive_places import addresses
from calltrace.evaluation.sensitive_things import OF_THINGS, is_of_thing
from calltrace.evaluation.sensitive_turn import Finding, Turn, turns
from calltrace.speech.transcript import Segment

__all__ = ["Finding", "findings", "masked", "of_people", "sensitive_spans"]
_FINDERS: Sequence[Callable[[Turn], Sequence[Finding]]] = (
    cards, forms, expiries, security_codes, dates_of_birth, addresses, homes, numbers,
)  # fmt: skip
"""The more certain first: of findings that overlap the first one stays."""
_TELLING = 4
"""Digits from which on a number that is said again is the same one."""


def sensitive_spans(segments: Sequence[Segment], found: Sequence[Finding]) -> list[SensitiveSpan]:
    """``found`` as spans, in the order of the call, each kind once per segment; without things' numbers."""
    pairs = dict.fromkeys((finding.index, finding.kind) for finding in of_people(found))
    return [SensitiveSpan(kind=kind, segment_id=segments[index].id) for index, kind in sorted(pairs)]


def of_people(found: Sequence[Finding]) -> list[Finding]:
    """``found`` without the numbers of things."""
    return [one for one in found if not one.of_thing]


def masked(text: str, found: Sequence[Finding]) -> str:
    """``text`` with every finding replaced by its mark."""
    for finding in sorted(found, key=lambda one: -one.start):
        text = f"{text[: finding.start]}{mark(finding.kind)}{text[finding.end :]}"
    return text


def findings(segments: Sequence[Segment]) -> list[Finding]:
    """Every sensitive value but names, with its place; where kinds overlap, the more certain one."""
    heard = turns(segments)
    split = defaultdict[int, list[Finding]](list)
    for one in split_cards(heard):
        split[one.index].append(one)
    taken = [_Taken([*marks(segments[turn.index].text, turn), *split[turn.index]]) for turn in heard]
    for turn, here in zip(heard, taken, strict=True):
        for finder in _FINDERS:
            for new in finder(turn):
                here.add(new)
    found = [*(one for here in taken for one in here.found), *_repeated(heard, taken)]
    return list(_as_first_told(heard, found))


class _Taken:
    """What was found in one turn; of findings that overlap the first one stays."""

    def __init__(self, found: Sequence[Finding]) -> None:
        self.found = list(found)
        self._places = sorted((one.start, one.end) for one in found)

    def add(self, new: Finding) -> None:
        """Keep it if its place is free."""
        if self.is_free(new.start, new.end):
            self.found.append(new)
            insort(self._places, (new.start, new.end))

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing was found there."""
        at = bisect_left(self._places, (end,))
        return at == 0 or self._places[at - 1][1] <= start


def _repeated(heard: Sequence[Turn], taken: Sequence[_Taken]) -> Iterator[Finding]:
    """Numbers that were found once and are said again, as when somebody reads them back."""
    known = _Numbers(heard, taken)
    for turn, here in zip(heard, taken, strict=True):
        for run in turn.runs:
            kind = known.kind_of(run.digits)
            if kind and here.is_free(run.start, run.end):
                yield turn.found(kind, run.start, run.end)


class _Numbers:
    """Numbers that were found, to be known again: whole, or as the beginning of a longer one."""

    def __init__(self, heard: Sequence[Turn], taken: Sequence[_Taken]) -> None:
        self._kinds: dict[str, tuple[int, str]] = {}
        for turn, here in zip(heard, taken, strict=True):
            starts = [run.start for run in turn.runs]
            for one in here.found:
                for run in turn.runs[bisect_left(starts, one.start) :]:
                    if run.start >= one.end:
                        break
                    if run.end <= one.end and len(run.digits) >= _TELLING:
                        place = self._kinds.get(run.digits, (len(self._kinds),))[0]
                        self._kinds[run.digits] = (place, one.kind)
        self._lengths = sorted({len(one) for one in self._kinds if len(one) > _TELLING})

    def kind_of(self, said: str) -> str | None:
        """The kind of the number that was found first of those that this one is, or begins with."""
        beginnings = (said[:length] for length in self._lengths if length < len(said))
        found = [self._kinds[one] for one in (said, *beginnings) if one in self._kinds]
        return min(found)[1] if found else None


def _as_first_told(heard: Sequence[Turn], found: Sequence[Finding]) -> Iterator[Finding]:
    """A thing's number is a thing's also where it is only read back."""
    told_in = {one.index for one in found}
    digits = {
        (index, run.start, run.end): run.digits
        for index in told_in
        for run in (*heard[index].codes, *heard[index].runs)
    }
    said = [digits.get((one.index, one.start, one.end), "") for one in found]
    things = {number for number, one in zip(said, found, strict=True) if number and one.of_thing}
    for number, one in zip(said, found, strict=True):
        yield replace(one, of_thing=True) if number in things else one


def marks(text: str, turn: Turn) -> list[Finding]:
    """Marks that an earlier redaction left in the text of a turn."""
    return [
        turn.found(kind, *match.span(), of_thing=kind in OF_THINGS and is_of_thing(turn, match.start()))
        for match in MARK.finditer(text)
        for kind in (match[1],)
    ]
