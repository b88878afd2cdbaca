"""Taking sensitive values out of a transcript: marks in their place, and when they were said.

Ids, times and roles of segments stay, and every character outside of a value does. What stands in the
result is what everything later is made of: evidence, summaries, events, downloads.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from pydantic import Field, StrictBool, field_validator

from calltrace.evaluation.sensitive import Finding, findings, masked
from calltrace.evaluation.sensitive_kinds import KINDS, SensitiveKind, mark
from calltrace.evaluation.sensitive_names import names
from calltrace.kit.document import Document
from calltrace.speech.metrics import Span, union
from calltrace.speech.places import Placed, complete
from calltrace.speech.transcript import Segment, Transcript, Word

_BEFORE, _AFTER = 0.2, 0.3
"""Seconds around the words of a value: a recogniser's words begin late and end early."""
_ROLES_FLOOR = 0.7
"""Under this nothing that was said told agent from customer (docs/evaluation.md, rule 3)."""
_UNSURE = 0.75
"""The same where words have no times, and the place in the text has to tell."""


class Redaction(Document):
    """What an organisation wants taken out before anything of a call is kept.

    ``transcript`` lists kinds; with ``audio`` the same values are also made unheard in what is stored.
    """

    transcript: list[SensitiveKind] = Field(min_length=1, json_schema_extra={"uniqueItems": True})
    audio: StrictBool = False

    @field_validator("transcript")
    @classmethod
    def _each_once(cls, kinds: list[SensitiveKind]) -> list[SensitiveKind]:
        if len(set(kinds)) < len(kinds):
            raise ValueError("a kind is named twice")
        return [kind for kind in KINDS if kind in kinds]

    @classmethod
    def everything(cls, *, audio: bool) -> Self:
        """Every kind, names included."""
        return cls(transcript=list(KINDS), audio=audio)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A transcript without the values.

    Attributes:
        spans: when they were said, in seconds, in order, apart from each other.
        guessed: ids of segments whose words have no times of their own: times go by the place in the text.
    """

    transcript: Transcript
    spans: tuple[Span, ...]
    guessed: tuple[str, ...]


def redact(transcript: Transcript, kinds: Collection[str], duration: float) -> Redacted:
    """Replace every value of these kinds by its mark; doing it again changes nothing.

    Args:
        transcript: as it was heard, or redacted before.
        kinds: of ``sensitive_kinds.KINDS``.
        duration: of the recording, in seconds; no span goes beyond it.
    """
    segments, spans, guessed = list(transcript.segments), list[Span](), dict[str, None]()
    sided = transcript.attribution.confidence >= _ROLES_FLOOR
    while found := _values(segments, kinds, sided=sided):  # each pass leaves less that is no mark, so it ends
        for index, group in groupby(found, lambda one: one.index):
            here = list(group)
            segment, placed = segments[index], complete(segments[index])
            spans += [_when(one, segment, placed) for one in here]
            guessed |= {} if placed else {segment.id: None}
            segments[index] = _rewritten(segment, placed, here)
    within = union((max(start, 0.0), min(end, duration)) for start, end in spans if start < duration)
    known = [kind for kind in KINDS if kind in kinds or kind in transcript.redacted]
    changed = transcript.model_copy(update={"segments": segments, "redacted": known})
    return Redacted(changed, tuple(within), tuple(guessed))


def _values(segments: Sequence[Segment], kinds: Collection[str], *, sided: bool) -> list[Finding]:
    """Values that are to go, none of them a mark, in order and apart from each other.

    Where who is who is a guess (not ``sided``), anybody may have asked and anybody answered.
    """
    if not sided:
        segments = [one.model_copy(update={"speaker": "unknown"}) for one in segments]
    every = [*findings(segments), *(names(segments) if "person_name" in kinds else ())]
    wanted = [
        one for one in every
        if one.kind in kinds and segments[one.index].text[one.start : one.end] != mark(one.kind)
    ]  # fmt: skip
    return _apart(wanted)


def _apart(found: Iterable[Finding]) -> list[Finding]:
    """Those that overlap as one, of the kind that begins first."""
    joined: list[Finding] = []
    for one in sorted(found, key=lambda one: (one.index, one.start, -one.end)):
        last = joined[-1] if joined else None
        if last and last.index == one.index and one.start < last.end:
            joined[-1] = Finding(last.kind, last.index, last.start, max(last.end, one.end))
        else:
            joined.append(one)
    return joined


def _when(one: Finding, segment: Segment, placed: Sequence[Placed] | None) -> Span:
    """When a value was said, with a little before and after it."""
    said = [word for word, start, end in placed or () if start < one.end and one.start < end]
    if said:
        start, end = said[0].start - _BEFORE, said[-1].end + _AFTER
        return (
            min(start, segment.start) if placed and said[0] is placed[0][0] else start,
            max(end, segment.end) if placed and said[-1] is placed[-1][0] else end,
        )
    pace = (segment.end - segment.start) / max(len(segment.text), 1)
    return segment.start + one.start * pace - _UNSURE, segment.start + one.end * pace + _UNSURE


def _rewritten(segment: Segment, placed: Sequence[Placed] | None, found: Sequence[Finding]) -> Segment:
    """The segment without the values; words that cannot be told apart by them go with them."""
    words = _words(segment.text, placed, found) if placed else []
    return segment.model_copy(update={"text": masked(segment.text, found), "words": words})


def _words(text: str, placed: Sequence[Placed], found: Sequence[Finding]) -> list[Word]:
    """The words, those of a value as one, which has the text that stands there now."""
    groups: list[list[Placed]] = []
    reach = -1
    for word, start, end in placed:
        touched = [one for one in found if one.start < end and start < one.end]
        if groups and start < reach:
            groups[-1].append((word, start, end))
        else:
            groups.append([(word, start, end)])
        reach = max([end, *(one.end for one in touched)]) if touched else max(reach, end)
    return [_word(text, group, found) for group in groups]


def _word(text: str, group: Sequence[Placed], found: Sequence[Finding]) -> Word:
    (first, start, _), (last, _, end) = group[0], group[-1]
    inside = [
        Finding(one.kind, one.index, max(one.start, start) - start, min(one.end, end) - start)
        for one in found
        if start < one.end and one.start < end
    ]
    sure = min(word.confidence for word, _, _ in group)
    return Word(text=masked(text[start:end], inside), start=first.start, end=last.end, confidence=sure)
