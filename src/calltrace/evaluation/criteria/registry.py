"""All kinds of criteria. To add one: its parameters in ``scorecards/checks.py``, its file here, one line."""

from calltrace.evaluation.criteria import hold, measure, not_said, said, sequence, verification
from calltrace.evaluation.criteria.base import Kind
from calltrace.scorecards.checks import Hold, Measure, NotSaid, Said, Sequence, Verification

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("said", Said, said.examine),
        Kind("not_said", NotSaid, not_said.examine),
        Kind("sequence", Sequence, sequence.examine),
        Kind("verification", Verification, verification.examine),
        Kind("hold", Hold, hold.examine),
        Kind("measure", Measure, measure.examine),
    )
}
