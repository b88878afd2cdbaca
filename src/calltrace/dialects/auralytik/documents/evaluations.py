"""Evaluations of recordings."""

from pydantic import Field

from calltrace.dialects.auralytik.documents.common import Fault
from calltrace.kit.document import Document


class Proof(Document):
    """A quote that stands in the transcript; times in seconds."""

    start: float
    end: float
    quote: str


class Criterion(Document):
    """One criterion of the scorecard, decided; notes are points."""

    key: str
    name: str
    note: float
    max_note: float
    verdict: str
    confidence: float
    reason: str
    evidence: list[Proof]


class ScorecardOut(Document):
    """The scorecard version that was used."""

    id: str
    name: str
    version: int


class SensitiveOut(Document):
    """Something that should not be stored in clear was said then."""

    kind: str
    start: float | None


class Results(Document):
    """What an evaluation says."""

    evaluation_id: str
    state: str
    average_note: float | None
    passed: bool | None
    sentiment: str | None
    summary: str | None
    scorecard: ScorecardOut | None
    criteria: list[Criterion]
    recommendations: list[str]
    customer_effort_score: int | None
    sensitive_data: list[SensitiveOut]


class Evaluation(Document):
    """A recording held against a scorecard."""

    id: str
    audio_file_id: str
    engagement_id: str | None
    engagement_name: str | None
    audio_file_name: str | None
    audio_date: str
    executive_id: str | None
    executive_name: str | None
    call_center_id: str | None
    campaign_id: str | None
    duration_in_seconds: int | None
    state: str
    sentiment: str | None
    average_note: float | None = Field(description="0 to 100.")
    is_ai_call: bool = Field(validation_alias="isAICall", serialization_alias="isAICall")
    results: Results | None
    error: Fault | None
    created_at: str
    completed_at: str | None
