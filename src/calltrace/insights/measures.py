"""What is summed, written once: over facts, over changes, and as what sums are read into.

Each measure is SQL over a row ``f`` of facts or changes with its ``sign``; ``line`` is one of its criteria.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Dimension = Literal["project_id", "engagement_id", "call_center_id", "queue_id", "agent_id"]
DIMENSIONS: tuple[Dimension, ...] = (
    "project_id", "engagement_id", "call_center_id", "queue_id", "agent_id",
)  # fmt: skip
"""In the order of the bits of ``kind``, the first is worth the most."""
LETTERS = {"met": "m", "partly_met": "p", "not_met": "n", "not_applicable": "a", "needs_review": "r"}


def _count(condition: str) -> str:
    return f"coalesce(sum(f.sign) FILTER (WHERE {condition}), 0)::bigint"


def _sum(value: str, condition: str = "true") -> str:
    return f"coalesce(sum(f.sign * {value}) FILTER (WHERE {condition}), 0)::bigint"


_DONE = "f.state = 'completed'"
CALLS: Mapping[str, str] = {
    "calls": _count("true"),
    "completed": _count(_DONE),
    "failed": _count("f.state = 'failed'"),
    "duration_ms": _sum("f.duration_ms"),
    "completed_ms": _sum("f.duration_ms", _DONE),
    "silence_ms": _sum("f.silence_ms", _DONE),
    "scored": _count("f.score IS NOT NULL"),
    "score": _sum("f.score"),
    "judged": _count("f.passed IS NOT NULL"),
    "passed": _count("f.passed"),
    "positive": _count("f.mood = 'positive'"),
    "neutral": _count("f.mood = 'neutral'"),
    "negative": _count("f.mood = 'negative'"),
    "ai": _count("f.ai_call"),
    "evaluated": _count("f.effort IS NOT NULL"),
    "effort": _sum("f.effort"),
    "escalated": _count("f.escalated"),
}
MARKS: Mapping[str, str] = {
    "met": _count("line.verdict = 'm'"),
    "partly_met": _count("line.verdict = 'p'"),
    "not_met": _count("line.verdict = 'n'"),
    "not_applicable": _count("line.verdict = 'a'"),
    "needs_review": _count("line.verdict = 'r'"),
    "noted": _count("line.note IS NOT NULL"),
    "note": _sum("line.note"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some calls, in the order of ``CALLS``; see the properties for what they say."""

    calls: int = 0
    completed: int = 0
    failed: int = 0
    duration_ms: int = 0
    completed_ms: int = 0
    silence_ms: int = 0
    scored: int = 0
    score: int = 0
    judged: int = 0
    passed: int = 0
    positive: int = 0
    neutral: int = 0
    negative: int = 0
    ai: int = 0
    evaluated: int = 0
    effort: int = 0
    escalated: int = 0

    @property
    def pending(self) -> int:
        """Calls that are queued or being processed."""
        return self.calls - self.completed - self.failed

    @property
    def average_score(self) -> float | None:
        """Of those that have one, 0 to 100, one decimal."""
        return round(self.score / self.scored / 10, 1) if self.scored else None

    @property
    def pass_rate(self) -> float | None:
        """The share of those that passed or failed a pass mark, 0 to 1."""
        return round(self.passed / self.judged, 4) if self.judged else None

    @property
    def seconds(self) -> float:
        """How long all of them are, as far as that is known."""
        return round(self.duration_ms / 1000, 1)

    @property
    def average_seconds(self) -> float | None:
        """Of the completed ones."""
        return round(self.completed_ms / self.completed / 1000, 1) if self.completed else None

    @property
    def silence_share(self) -> float | None:
        """How much of the completed calls nobody spoke, 0 to 1."""
        return round(self.silence_ms / self.completed_ms, 4) if self.completed_ms else None

    @property
    def average_effort(self) -> float | None:
        """The customer effort score, one decimal."""
        return round(self.effort / self.evaluated, 1) if self.evaluated else None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Sums over one criterion of some calls, in the order of ``MARKS``."""

    met: int = 0
    partly_met: int = 0
    not_met: int = 0
    not_applicable: int = 0
    needs_review: int = 0
    noted: int = 0
    note: int = 0

    @property
    def decided(self) -> int:
        """How often it was met, partly met or not met."""
        return self.met + self.partly_met + self.not_met

    @property
    def average(self) -> float | None:
        """The share of its points, 0 to 100, one decimal."""
        return round(self.note / self.noted / 10, 1) if self.noted else None

    @property
    def failing(self) -> float | None:
        """How often it was not met, of what was decided, 0 to 1."""
        return round(self.not_met / self.decided, 4) if self.decided else None
