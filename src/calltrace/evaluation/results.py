"""What an evaluation says (interfaces, section 3, ``evaluation``; meaning: docs/evaluation.md)."""

from typing import Literal

from pydantic import Field

from calltrace.kit.document import Document

Verdict = Literal["met", "partly_met", "not_met", "not_applicable", "needs_review"]
Settled = Literal["met", "partly_met", "not_met", "not_applicable"]
"""A verdict that is one: what a person may say."""
Decision = Literal["confirmed", "overridden", "undone"]
Method = Literal["rule", "embedding", "model", "measure", "human"]
SummaryMethod = Literal["extract", "model"]
Mood = Literal["positive", "neutral", "negative"]


class Evidence(Document):
    """A quote that stands in the transcript, in this segment, at this time: checked by code."""

    segment_id: str
    start: float
    end: float
    quote: str


def _nothing(value: object) -> bool:
    return value is None


class MachineResult(Document):
    """What the machine says of a criterion that a person has decided."""

    score: float
    max_score: float
    verdict: Verdict
    confidence: float
    method: Method
    reason: str
    evidence: list[Evidence] = Field(default_factory=list[Evidence])


class HumanMark(Document):
    """That a person decided a criterion, or took that back.

    ``revision`` counts the decisions: whoever makes the next one names the one that they saw.
    """

    decision: Decision
    revision: int
    at: str


class CriterionResult(Document):
    """One criterion of the scorecard, decided. ``score`` and ``max_score`` are points.

    Where a person decided, ``method`` is ``human``, and what the machine says stands in ``machine``. Both
    ``machine`` and ``human`` are left out where no person did anything. ``suggested`` is there, and true,
    where people disagree with the machine so often that it grades no more: the points are its best guess.
    """

    key: str
    name: str
    score: float
    max_score: float
    verdict: Verdict
    confidence: float
    method: Method
    reason: str
    evidence: list[Evidence] = Field(default_factory=list[Evidence])
    machine: MachineResult | None = Field(default=None, exclude_if=_nothing)
    human: HumanMark | None = Field(default=None, exclude_if=_nothing)
    suggested: bool | None = Field(default=None, exclude_if=_nothing)

    @property
    def best_guess(self) -> Settled:
        """The verdict, also of a result that waits for review: its points tell."""
        if self.verdict != "needs_review":
            return self.verdict
        if self.max_score == 0:
            return "not_applicable"
        if self.score == self.max_score:
            return "met"
        return "partly_met" if self.score > 0 else "not_met"


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


class MachineScore(Document):
    """What the score would be without what people decided."""

    score: float | None
    passed: bool | None


class Evaluation(Document):
    """A scorecard applied to a transcript. ``score`` is 0 to 100, one decimal at most.

    ``machine`` is there where people decided criteria; ``former_overrides`` where they decided that many in
    former evaluations of the same call, which this one does not take over.
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
    machine: MachineScore | None = Field(default=None, exclude_if=_nothing)
    former_overrides: int | None = Field(default=None, exclude_if=_nothing)
