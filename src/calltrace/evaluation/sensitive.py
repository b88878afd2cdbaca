"""Where sensitive data were spoken: kinds and places, and a text without them.

Own rules, no model: numbers by length, check digits and what was asked for; the rest by form. A spoken
number is often cut into several turns, so what the agent asked stays in mind for a few turns. The marks
that redaction leaves count as what they stand for. Names are found by ``sensitive_names``.
"""

from collections.abc import Callable, Iterator, Sequence

from calltrace.evaluation.results import SensitiveSpan
from calltrace.evaluation.sensitive_cards import cards, security_codes, split_cards
from calltrace.evaluation.sensitive_dates import dates_of_birth, expiries
from calltrace.evaluation.sensitive_forms import forms
from calltrace.evaluation.sensitive_homes import homes
from calltrace.evaluation.sensitive_kinds import MARK, mark
from calltrace.evaluation.sensitive_numbers import numbers
from calltrace.evaluation.sensitive_places import addresses
from calltrace.evaluation.sensitive_turn import Finding, Turn, turns
from calltrace.speech.transcript import Segment

__all__ = ["Finding", "findings", "masked", "sensitive_spans"]
_FINDERS: Sequence[Callable[[Turn], Sequence[Finding]]] = (
    cards, forms, expiries, security_codes, dates_of_birth, addresses, homes, numbers,
)  # fmt: skip
"""The more certain first: of findings that overlap the first one stays."""
_TELLING = 4
"""Digits from which on a number that is said again is the same one."""


def sensitive_spans(segments: Sequence[Segment], found: Sequence[Finding]) -> list[SensitiveSpan]:
    """``found`` as spans, in the order of the call; each kind once per segment."""
    pairs = dict.fromkeys((finding.index, finding.kind) for finding in found)
    return [SensitiveSpan(kind=kind, segment_id=segments[index].id) for index, kind in sorted(pairs)]


def masked(text: str, found: Sequence[Finding]) -> str:
    """``text`` with every finding replaced by its mark."""
    for finding in sorted(found, key=lambda one: -one.start):
        text = f"{text[: finding.start]}{mark(finding.kind)}{text[finding.end :]}"
    return text


def findings(segments: Sequence[Segment]) -> list[Finding]:
    """Every sensitive value but names, with its place; where kinds overlap, the more certain one."""
    heard = turns(segments)
    split = split_cards(heard)
    found: list[Finding] = []
    for turn in heard:
        taken = [*marks(segments[turn.index].text, turn.index), *(f for f in split if f.index == turn.index)]
        for finder in _FINDERS:
            for new in finder(turn):
                if not any(new.start < old.end and old.start < new.end for old in taken):
                    taken.append(new)
        found += taken
    return [*found, *_repeated(heard, found)]


def _repeated(heard: Sequence[Turn], found: Sequence[Finding]) -> Iterator[Finding]:
    """Numbers that were found once and are said again, as when somebody reads them back."""
    known = {
        run.digits: one.kind
        for one in found
        for run in heard[one.index].runs
        if one.start <= run.start and run.end <= one.end and len(run.digits) >= _TELLING
    }
    for turn in heard:
        taken = [one for one in found if one.index == turn.index]
        for run in turn.runs:
            free = not any(run.start < old.end and old.start < run.end for old in taken)
            kind = next((known[one] for one in known if _is_repeated(one, run.digits)), None)
            if free and kind:
                yield turn.found(kind, run.start, run.end)


def _is_repeated(known: str, said: str) -> bool:
    return known == said or (len(known) > _TELLING and said.startswith(known))


def marks(text: str, index: int) -> list[Finding]:
    """Marks that an earlier redaction left."""
    return [Finding(match[1], index, match.start(), match.end()) for match in MARK.finditer(text)]
