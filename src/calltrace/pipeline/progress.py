"""From the share of one stage to the percentage of the whole."""

from calltrace.analyses.document import Stage

SPANS: dict[Stage, tuple[int, int]] = {
    "queued": (0, 0),
    "fetching": (1, 5),
    "decoding": (5, 12),
    "transcribing": (12, 92),
    "evaluating": (92, 99),
    "done": (100, 100),
}
"""First and last percent of each stage, by how long stages take on a usual call."""


def percent(stage: Stage, share: float) -> int:
    """Whole percent of the analysis when a stage is done to a share of 0.0 to 1.0."""
    first, last = SPANS[stage]
    return first + round((last - first) * min(max(share, 0.0), 1.0))
