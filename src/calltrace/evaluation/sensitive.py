"""Where sensitive data were spoken: kinds and places, and a text without them.

Own rules: numbers by length, check digits and what was asked for; the rest by form. A spoken number is
often cut into several turns, so what the agent asked stays in mind for a few turns. What the rules miss
is found by what labelled calls taught (``sensitive_learned``). The marks that redaction leaves count as
what they stand for. Names are found by ``sensitive_names``.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from calltrace.evaluation.results import SensitiveSpan
from calltrace.evaluation.sensitive_asked import as_asked, as_whole
from calltrace.evaluation.sensitive_cards import cards, reading, security_codes, split_cards
from calltrace.evaluation.sensitive_companies import of_companies
from calltrace.evaluation.sensitive_dates import dates_of_birth, expiries
from calltrace.evaluation.sensitive_dictation import dictate
from calltrace.evaluation.sensitive_echoes import echoes
from calltrace.evaluation.sensitive_ends import ends
from calltrace.evaluation.sensitive_forms import forms, mailbox
from calltrace.evaluation.sensitive_homes import homes
from calltrace.evaluation.sensitive_kinds import MARK, mark
from calltrace.evaluation.sensitive_learned import completed, shipped_weights
from calltrace.evaluation.sensitive_numbers import numbers
from calltrace.evaluation.sensitive_places import addresses
from calltrace.evaluation.sensitive_restarts import restarts
from calltrace.evaluation.sensitive_taken import Taken
from calltrace.evaluation.sensitive_things import OF_THINGS, is_given_out
from calltrace.evaluation.sensitive_told import told
from calltrace.evaluation.sensitive_turn import Finding, Place, Turn, turns
from calltrace.evaluation.spoken_numbers import Run
from calltrace.speech.transcript import Segment

__all__ = ["Finding", "findings", "masked", "of_people", "sensitive_spans"]
_FINDERS: Sequence[Callable[[Turn], Sequence[Finding]]] = (
    cards, forms, expiries, security_codes, dates_of_birth, addresses, homes, ends, told, numbers,
)  # fmt: skip
"""The more certain first: of findings that overlap the first one stays."""
_PART, _LONGEST_PART, _BOX = 3, 20, 5
_FEW = 50
"""Numbers and mailboxes of a call that are kept in mind, to know a part of them again."""
_READ_BACK = frozenset(("payment_card", "national_id", "phone", "account_number", "iban"))
_LITTLE, _PAIR = 8, 2
_TELLING = 4
"""Digits from which on a number that is said again is the same one."""


def sensitive_spans(segments: Sequence[Segment], found: Sequence[Finding]) -> list[SensitiveSpan]:
    """``found`` as spans, in the order of the call, each kind once per segment; of people alone."""
    pairs = dict.fromkeys((finding.index, finding.kind) for finding in of_people(found))
    return [SensitiveSpan(kind=kind, segment_id=segments[index].id) for index, kind in sorted(pairs)]


def of_people(found: Sequence[Finding]) -> list[Finding]:
    """``found`` without what agents give out and numbers of models."""
    return [one for one in found if not one.of_thing]


def masked(text: str, found: Sequence[Finding]) -> str:
    """``text`` with every finding replaced by its mark."""
    for finding in sorted(found, key=lambda one: -one.start):
        text = f"{text[: finding.start]}{mark(finding.kind)}{text[finding.end :]}"
    return text


def findings(segments: Sequence[Segment]) -> list[Finding]:
    """Every sensitive value but names, with its place; where kinds overlap, the more certain one."""
    heard, found = by_rules(segments)
    told = completed(heard, found, shipped_weights())
    return as_whole(heard, list(as_asked(heard, told)))


def by_rules(segments: Sequence[Segment]) -> tuple[Sequence[Turn], Sequence[Finding]]:
    """The turns as the finders read them, and what the written rules find."""
    heard = turns(segments)
    split = defaultdict[int, list[Finding]](list)
    pieces = split_cards(heard)
    heard = reading(heard, pieces)
    for one in pieces:
        split[one.index].append(one)
    taken = [Taken([*marks(segments[turn.index].text, turn), *split[turn.index]]) for turn in heard]
    for turn, here in zip(heard, taken, strict=True):
        for finder in _FINDERS:
            for new in finder(turn):
                here.add(new)
        for new in restarts(turn, here.found):
            here.add(new)
    dictate(heard, taken)
    given_out = _given_out(heard)
    found = [
        *(one for here in taken for one in here.found),
        *_repeated(heard, taken, given_out),
        *echoes(heard, taken),
    ]
    return heard, list(_as_first_told(heard, list(of_companies(heard, found)), given_out))


def _repeated(
    heard: Sequence[Turn], taken: Sequence[Taken], given_out: Mapping[str, int]
) -> Iterator[Finding]:
    """Numbers that were found once and are said again, as when somebody reads them back, or their end."""
    known = _Numbers(heard, taken)
    before: Mapping[str, str] = {}
    further: Mapping[str, str] = {}
    for turn, here in zip(heard, taken, strict=True):
        for run in turn.runs:
            kind = known.kind_of(run.digits) or (None if turn.is_year(run) else before.get(run.digits))
            kind = kind or (further.get(run.digits) if _is_all(turn, run) else None)
            kind = kind or _ending(run, before)
            if kind and here.is_free(run.start, run.end) and not turn.is_amount(run):
                gives_out = kind in OF_THINGS and given_out.get(run.digits) == turn.index
                yield turn.found(kind, run.start, run.end, of_thing=gives_out)
        before, further = _endings(turn, here), before
        for place in _mailboxes(heard, taken, turn):
            if here.is_free(*place):
                yield turn.found("email", *place)


def _is_all(turn: Turn, run: Run) -> bool:
    """Whether a turn says a number and little else: ``and 965``, after somebody had the rest of it."""
    return len(turn.text) - (run.end - run.start) <= _LITTLE


def _ending(run: Run, before: Mapping[str, str]) -> str | None:
    """Two digits that begin a turn, and end the number that was told in the turn before."""
    if len(run.digits) != _PAIR or run.start:
        return None
    return next((kind for said, kind in before.items() if said.endswith(run.digits)), None)


def _endings(turn: Turn, here: Taken) -> dict[str, str]:
    """Ends of the numbers of a turn, which the next one may repeat: ``three two five`` of a telephone."""
    return {
        said[-length:]: one.kind
        for one in here.found
        if one.kind in _READ_BACK
        for said in (turn.digits_in(one.start, one.end),)
        for length in range(_PART, min(len(said), _LONGEST_PART))
    }


def _mailboxes(heard: Sequence[Turn], taken: Sequence[Taken], turn: Turn) -> Iterator[Place]:
    """The name of a mailbox of the turn before, said again without its host."""
    found = taken[turn.index - 1].found if turn.index else []
    for one in [one for one in found if one.kind == "email"][:_FEW]:
        box = mailbox(heard[one.index].readable[one.start : one.end])
        at = turn.readable.find(box) if len(box) >= _BOX else -1
        if at >= 0:
            yield at, at + len(box)


class _Numbers:
    """Numbers that were found, to be known again: whole, or as the beginning of a longer one."""

    def __init__(self, heard: Sequence[Turn], taken: Sequence[Taken]) -> None:
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


def _as_first_told(
    heard: Sequence[Turn], found: Sequence[Finding], given_out: Mapping[str, int]
) -> Iterator[Finding]:
    """A number is what it was when it was first said, also where it is only read back, or a part of it."""
    first: dict[str, bool] = {}
    lately: deque[str] = deque(maxlen=_FEW)
    for one in sorted(found, key=lambda one: (one.index, one.start)):
        number = _number_of(heard[one.index], one)
        if number and number not in first:
            alike = next((known for known in lately if number in known or known in number), None)
            was_told = given_out.get(number, len(heard)) < one.index
            first[number] = (one.of_thing or was_told) if alike is None else first[alike]
            if len(number) >= _TELLING:
                lately.append(number)
        told = first.get(number, one.of_thing)
        yield one if one.kind not in OF_THINGS else replace(one, of_thing=told)


def _given_out(heard: Sequence[Turn]) -> dict[str, int]:
    """Numbers that an agent said, and the turn in which each was said first, by whomever."""
    first: dict[str, tuple[int, bool]] = {}
    for turn in heard:
        for run in turn.runs:
            first.setdefault(run.digits, (turn.index, turn.speaker == "agent"))
    return {number: index for number, (index, by_agent) in first.items() if by_agent}


def _number_of(turn: Turn, finding: Finding) -> str:
    """The digits of a finding; those of a code stand between letters."""
    said = turn.digits_in(finding.start, finding.end)
    return said or "".join(filter(str.isdigit, turn.text[finding.start : finding.end]))


def marks(text: str, turn: Turn) -> list[Finding]:
    """Marks that an earlier redaction left in the text of a turn."""
    return [
        turn.found(
            kind, *match.span(), of_thing=kind in OF_THINGS and is_given_out(turn, kind, match.start())
        )
        for match in MARK.finditer(text)
        for kind in (match[1],)
    ]
