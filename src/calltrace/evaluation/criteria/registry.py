"""All kinds of criteria. To add one: its parameters in ``scorecards/checks.py``, its file here, one line."""

from calltrace.evaluation.criteria import (
    hold,
    measure,
    not_said,
    question,
    said,
    sensitive_data,
    sentiment_change,
    sequence,
    verification,
)
from calltrace.evaluation.criteria.base import Kind
from calltrace.scorecards.checks import (
    Hold,
    Measure,
    NotSaid,
    Question,
    Said,
    SensitiveData,
    SentimentChange,
    Sequence,
    Verification,
)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("said", Said, said.examine),
        Kind("not_said", NotSaid, not_said.examine),
        Kind("sequence", Sequence, sequence.examine),
        Kind("verification", Verification, verification.examine),
        Kind("hold", Hold, hold.examine),
        Kind("measure", Measure, measure.examine),
        Kind("question", Question, question.examine),
        Kind("sensitive_data", SensitiveData, sensitive_data.examine),
        Kind("sentiment_change", SentimentChange, sentiment_change.examine),
    )
}
