"""Text conversations: they are judged by what was written, not by when.

A chat over days has no silence, no pace and nobody who talks into another: between two messages nobody waits
on a line. So criteria that measure time are not applicable to one. What asks for words near others, or near
the beginning or the end, is looked for as if the messages were read out one after the other
(WORDS_PER_SECOND): what judges learned of calls fits chats like that.
"""

from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.scorecards.checks import Hold, Measure
from calltrace.scorecards.document import Criterion
from calltrace.speech.transcript import Segment, Transcript

WORDS_PER_SECOND = 2.5
"""150 words a minute, the customary pace of talk."""
LEAST_SECONDS = 1.0
NO_TIME = (
    "It does not apply to text conversations: they have no silence, hold, pace or interruptions to measure."
)


def measures_time(criterion: Criterion) -> bool:
    """Whether a criterion is about what only a call has: every measure is, and so is a hold."""
    return isinstance(criterion.check, Hold | Measure)


def read_out(transcript: Transcript) -> Transcript:
    """The same messages in the same order, each begun where the one before ends; times in seconds."""
    segments, at = list[Segment](), 0.0
    for one in sorted(transcript.segments, key=lambda segment: (segment.start, segment.end)):
        end = at + max(LEAST_SECONDS, len(one.text.split()) / WORDS_PER_SECOND)
        segments.append(one.model_copy(update={"start": at, "end": end}))
        at = end
    return transcript.model_copy(update={"segments": segments})


def at_its_times(evaluation: Evaluation, transcript: Transcript) -> Evaluation:
    """An evaluation of what was read out, whose quotes stand at the times of their messages."""
    messages = {one.id: one for one in transcript.segments}
    criteria = [_at_its_times(one, messages) for one in evaluation.criteria]
    return evaluation.model_copy(update={"criteria": criteria})


def _at_its_times(result: CriterionResult, messages: dict[str, Segment]) -> CriterionResult:
    quotes = [
        one.model_copy(update={"start": messages[one.segment_id].start, "end": messages[one.segment_id].end})
        for one in result.evidence
    ]
    return result.model_copy(update={"evidence": quotes})
