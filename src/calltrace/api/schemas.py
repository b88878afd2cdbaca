"""What the native contract takes and answers."""

import json
import uuid
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from calltrace.accounts.models import Mode
from calltrace.analyses.document import AnalysisDocument
from calltrace.analyses.submit import METADATA_BYTES, METADATA_DEPTH, Submission
from calltrace.api.parameters import CallMoment
from calltrace.kit.strict_json import depth
from calltrace.speech.codes import known_language
from calltrace.speech.roles import ChannelOption

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


def _language(code: str) -> str:
    known = known_language(code)
    if known is None:
        raise ValueError(f"{code!r} is no language that the recogniser knows.")
    return known


Language = Annotated[str, StringConstraints(max_length=12), AfterValidator(_language)]
"""A language that the recogniser knows: ``en-US`` is taken for ``en``."""


AGENT_CHANNELS = (
    "Where the agent is: on the first or second channel, nowhere in particular (mono), or to be found out"
    " (auto). Null: as the queue says, else the organisation, else auto."
)


class Wire(BaseModel):
    """camelCase outside; unknown fields of a request are ignored, as clients of other versions send them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", strict=True)


class AnalysisRequest(Wire):
    """``POST /analyses`` (acceptance CT-043 to CT-055): exactly one of ``fileUrl`` and ``uploadId``."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["fileUrl"]}, {"required": ["uploadId"]}],
            "example": {
                "fileUrl": "https://example.com/calls/call-123.mp3",
                "fileName": "call-123.mp3",
                "language": "auto",
                "externalId": "crm-call-123",
                "idempotencyKey": "crm-call-123",
                "metadata": {"customerId": "cust_42", "source": "crm"},
            },
        }
    )

    upload_id: uuid.UUID | None = Field(
        None, strict=False, description="An upload that is complete, in place of `fileUrl`."
    )
    file_url: Annotated[str, StringConstraints(min_length=1, max_length=8192)] | None = Field(
        None,
        description="HTTPS URL of the audio file to analyze.",
        examples=["https://example.com/calls/call-123.mp3"],
        json_schema_extra={"pattern": "^https://"},
    )
    file_name: Name | None = Field(None, description="Original file name, shown in Call Trace.")
    agent_id: uuid.UUID | None = Field(None, strict=False, description="Agent to associate.")
    queue_id: uuid.UUID | None = Field(None, strict=False, description="Queue: it chooses the scorecard.")
    project_id: uuid.UUID | None = Field(None, strict=False, description="Project to file it under.")
    engagement_id: uuid.UUID | None = Field(None, strict=False, description="Engagement it belongs to.")
    call_center_id: uuid.UUID | None = Field(
        None, strict=False, description="Where the call was taken; left out: where its queue or agent is."
    )
    contact_id: Name | None = Field(None, description="The customer, by your own identifier.")
    called_at: CallMoment | None = Field(
        None,
        strict=False,
        description="When the call took place; left out: now.",
        examples=["2026-03-01T10:00:00Z"],
    )
    ai_call: bool | None = Field(None, description="The agent was a voice bot.")
    language: Annotated[str, StringConstraints(max_length=12)] | None = Field(
        None, description="Language hint (ISO 639-1), or auto."
    )
    agent_channels: ChannelOption | None = Field(None, description=AGENT_CHANNELS)
    external_id: Name | None = Field(None, description="Your CRM, helpdesk or telephony identifier.")
    idempotency_key: Name | None = Field(None, description="Deduplicates retries; kept 48 hours.")
    metadata: dict[str, Any] | None = Field(
        None, description="JSON object of at most 16 KiB and depth 5, returned in status and webhooks."
    )

    @model_validator(mode="before")
    @classmethod
    def _said(cls, content: dict[str, Any]) -> dict[str, Any]:
        """Left out is null: then it is validated, and a refusal has the wire's name for it."""
        return {"fileUrl": None} | content

    @field_validator("file_url")
    @classmethod
    def _one_source(cls, value: str | None, known: ValidationInfo) -> str | None:
        """Checked where ``upload_id`` is known already, so that the refusal names a field."""
        if "upload_id" not in known.data:  # refused itself
            return value
        if value is None and known.data["upload_id"] is None:
            raise ValueError("Field required: the HTTPS URL of the audio file, or uploadId.")
        if value is not None and known.data["upload_id"] is not None:
            raise ValueError("Give fileUrl or uploadId, not both.")
        return value

    @field_validator("language")
    @classmethod
    def _language(cls, value: str | None) -> str | None:
        if value is None or value == "auto":
            return value
        code = known_language(value)
        if code is None:
            raise ValueError(f"{value!r} is not 'auto' or a language that the recogniser knows.")
        return code

    @field_validator("metadata")
    @classmethod
    def _metadata(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is None:
            return None
        if depth(value) > METADATA_DEPTH:
            raise ValueError(f"metadata is nested at most {METADATA_DEPTH} deep.")
        if len(json.dumps(value, ensure_ascii=False).encode()) > METADATA_BYTES:
            raise ValueError(f"metadata has at most {METADATA_BYTES} bytes.")
        return value

    def submission(self, key: str | None, mode: Mode) -> Submission:
        """The request as the service takes it."""
        return Submission(
            file_url=self.file_url,
            file_name=self.file_name,
            agent_id=self.agent_id,
            queue_id=self.queue_id,
            language=self.language or "auto",
            external_id=self.external_id,
            idempotency_key=key,
            metadata=self.metadata or {},
            mode=mode,
            upload_id=self.upload_id,
            agent_channels=self.agent_channels,
            project_id=self.project_id,
            engagement_id=self.engagement_id,
            call_center_id=self.call_center_id,
            contact_id=self.contact_id,
            ai_call=self.ai_call,
            called_at=self.called_at,
        )


class AnalysisAccepted(Wire):
    """The 202 (acceptance CT-041)."""

    analysis_id: str
    status: Literal["queued"] = "queued"
    external_id: str | None


class AnalysisList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[AnalysisDocument]
    next_cursor: str | None


class Health(Wire):
    """Whether the server can do its work."""

    status: Literal["ok"] = "ok"
    version: str
