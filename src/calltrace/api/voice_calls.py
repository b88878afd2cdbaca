"""``/api/v1/voice-calls``: calls that a voice bot took, with or without a recording."""

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints, ValidationInfo, field_validator
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import forgetting, threads, voice_calls
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.models import Analysis
from calltrace.analyses.read import following
from calltrace.analyses.submit import Submission
from calltrace.analyses.survey_fields import shown, stored
from calltrace.analyses.telling import Told
from calltrace.api.body import read_json
from calltrace.api.conversations import (
    EXTERNAL_ID,
    FILTERS,
    CallTime,
    ConversationReader,
    ConversationWriter,
    ExternalId,
    FiltersDep,
    Id,
    LabelDocument,
    LabelFields,
    MessageRequest,
    Messages,
    Time,
    labels,
    source_of,
    values_of,
)
from calltrace.api.deps import ActorDep, PlatformDep, only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.schemas import Language, Wire
from calltrace.conversations import rows
from calltrace.conversations.models import Conversation, VoiceCall
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor

router = APIRouter(prefix="/voice-calls", tags=["Conversations"])
Direction = Literal["inbound", "outbound"]
State = Literal["completed", "busy", "noAnswer", "failed"]
Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


class VoiceCallFields(LabelFields):
    """What a request says of a voice call."""

    direction: Direction = "inbound"
    state: State = "completed"
    ended_at: Time | None = None
    duration_seconds: Seconds | None = Field(None, description="Left out: as the recording says.")
    talk_time_seconds: Seconds | None = Field(None, description="Left out: as the recording says.")
    outcome: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, examples=["Appointment made"]
    )
    language: Language | None = Field(None, description="Of the call (ISO 639-1).", examples=["en"])


class VoiceCallRequest(VoiceCallFields):
    """``POST /voice-calls``: with a recording (``fileUrl`` or ``uploadId``), with turns, or with neither."""

    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID, examples=["bot-call-4711"])
    started_at: CallTime = Field(examples=["2026-03-01T10:00:00Z"])
    messages: Messages = Field(
        default_factory=list[MessageRequest], description="Turns; of a recording they are heard."
    )
    upload_id: Id | None = Field(None, description="A complete upload: the recording.", examples=[None])
    file_url: Annotated[str, StringConstraints(min_length=1, max_length=8192)] | None = Field(
        None, description="HTTPS URL of the recording, in place of `uploadId`.",
        json_schema_extra={"pattern": "^https://"}, examples=[None],
    )  # fmt: skip

    @field_validator("file_url")
    @classmethod
    def _one_source(cls, value: str | None, known: ValidationInfo) -> str | None:
        if value is not None and known.data.get("upload_id") is not None:
            raise ValueError("Give fileUrl or uploadId, not both.")
        return value

    def recording(self, mode: Mode) -> Submission | None:
        """The recording as it is submitted, if there is one."""
        if self.file_url is None and self.upload_id is None:
            return None
        return Submission(
            self.file_url, None, None, None, self.language or "auto", None, None, {}, mode,
            upload_id=self.upload_id,
        )  # fmt: skip


class VoiceCallChanges(VoiceCallFields):
    """``PATCH /voice-calls/{id}``: only what is sent counts; ``messages`` are all of them."""

    started_at: CallTime = Field(default_factory=clock.now)
    messages: Messages = Field(default_factory=list[MessageRequest])


class VoiceCallDocument(LabelDocument):
    """A call that a voice bot took; what is said in it is at ``/conversations/{id}/messages``."""

    direction: Direction
    state: State
    duration_seconds: float | None
    talk_time_seconds: float | None
    outcome: str | None
    recording_url: str | None = Field(description="Needs no key, and is good for 24 hours.")


class VoiceCallList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[VoiceCallDocument]
    next_cursor: str | None


_COLUMNS = ("queue_id", "agent_id", "engagement_id", "started_at", "ended_at")
_CALL = ("direction", "state", "duration_seconds", "talk_time_seconds", "outcome")


def _told(body: VoiceCallRequest | VoiceCallChanges, external_id: str | None, *, all_of_them: bool) -> Told:
    call = values_of(body, _CALL, all_of_them=all_of_them)
    call |= {name: stored(call[name]) for name in ("direction", "state") if name in call}
    said = [one.said() for one in body.messages]
    has_said = all_of_them or "messages" in body.model_fields_set
    values = values_of(body, _COLUMNS, all_of_them=all_of_them)
    return Told(external_id, values, said if has_said else None, body.language, call)


@router.post(
    "", status_code=201, response_model=VoiceCallDocument,
    responses={
        200: {"model": VoiceCallDocument, "description": "It was there already."},
        **problems(400, 401, 403, 409, 413, 422, 429, 500, 503),
    },
    openapi_extra=json_body(VoiceCallRequest),
)  # fmt: skip
async def create_voice_call(
    request: Request, platform: PlatformDep, principal: ConversationWriter, actor: ActorDep
) -> Response:
    """Take a voice call in; its recording is analysed like any other, and has the id of the call.

    The same `externalId` again puts the call in place (200); a recording is taken once.
    """
    body = await read_json(request, VoiceCallRequest)
    row, _call, new = await voice_calls.receive(
        platform.intake, source_of(principal, actor), _told(body, body.external_id, all_of_them=True),
        body.recording(principal.mode),
    )  # fmt: skip
    headers = {"Location": f"{request.url.path}/{row.id}"}
    async with platform.database.tenant(principal.org_id) as session:
        pair = await voice_calls.find(session, row.id, principal.mode)
        [found] = await _shown(session, [pair], platform.links)
    return JSONResponse(found, 201 if new else 200, headers=headers)


@router.get("", response_model=VoiceCallList, responses=problems(400, 401, 403, 500, 503))
async def list_voice_calls(  # noqa: PLR0917 - query parameters, none is passed by position
    request: Request, platform: PlatformDep, principal: ConversationReader, shared: FiltersDep,
    state: Annotated[State | None, Query()] = None,
    direction: Annotated[Direction | None, Query()] = None,
    limit: Limit = 50, cursor: Position = None,
) -> Response:  # fmt: skip
    """Voice calls, newest first."""
    only_known(request, FILTERS | {"state", "direction"})
    wanted = dataclasses.replace(shared, mode=principal.mode)
    after = Cursor.decode(cursor) if cursor else None
    async with platform.database.tenant(principal.org_id) as session:
        pairs = await rows.voice_page(
            session, wanted, stored(state), stored(direction), after=after, limit=limit + 1
        )
        found = await _shown(session, pairs[:limit], platform.links)
    conversations = [row for row, _call in pairs]
    return await as_json(lambda: {"data": found, "nextCursor": following(conversations, limit)})


@router.get("/{call_id}", response_model=VoiceCallDocument, responses=problems(401, 403, 404, 500, 503))
async def get_voice_call(call_id: str, platform: PlatformDep, principal: ConversationReader) -> Response:
    """One of them, by id."""
    async with platform.database.tenant(principal.org_id) as session:
        pair = await voice_calls.find(session, path_id(call_id), principal.mode)
        return JSONResponse((await _shown(session, [pair], platform.links))[0])


@router.patch(
    "/{call_id}", response_model=VoiceCallDocument,
    responses=problems(400, 401, 403, 404, 413, 500, 503), openapi_extra=json_body(VoiceCallChanges),
)  # fmt: skip
async def change_voice_call(
    call_id: str, request: Request, platform: PlatformDep, principal: ConversationWriter, actor: ActorDep
) -> Response:
    """Change the fields that are sent; null clears one that may be empty."""
    body = await read_json(request, VoiceCallChanges)
    told = _told(body, None, all_of_them=False)
    pair = await voice_calls.change(platform.intake, source_of(principal, actor), path_id(call_id), told)
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse((await _shown(session, [pair], platform.links))[0])


@router.delete("/{call_id}", status_code=204, responses=problems(401, 403, 404, 500, 503))
async def delete_voice_call(
    call_id: str, platform: PlatformDep, principal: ConversationWriter, actor: ActorDep
) -> None:
    """Erase a voice call for good, with all that came of it: turns, survey, recording, evaluation."""
    await forgetting.forget(
        platform.database, platform.vault, source_of(principal, actor), path_id(call_id), "voice"
    )


async def _shown(
    session: AsyncSession, pairs: Sequence[rows.Pair], links: RecordingLinks
) -> list[dict[str, Any]]:
    conversations = [row for row, _call in pairs]
    counts, heard = (
        await threads.counts(session, conversations),
        await threads.analyses_of(session, conversations),
    )
    return [
        labels(row, counts.get(row.id)) | _call(row, call, heard.get(row.id), links) for row, call in pairs
    ]


def _call(
    row: Conversation, call: VoiceCall, analysis: Analysis | None, links: RecordingLinks
) -> dict[str, Any]:
    told = threads.heard_of(row, call, analysis)
    is_there = analysis is not None and analysis.recording_id is not None
    return {
        "direction": shown(call.direction), "state": shown(call.state),
        "endedAt": clock.iso(told.ended_at) if told.ended_at else None,
        "durationSeconds": told.duration_seconds, "talkTimeSeconds": told.talk_time_seconds,
        "outcome": call.outcome,
        "recordingUrl": links.url(row.org_id, analysis.id) if is_there and analysis else None,
    }  # fmt: skip
