"""``/audio-files`` (acceptance AU-050 to AU-056)."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import waiting
from calltrace.analyses.waiting import Told, Wish
from calltrace.catalog import queries as catalog
from calltrace.catalog import service
from calltrace.catalog.models import Agent, CallCenter, Engagement, Queue
from calltrace.dialects.auralytik import file_queries as queries
from calltrace.dialects.auralytik import links
from calltrace.dialects.auralytik.answers import AnswersDep, LongPage, Many, One
from calltrace.dialects.auralytik.deps import (
    AudioDownloader,
    AudioReader,
    AudioWriter,
    Id,
    PlatformDep,
    has_body,
    read_body,
)
from calltrace.dialects.auralytik.documents.audio_files import (
    AudioFile,
    Download,
    Processing,
    Progress,
    UploadLink,
)
from calltrace.dialects.auralytik.documents.common import Fault
from calltrace.dialects.auralytik.door import Caller
from calltrace.dialects.auralytik.evaluation_queries import STATES
from calltrace.dialects.auralytik.file_queries import NOT_STARTED, File
from calltrace.dialects.auralytik.filters import FileFilters, ProcessingState, optional_id
from calltrace.dialects.auralytik.forms import (
    Prefix,
    iso,
    named,
    path_id,
    start_of,
    when,
    whole,
    written,
    wrong,
)
from calltrace.dialects.auralytik.schemas import Wire, body_of
from calltrace.dialects.auralytik.transcripts import TranscriptOut, transcript_of
from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid

router = APIRouter(prefix="/audio-files", tags=["Audio Files"])
Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Language = Annotated[str, StringConstraints(pattern=r"^(auto|[a-z]{2})$")]
_STAGES = {
    "decoding": "decoding", "transcribing": "transcribing", "evaluating": "evaluating", "done": "done",
}  # fmt: skip


class UploadRequest(Wire):
    """``POST /audio-files/upload-url``."""

    file_name: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(examples=["call.mp3"])
    engagement_id: str | None = None
    campaign_id: str | None = None
    call_center_id: str | None = None
    executive_id: str | None = None
    executive_name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    audio_date: Annotated[str, StringConstraints(max_length=40)] | None = None
    is_ai_call: bool = Field(default=False, alias="isAICall")
    language: Language = "auto"
    external_id: Text | None = None
    content_type: Text | None = None

    @field_validator("file_name")
    @classmethod
    def _no_path(cls, value: str) -> str:
        if "/" in value or "\\" in value or not value.strip():
            raise ValueError("is a file's name without / or \\")
        return value


class ProcessRequest(Wire):
    """``POST /audio-files/{id}/process``; all of it may be left out."""

    scorecard_id: str | None = None
    language: Language | None = None
    force: bool = False


@router.get("")
async def list_audio_files(
    caller: AudioReader,
    platform: PlatformDep,
    answers: AnswersDep,
    which: FileFilters,
    part: LongPage,
    state: Annotated[ProcessingState | None, Query(alias="processingState")] = None,
) -> Many[AudioFile]:
    """List audio files with filters."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found, total = await queries.page(session, which, state, part.offset, part.size)
    return answers.many([shown(one) for one in found], part, total)


@router.post("/upload-url", status_code=201, openapi_extra=body_of(UploadRequest))
async def create_upload_url(
    request: Request, caller: AudioWriter, platform: PlatformDep, answers: AnswersDep
) -> One[UploadLink]:
    """Get pre-signed upload URL: PUT the file there, then ask for its processing."""
    body = read_body(request, caller, UploadRequest)
    async with platform.database.tenant(caller.principal.org_id) as session:
        told = await _told(session, caller, body)
    row, _opened = await waiting.open_file(
        platform.intake, caller.principal.org_id, caller.principal.key_id, told
    )
    link = links.upload(platform, caller.principal.org_id, row.id)
    return answers.one(
        UploadLink(
            audio_file_id=named("af", row.id), upload_url=link.url, expires_at=iso(link.expires_at),
            method="PUT", headers={"x-ms-blob-type": "BlockBlob"},
        )
    )  # fmt: skip


@router.get("/{id}")
async def get_audio_file(
    caller: AudioReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[AudioFile]:
    """Get audio file by ID."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        return answers.one(shown(await find(session, thing)))


@router.get("/{id}/download-url")
async def get_download_url(
    caller: AudioDownloader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Download]:
    """Get download URL: the file as it came, without any header, for 15 minutes."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found = await find(session, thing)
        size = await links.readable_size(session, found)
    link = links.download(platform, caller.principal.org_id, found.row.id)
    return answers.one(
        Download(
            url=link.url,
            expires_at=iso(link.expires_at),
            file_name=found.row.file_name,
            size_bytes=size,
        )
    )


@router.get("/{id}/transcript")
async def get_audio_transcript(
    caller: AudioReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[TranscriptOut]:
    """Get transcript; without segments until something was heard."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found = await find(session, thing)
        return answers.one(
            await transcript_of(session, found.row.id, found.evaluation_id, _processing_state(found))
        )


@router.post("/{id}/process", status_code=202, openapi_extra=body_of(ProcessRequest, required=False))
async def process(
    request: Request,
    response: Response,
    caller: AudioWriter,
    platform: PlatformDep,
    answers: AnswersDep,
    thing: Id,
) -> One[Processing]:
    """Trigger AI processing; 200 with the evaluation there is when it is done already."""
    file_id = path_id("af", thing)
    body = (
        read_body(request, caller, ProcessRequest) if has_body(caller) else ProcessRequest.model_validate({})
    )
    wish = Wish(
        file_id, "live", _scorecard(body.scorecard_id), body.language, force=body.force,
        api_key_id=caller.principal.key_id,
    )  # fmt: skip
    asked = await waiting.ask(platform.intake, caller.principal.org_id, wish)
    response.status_code = 200 if asked.finished else 202
    return answers.one(
        Processing(
            audio_file_id=named("af", file_id),
            evaluation_id=named("eval", asked.evaluation_id),
            state=STATES[asked.status],
        )
    )


@router.get("/{id}/processing-status")
async def get_processing_status(
    caller: AudioReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Progress]:
    """Check processing status."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        found = await find(session, thing)
        return answers.one(progress(found))


def _scorecard(text: str | None) -> uuid.UUID | None:
    if text is None:
        return None
    found = as_uuid(text)
    if found is None:
        raise wrong("scorecardId", "is no id of a scorecard.")
    return found


async def find(session: AsyncSession, text: str) -> File:
    """One audio file.

    Raises:
        NotFoundError: there is none.
    """
    found = await queries.find(session, path_id("af", text))
    if found is None:
        raise NotFoundError("There is no audio file with this id.")
    return found


async def _told(session: AsyncSession, caller: Caller, body: UploadRequest) -> Told:
    """What is said of a file, its ids looked up; a person who is not known is made.

    Raises:
        InvalidRequestError: naming the field.
    """
    org_id = caller.principal.org_id
    named_rows: tuple[tuple[str, Prefix, Any, str | None], ...] = (
        ("engagementId", "eng", Engagement, body.engagement_id),
        ("campaignId", "camp", Queue, body.campaign_id),
        ("callCenterId", "cc", CallCenter, body.call_center_id),
        ("executiveId", "exec", Agent, body.executive_id),
    )
    ids = dict[str, uuid.UUID | None]()
    for field, prefix, model, text in named_rows:
        ids[field] = optional_id(prefix, field, text)
        row_id = ids[field]
        if row_id is not None and not await catalog.has(session, model, row_id):
            raise wrong(field, "names nothing that this organisation has.")
    called_at = _date(body.audio_date)
    engagement_id = ids["engagementId"] or (await service.default_engagement(session, org_id)).id
    if body.executive_name is not None and ids["executiveId"] is None:
        agent = await service.agent_named(session, org_id, caller.actor, body.executive_name)
        ids["executiveId"] = agent.id
    center = ids["callCenterId"] or await catalog.call_center_of(
        session, ids["campaignId"], ids["executiveId"]
    )
    return Told(
        body.file_name, body.content_type, body.language, body.external_id, ids["executiveId"],
        ids["campaignId"], engagement_id, center, ai_call=body.is_ai_call, called_at=called_at,
    )  # fmt: skip


def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return start_of(text)
    except (ValueError, OverflowError):
        raise wrong("audioDate", "is no date (YYYY-MM-DD) and no date-time.") from None


def _processing_state(found: File) -> str:
    return STATES[found.analysis.status] if found.analysis else NOT_STARTED


def shown(found: File) -> AudioFile:
    """An audio file as everyone sees it."""
    row, upload, recording = found.row, found.upload, found.recording
    sent = found.analysis is not None or (upload is not None and upload.status == "complete")
    stored = recording.size_bytes if recording else upload.received if upload and sent else None
    declared = recording.content_type if recording else upload.content_type if upload else None
    return AudioFile(
        id=named("af", row.id),
        file_name=row.file_name,
        content_type=declared or None,
        size_bytes=stored or None,
        duration_in_seconds=whole(found.analysis.duration_seconds) if found.analysis else None,
        audio_date=iso(row.called_at),
        engagement_id=written("eng", row.engagement_id),
        campaign_id=written("camp", row.queue_id),
        call_center_id=written("cc", row.call_center_id),
        executive_id=written("exec", row.agent_id),
        executive_name=found.agent,
        is_ai_call=row.ai_call,
        external_id=row.external_id,
        upload_state="Uploaded" if sent else "AwaitingUpload",
        processing_state=_processing_state(found),
        evaluation_id=written("eval", found.evaluation_id),
        created_at=iso(row.created_at),
    )


def progress(found: File) -> Progress:
    """How far the processing of a file is."""
    analysis = found.analysis
    error = analysis.error if analysis and analysis.status == "failed" else None
    stage = str(error["stage"]) if error else analysis.stage if analysis else None
    return Progress(
        audio_file_id=named("af", found.row.id),
        evaluation_id=written("eval", found.evaluation_id),
        state=_processing_state(found),
        stage=_STAGES.get(stage or ""),
        progress=analysis.percent if analysis else 0,
        error=Fault.of(error) if error else None,
        started_at=when(analysis.started_at) if analysis else None,
        completed_at=when(analysis.completed_at) if analysis else None,
    )
