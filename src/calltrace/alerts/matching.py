"""Whether a rule matches a call, and why. Pure: testable without a database."""

from collections.abc import Mapping
from dataclasses import dataclass

from calltrace.alerts.document import (
    Condition,
    Conditions,
    CriterionIs,
    DurationIs,
    Escalated,
    Group,
    KeywordSaid,
    ScoreIs,
    SensitiveSaid,
    SentimentIs,
    SilenceIs,
)
from calltrace.alerts.said import Said
from calltrace.evaluation.results import Evaluation
from calltrace.kit.document import Document
from calltrace.speech.transcript import Segment, TalkMetrics, Transcript

LONGEST_QUOTE = 160
_SILENCE: Mapping[str, tuple[str, str]] = {
    "total": ("silence in all", " s"), "longest": ("silence at a stretch", " s"),
    "percent": ("silence", " %"),
}  # fmt: skip


class Reason(Document):
    """Why a condition holds; where words of the call prove it, the segment in which they stand."""

    text: str
    segment_id: str | None = None
    start: float | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has been evaluated, as far as rules look at it."""

    evaluation: Evaluation
    transcript: Transcript
    duration_seconds: float | None
    metrics: TalkMetrics | None
    said: Said
    written: bool = False

    @classmethod
    def of(
        cls,
        evaluation: Evaluation,
        transcript: Transcript,
        duration: float | None,
        metrics: TalkMetrics | None,
        *,
        written: bool = False,
    ) -> "Call":
        """A call, or a text conversation (``written``), to be held against many rules."""
        return cls(evaluation, transcript, duration, metrics, Said(transcript), written)


def reasons(wanted: Conditions | Group, call: Call) -> list[Reason]:
    """Why a call matches; nothing when it does not."""
    held: list[Reason] = []
    for one in wanted.conditions:
        found = reasons(one, call) if isinstance(one, Group) else _reasons(one, call)
        if not found and wanted.match == "all":
            return []
        held += found
    return held


def message(found: list[Reason]) -> str:
    """The reasons as one text for people."""
    return " ".join(one.text for one in found)


def _reasons(one: Condition, call: Call) -> list[Reason]:  # noqa: PLR0911 - one answer a kind
    match one:
        case ScoreIs():
            return _compared("The score is", call.evaluation.score, one.operator, one.value, "")
        case CriterionIs():
            return _criterion(one, call)
        case SentimentIs():
            mood = getattr(call.evaluation.sentiment, one.speaker)
            return [Reason(text=f"The {one.speaker} sounds {mood}.")] if mood in one.moods else []
        case DurationIs():
            return _compared("The call lasts", call.duration_seconds, one.operator, one.value, " s")
        case SilenceIs():
            return _silence(one, call)
        case KeywordSaid():
            return _keyword(one, call)
        case Escalated():
            return [Reason(text="The call was escalated.")] if call.evaluation.escalation else []
        case SensitiveSaid():
            return _sensitive(one, call)


def _compared(what: str, value: float | None, operator: str, limit: float, unit: str) -> list[Reason]:
    if value is None or not (value < limit if operator == "under" else value > limit):
        return []
    return [Reason(text=f"{what} {round(value, 1):g}{unit}, {operator} {limit:g}{unit}.")]


def _criterion(one: CriterionIs, call: Call) -> list[Reason]:
    for result in call.evaluation.criteria:
        if result.key == one.key and result.verdict in one.verdicts:
            proof = result.evidence[0] if result.evidence else None
            text = f"“{result.name}” is {result.verdict.replace('_', ' ')}."
            return [
                Reason(
                    text=text,
                    segment_id=proof.segment_id if proof else None,
                    start=proof.start if proof else None,
                )
            ]
    return []


def _silence(one: SilenceIs, call: Call) -> list[Reason]:
    metrics, duration = call.metrics, call.duration_seconds
    if metrics is None:
        return []
    value = metrics.longest_silence_seconds if one.measure == "longest" else metrics.silence_seconds
    if one.measure == "percent":
        if not duration:
            return []
        value *= 100 / duration
    name, unit = _SILENCE[one.measure]
    return [Reason(text=f"{round(value, 1):g}{unit} of {name}.")] if value > one.value else []


def _keyword(one: KeywordSaid, call: Call) -> list[Reason]:
    speaker = None if one.speaker == "anyone" else one.speaker
    for word in one.words:
        where = call.said.first(word, stems=one.match == "stem", speaker=speaker)
        if where is not None:
            return [_quoted(word, where, written=call.written)]
    return []


def _sensitive(one: SensitiveSaid, call: Call) -> list[Reason]:
    starts = {segment.id: segment.start for segment in call.transcript.segments}
    for span in call.evaluation.sensitive_data:
        if not one.kinds or span.kind in one.kinds:
            how = "written" if call.written else "spoken"
            text = f"Sensitive data was {how}: {span.kind.replace('_', ' ')}."
            return [Reason(text=text, segment_id=span.segment_id, start=starts.get(span.segment_id))]
    return []


def _quoted(word: str, segment: Segment, *, written: bool) -> Reason:
    """What holds, with the words around it."""
    text = segment.text if len(segment.text) <= LONGEST_QUOTE else segment.text[: LONGEST_QUOTE - 1] + "…"
    by = "somebody" if segment.speaker == "unknown" else f"the {segment.speaker}"
    minutes, seconds = divmod(int(segment.start), 60)
    how = f"was written by {by}" if written else f"was said by {by} at {minutes}:{seconds:02d}"
    return Reason(text=f"“{word}” {how}: {text}", segment_id=segment.id, start=segment.start)
