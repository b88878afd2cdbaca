"""Recordings, their processing and their links."""

from pydantic import Field

from calltrace.dialects.auralytik.documents.common import Fault
from calltrace.kit.document import Document


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
