"""A call as the page shows it: turns of speech, findings that lead to their moment, the sum of the score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from calltrace.analyses.document import AnalysisDocument
from calltrace.analyses.evaluation_queries import FoundEvaluation
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.evaluation.scoring import Total, total
from calltrace.kit.words import worded
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from calltrace.speech.formats import voice_names
from calltrace.speech.transcript import MarkKind, Role, Segment, Transcript


@dataclass(frozen=True, slots=True)
class Turn:
    """What one voice says until another one speaks."""

    name: str
    role: Role
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Somebody speaks, for the strip: place and width in thousandths of the call."""

    role: Role
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Sum:
    """How the score came about."""

    scorecard: Scorecard
    total: Total

    @property
    def weighted(self) -> bool:
        """Whether sections count by weights and not by their points."""
        return self.scorecard.sections[0].weight is not None

    @property
    def failed_by(self) -> Sequence[str]:
        """Names of the critical criteria that failed the call."""
        return [one.name for one in self.scorecard.criteria if one.key in self.total.failed_by]


def turns(transcript: Transcript) -> list[Turn]:
    """The transcript by turns."""
    names = voice_names(transcript)
    grouped = groupby(transcript.segments, lambda one: (one.speaker, one.speaker_id))
    return [Turn(names[voice], voice[0], list(spoken)) for voice, spoken in grouped]


_WHOLE, _APART = 1000.0, 2.0
"""What the strip is divided into, and from how much of it on a pause is seen."""


def strip(transcript: Transcript, duration: float | None) -> list[Stretch]:
    """When each side speaks; pauses too short to be seen are left out, so that an hour stays small."""
    if not duration:
        return []
    found: list[Stretch] = []
    for role in ("agent", "customer", "unknown"):
        open_end = -_APART
        for one in (segment for segment in transcript.segments if segment.speaker == role):
            start, end = _WHOLE * one.start / duration, min(_WHOLE * one.end / duration, _WHOLE)
            if found and found[-1].role == role and start - open_end < _APART:
                last = found.pop()
                found.append(Stretch(role, last.start, max(end, open_end) - last.start))
            else:
                found.append(Stretch(role, start, end - start))
            open_end = max(end, open_end)
    return found


MARKS: dict[MarkKind, str] = worded({
    "hold": "Hold music", "silence": "Silence", "overlap": "Both at once", "redacted": "Redacted",
})  # fmt: skip
"""What is marked in the waveform, and how it is called; a signal of the line is part of the noise."""


def marks(document: AnalysisDocument) -> list[dict[str, object]]:
    """What is marked in the waveform, by start."""
    found = document.call.marks or ()
    return [{"kind": one.kind, "start": one.start, "end": one.end} for one in found if one.kind in MARKS]


def arithmetic(found: FoundEvaluation, evaluation: Evaluation) -> Sum | None:
    """The sum of a score by the scorecard that it was made with; ``None`` when that is there no more."""
    scorecard = _scorecard(found)
    results: Mapping[str, CriterionResult] = {one.key: one for one in evaluation.criteria}
    same = scorecard.version == evaluation.scorecard.version
    if not same or {one.key for one in scorecard.criteria} != set(results):
        return None
    return Sum(scorecard, total(scorecard, results))


def _scorecard(found: FoundEvaluation) -> Scorecard:
    if found.version is None:
        return default_scorecard()
    return Scorecard.model_validate(found.version.document)
