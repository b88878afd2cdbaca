"""The Analysis as everyone sees it: one object for GET, list and ``analyze`` (interfaces, section 3)."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from calltrace.evaluation.results import Evaluation
from calltrace.kit.document import Document
from calltrace.recordings.remarks import Remark, with_code
from calltrace.speech.transcript import Mark, TalkMetrics, Transcript

Status = Literal["queued", "processing", "completed", "failed"]
Medium = Literal["voice", "text"]
Stage = Literal["queued", "fetching", "decoding", "transcribing", "evaluating", "done"]


class ProgressDocument(Document):
    """Where the analysis is: a stage and a percentage of the whole."""

    stage: Stage
    percent: int


class CallDocument(Document):
    """The call itself; the union of what status answers and webhooks show (decision CTX-6).

    ``playback_url`` is a signed link to what every browser plays, once there is something; ``marks`` tell
    where hold music, signals, dead air and overlaps are (docs/talk-metrics.md). A chat, whose ``medium`` is
    ``text``, has neither sound nor times that mean something: what is measured of sound is ``null``.
    """

    status: Status
    duration_seconds: float | None = None
    agent_id: str | None = None
    queue_id: str | None = None
    recording_url: str | None = None
    playback_url: str | None = None
    channels: int | None = None
    sample_rate: int | None = None
    metrics: TalkMetrics | None = None
    marks: list[Mark] | None = None
    project_id: str | None = None
    engagement_id: str | None = None
    call_center_id: str | None = None
    contact_id: str | None = None
    called_at: str | None = None
    ai_call: bool = False
    medium: Medium = "voice"


class ErrorDocument(Document):
    """Why an analysis failed."""

    code: str
    message: str
    stage: str
    retryable: bool


class StageSeconds(Document):
    """Wall time of each stage, in seconds; ``None`` while not done."""

    fetch: float | None = None
    decode: float | None = None
    transcribe: float | None = None
    evaluate: float | None = None


class ModelNames(Document):
    """Names and versions of what decided, so that a result can be repeated."""

    asr: str | None = None
    evaluator: str | None = None


class ProcessingDocument(Document):
    """How the result was made."""

    seconds: StageSeconds = StageSeconds()
    models: ModelNames = ModelNames()
    warnings: list[Annotated[Remark, BeforeValidator(with_code)]] = Field(default_factory=list[Remark])


class AnalysisDocument(Document):
    """One run over one recording. A field that is not known yet is ``null``."""

    analysis_id: str
    status: Status
    external_id: str | None = None
    created_at: str
    completed_at: str | None = None
    progress: ProgressDocument
    call: CallDocument
    transcript: Transcript | None = None
    evaluation: Evaluation | None = None
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    error: ErrorDocument | None = None
    processing: ProcessingDocument = ProcessingDocument()
