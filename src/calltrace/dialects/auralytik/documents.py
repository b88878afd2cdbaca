"""Objects of this contract: every field is always there, null when unknown (decisions, section 3)."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from calltrace.kit.document import Document

_CODES = {"unsupported_media": "UNSUPPORTED_AUDIO"}


class Fault(Document):
    """Why something failed."""

    code: str
    message: str

    @classmethod
    def of(cls, error: Mapping[str, Any]) -> Self:
        """Our error, under this contract's kind of name."""
        code = str(error["code"])
        return cls(code=_CODES.get(code, code.upper()), message=str(error["message"]))


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


class AudioFile(Document):
    """A recording; ``evaluationId`` is the evaluation that was asked for last."""

    id: str
    file_name: str | None
    content_type: str | None
    size_bytes: int | None
    duration_in_seconds: int | None
    audio_date: str
    engagement_id: str | None
    campaign_id: str | None
    call_center_id: str | None
    executive_id: str | None
    executive_name: str | None
    is_ai_call: bool = Field(validation_alias="isAICall", serialization_alias="isAICall")
    external_id: str | None
    upload_state: str
    processing_state: str
    evaluation_id: str | None
    created_at: str


class UploadLink(Document):
    """Where a file is to be put; the URL alone lets whoever has it do so."""

    audio_file_id: str
    upload_url: str
    expires_at: str
    method: str
    headers: dict[str, str]


class Download(Document):
    """Where a file can be fetched; the URL alone lets whoever has it do so."""

    url: str
    expires_at: str
    file_name: str | None
    size_bytes: int


class Processing(Document):
    """What came of asking for the processing of a file."""

    audio_file_id: str
    evaluation_id: str
    state: str


class Progress(Document):
    """How far the processing of a file is."""

    audio_file_id: str
    evaluation_id: str | None
    state: str
    stage: str | None
    progress: int
    error: Fault | None
    started_at: str | None
    completed_at: str | None


class Health(Document):
    """That the service works."""

    status: str
    version: str


class EngagementOut(Document):
    """A piece of work with a customer; ``evaluationCount`` counts evaluations of its audio files."""

    id: str
    name: str
    description: str | None
    type: str
    status: str
    evaluation_count: int
    created_at: str
    updated_at: str


class Campaign(Document):
    """What calls are made for; ``averageNote`` (0 to 100) is over completed evaluations."""

    id: str
    name: str
    description: str | None
    type: str | None
    status: str
    call_center_id: str | None
    start_date: str | None
    end_date: str | None
    audio_file_count: int
    evaluation_count: int
    average_note: float | None
    created_at: str
    updated_at: str


class Key(Document):
    """An API key; never the key itself, nor its secret."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    allowed_ips: list[str]
    rate_limit_per_minute: int | None
    state: str
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class NewSecret(Key):
    """A key and its new secret, told this once."""

    hmac_secret: str


class NewKey(NewSecret):
    """A new key, told this once."""

    key: str


class RevokedKey(Document):
    """That a key is revoked."""

    id: str
    revoked: bool
    revoked_at: str


class Deleted(Document):
    """That something is gone."""

    id: str
    deleted: bool


class ConversationOut(Document):
    """A chat, or the turns of a voice call."""

    id: str
    type: str
    channel_id: str | None
    campaign_id: str | None
    executive_id: str | None
    status: str
    participant_count: int
    message_count: int
    started_at: str
    ended_at: str | None
    created_at: str


class Message(Document):
    """One message of a conversation."""

    id: str
    role: str
    content: str
    timestamp: str


class Messages(Document):
    """A page of the messages of a conversation."""

    conversation_id: str
    messages: list[Message]


class VoiceTurn(Document):
    """One turn of a voice call; ``timestamp`` (HH:MM:SS) counts from its beginning."""

    role: str
    text: str
    timestamp: str


class Answer(Document):
    """One question of a survey, as it was answered."""

    question: str
    answer: str | None
    score: float | None


class SurveyOut(Document):
    """What the customer answered after the call: a survey, no analysis."""

    voice_call_id: str
    state: str
    completion_reason: str | None
    total_questions: int
    questions_answered: int
    calculated_score: float | None
    responses: list[Answer]


class VoiceCallOut(Document):
    """A call that a voice bot took; ``transcript`` and ``epaResults`` are null in lists."""

    id: str
    campaign_id: str | None
    direction: str
    state: str
    start_time: str
    end_time: str | None
    duration_seconds: int | None
    talk_time_seconds: int | None
    outcome: str | None
    transcript: list[VoiceTurn] | None
    epa_results: SurveyOut | None
    created_at: str


class RecordingLink(Document):
    """Where a recording can be fetched."""

    url: str
    expires_at: str


class UsageShare(Document):
    """So much was used of what the plan includes; null: without a limit."""

    used: int | float
    included: int | None
    overage: int | float


class UsageSummary(Document):
    """What was used in a month."""

    billing_period: str
    tier: str
    usage: dict[str, UsageShare]


class UsageRecord(Document):
    """One thing that was used."""

    id: str
    timestamp: str
    type: str
    quantity: float
    unit: str
    key_id: str | None
    resource_id: str | None


class KeyUsage(Document):
    """How many requests a key made."""

    key_id: str
    name: str
    calls: int
    last_used_at: str | None


class UsageByKey(Document):
    """How many requests each key made in a month."""

    billing_period: str
    keys: list[KeyUsage]


class PeriodOut(Document):
    """The time that was counted, both ends included."""

    date_from: str
    date_to: str


class Moods(Document):
    """How customers sounded, counted over completed evaluations."""

    positive: int
    neutral: int
    negative: int


class CriterionRow(Document):
    """How one criterion went; ``averageNote`` is 0 to 100."""

    key: str
    name: str
    average_note: float | None
    met: int
    not_met: int


class Summary(Document):
    """Everything in one."""

    period: PeriodOut
    total_evaluations: int
    completed_evaluations: int
    failed_evaluations: int
    pending_evaluations: int
    total_audio_files: int
    total_duration_in_seconds: int
    average_duration_in_seconds: float | None
    average_note: float | None
    pass_rate: float | None
    sentiment: Moods
    ai_calls: int
    human_calls: int
    average_customer_effort_score: float | None
    criteria: list[CriterionRow]


class _Row(Document):
    """What every row of analytics has."""

    total_evaluations: int
    completed_evaluations: int
    average_note: float | None
    pass_rate: float | None
    average_duration_in_seconds: float | None
    sentiment: Moods


class CampaignRow(_Row):
    """One campaign; null for evaluations without."""

    campaign_id: str | None
    campaign_name: str | None


class CallCenterRow(_Row):
    """One call center; null for evaluations without."""

    call_center_id: str | None
    call_center_name: str | None


class ExecutiveRow(_Row):
    """One executive; null for evaluations without."""

    executive_id: str | None
    executive_name: str | None


class TrendPoint(Document):
    """One day, week or month, by its first day."""

    date: str
    total_evaluations: int
    completed_evaluations: int
    average_note: float | None
    average_duration_in_seconds: float | None
    sentiment: Moods


class Trends(Document):
    """A point for each bucket of the period, oldest first."""

    granularity: str
    period: PeriodOut
    points: list[TrendPoint]


class ExportStarted(Document):
    """An export that was begun."""

    job_id: str
    status: str
    created_at: str


class ExportJob(Document):
    """How far an export is; ``downloadUrl`` needs no key."""

    job_id: str
    status: str
    progress: int
    type: str
    format: str
    row_count: int
    download_url: str | None
    expires_at: str | None
    error: Fault | None
    created_at: str
    completed_at: str | None
