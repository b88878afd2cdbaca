"""How well sensitive values are found: labelled values beside found ones, and a baseline that is trivial.

A labelled value counts as found when at least half of its characters lie in found values, of whatever kind:
what is to be taken out is taken out. A found value that touches no labelled one is a false alarm.
Names are counted apart: not every writer labelled the names of agents.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from calltrace.evaluation.labelled import LabelledCall
from calltrace.evaluation.sensitive import Finding, findings, of_people
from calltrace.evaluation.sensitive_names import names
from calltrace.speech.transcript import Segment

NAME = "person_name"
Finder = Callable[[Sequence[Segment]], Sequence[Finding]]
_WRITTEN = re.compile(r"\d(?:[\s./-]?\d){3,}|\S+@\S+")


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind: how many labelled values, which share was found, also of their characters."""

    kind: str
    labelled: int
    recall: float
    characters: float
    same_kind: float


@dataclass(frozen=True, slots=True)
class FinderQuality:
    """What a finder is worth: a row for each kind, one over all, and how often it cried wolf."""

    rows: Sequence[KindRow]
    found: int
    false_alarms: float


@dataclass(frozen=True, slots=True)
class PairQuality:
    """What is reported, a kind in a segment: labelled pairs, the share found, and how often wrongly."""

    labelled: int
    recall: float
    found: int
    false_alarms: float


def reported(segments: Sequence[Segment]) -> list[Finding]:
    """What is reported as sensitive: of everything that redaction takes out, what is told of people."""
    return of_people(findings(segments))


def measure_values(calls: Sequence[LabelledCall], finder: Finder = reported) -> FinderQuality:
    """Everything but names."""
    return _measure(calls, finder, lambda one: one.kind != NAME)


def measure_pairs(calls: Sequence[LabelledCall], finder: Finder = reported) -> PairQuality:
    """Kinds of values but names, each in its segment: nothing else of a value is ever reported."""
    labelled = {(at, one.index, one.kind) for at, call in enumerate(calls) for one in call.sensitive}
    labelled = {pair for pair in labelled if pair[2] != NAME}
    found = {
        (at, one.index, one.kind) for at, call in enumerate(calls) for one in finder(call.transcript.segments)
    }
    both = len(labelled & found)
    return PairQuality(
        len(labelled),
        both / len(labelled) if labelled else 0.0,
        len(found),
        1 - both / len(found) if found else 0.0,
    )


def measure_names(calls: Sequence[LabelledCall], finder: Finder = names) -> FinderQuality:
    """Names of people, as far as they are labelled."""
    return _measure(calls, finder, lambda one: one.kind == NAME)


def baseline(segments: Sequence[Segment]) -> list[Finding]:
    """Four digits in a row, or an at sign."""
    return [
        Finding("account_number", index, match.start(), match.end())
        for index, segment in enumerate(segments)
        for match in _WRITTEN.finditer(segment.text)
    ]


def _measure(
    calls: Sequence[LabelledCall], finder: Finder, counts: Callable[[Finding], bool]
) -> FinderQuality:
    pairs: list[tuple[Finding, int, bool]] = []
    found = false = 0
    for call in calls:
        guesses = [one for one in finder(call.transcript.segments) if counts(one)]
        found += len(guesses)
        false += sum(not any(_shared(guess, one) for one in call.sensitive) for guess in guesses)
        for value in filter(counts, call.sensitive):
            near = [guess for guess in guesses if _shared(guess, value)]
            covered = {place for guess in near for place in range(guess.start, guess.end)}
            inside = len(covered & set(range(value.start, value.end)))
            pairs.append((value, inside, any(guess.kind == value.kind for guess in near)))
    kinds = Counter(value.kind for value, _, _ in pairs)
    rows = [_row(kind, [pair for pair in pairs if pair[0].kind == kind]) for kind in sorted(kinds)]
    return FinderQuality([*rows, _row("all", pairs)], found, false / found if found else 0.0)


def _shared(one: Finding, other: Finding) -> int:
    if one.index != other.index:
        return 0
    return max(min(one.end, other.end) - max(one.start, other.start), 0)


def _row(kind: str, pairs: Sequence[tuple[Finding, int, bool]]) -> KindRow:
    total = max(len(pairs), 1)
    length = sum(value.end - value.start for value, _, _ in pairs)
    return KindRow(
        kind,
        len(pairs),
        sum(2 * inside >= value.end - value.start for value, inside, _ in pairs) / total,
        sum(inside for _, inside, _ in pairs) / max(length, 1),
        sum(same for _, _, same in pairs) / total,
    )
