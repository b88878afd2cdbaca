"""What an evaluation says (interfaces, section 3, ``evaluation``; meaning: docs/evaluation.md)."""

from typing import Literal

from pydantic import Field

from calltrace.kit.document import Document

Verdict = Literal["met", "partly_met", "not_met", "not_applicable", "needs_review"]
Method = Literal["rule", "embedding", "model", "measure", "human"]
SummaryMethod = Literal["extract", "model"]
Mood = Literal["positive", "neutral", "negative"]


class Evidence(Document):
    """A quote that stands in the transcript, in this segment, at this time: checked by code."""

    segment_id: str
    start: float
    end: float
    quote: str


class CriterionResult(Document):
    """One criterion of the scorecard, decided. ``score`` and ``max_score`` are points."""

    key: str
    name: str
    score: float
    max_score: float
    verdict: Verdict
    confidence: float
    method: Method
    reason: str
    evidence: list[Evidence] = Field(default_factory=list[Evidence])


class SensitiveSpan(Document):
    """Something that should not be stored in clear was spoken in this segment."""

    kind: str
    segment_id: str


class MoodBySide(Document):
    """An estimate of how each side sounded by its words; ``None`` when that side said nothing."""

    customer: Mood | None
    agent: Mood | None


class ScorecardRef(Document):
    """The exact scorecard version that an evaluation is pinned to."""

    id: str
    name: str
    version: int


class Evaluation(Document):
    """A scorecard applied to a transcript. ``score`` is 0 to 100, one decimal at most.

    ``summary_method`` says whether the summary is put together from findings and quotes (``extract``), or
    holds sentences of a model.
    """

    score: float | None
    summary: str
    summary_method: SummaryMethod = "extract"
    passed: bool | None
    scorecard: ScorecardRef
    criteria: list[CriterionResult]
    recommendations: list[str]
    sentiment: MoodBySide
    escalation: bool
    customer_effort_score: int
    sensitive_data: list[SensitiveSpan]
