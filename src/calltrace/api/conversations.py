"""``/api/v1/conversations``: chats, and the turns of voice calls; what is said is under ``/messages``."""

import dataclasses
import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.keys import Principal
from calltrace.analyses import conversations, forgetting, threads
from calltrace.analyses.conversations import MOST_MESSAGES
from calltrace.analyses.read import following
from calltrace.analyses.telling import Source, Told
from calltrace.analyses.threads import Turn
from calltrace.api.body import read_json
from calltrace.api.deps import ActorDep, PlatformDep, only_known, path_id, scoped
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import CallMoment, Limit, Moment, Position, as_json
from calltrace.api.schemas import Language, Wire
from calltrace.conversations import rows
from calltrace.conversations.models import ChatMessage, Conversation
from calltrace.conversations.queries import Counts
from calltrace.conversations.rows import Filters
from calltrace.conversations.service import Said
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.storable import Storable

router = APIRouter(prefix="/conversations", tags=["Conversations"])
ConversationReader = Annotated[
    Principal, Security(scoped("conversations:read"), scopes=["conversations:read"])
]
ConversationWriter = Annotated[
    Principal, Security(scoped("conversations:write"), scopes=["conversations:write"])
]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Id = Annotated[uuid.UUID, Field(strict=False)]
Time = Annotated[Moment, Field(strict=False)]
CallTime = Annotated[CallMoment, Field(strict=False)]
EXTERNAL_ID = "Your own identifier; what comes again under it is put in place."
FILTERS = frozenset(
    {
        "externalId", "agentId", "queueId", "engagementId", "from", "to", "startedFrom", "startedTo", "limit",
        "cursor",
    }
)  # fmt: skip
Status = Literal["active", "completed"]


class MessageRequest(Wire):
    """A message, or a turn of a call."""

    external_id: ExternalId | None = Field(
        None, description="Your own identifier of the message, one within its conversation.", examples=[None]
    )
    role: Literal["customer", "agent", "bot"]
    content: Annotated[str, StringConstraints(min_length=1, max_length=50_000)] = Field(
        examples=["Hello, I would like to renew my contract."]
    )
    sent_at: Time = Field(examples=["2026-03-01T10:00:00Z"])

    def said(self) -> Said:
        """As the service takes it."""
        return Said(self.role, self.content, self.sent_at, self.external_id)


def _each_once(messages: list[MessageRequest]) -> list[MessageRequest]:
    named = [one.external_id for one in messages if one.external_id is not None]
    if len(named) != len(set(named)):
        raise ValueError("Two messages have the same externalId.")
    return messages


Messages = Annotated[list[MessageRequest], Field(max_length=MOST_MESSAGES), AfterValidator(_each_once)]


class AddedMessage(MessageRequest):
    """``POST /conversations/{id}/messages``: the same ``externalId`` again adds nothing."""

    external_id: ExternalId = Field(  # pyright: ignore[reportIncompatibleVariableOverride] - narrower
        description="Your own identifier of the message, one within its conversation.", examples=["m-17"]
    )


class LabelFields(Wire):
    """What conversations and voice calls are filed under."""

    queue_id: Id | None = Field(
        None, description="Queue (campaign): it chooses the scorecard.", examples=[None]
    )
    agent_id: Id | None = Field(None, description="The person who took it.", examples=[None])
    engagement_id: Id | None = Field(None, description="Engagement it belongs to.", examples=[None])


class ConversationFields(LabelFields):
    """What a request says of a chat."""

    channel_id: ExternalId | None = Field(None, description="Chat channel.", examples=["whatsapp"])
    status: Status = Field("completed", description="It is evaluated once it is completed.")
    ended_at: Time | None = None
    language: Language | None = Field(None, description="Of the messages (ISO 639-1).", examples=["en"])


class ConversationRequest(ConversationFields):
    """``POST /conversations``: a chat with its messages."""

    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID, examples=["chat-4711"])
    started_at: CallTime = Field(examples=["2026-03-01T10:00:00Z"])
    messages: Messages = Field(default_factory=list[MessageRequest])


class ConversationChanges(ConversationFields):
    """``PATCH /conversations/{id}``: only what is sent counts; ``messages`` are all of them."""

    started_at: CallTime = Field(default_factory=clock.now)
    messages: Messages = Field(default_factory=list[MessageRequest])


class LabelDocument(Wire):
    """What conversations and voice calls show of themselves."""

    id: str
    external_id: str | None
    queue_id: str | None
    agent_id: str | None
    engagement_id: str | None
    started_at: str
    ended_at: str | None
    analysis_id: str | None = Field(description="What it is evaluated as, once it is.")
    message_count: int
    participant_count: int
    created_at: str


class ConversationDocument(LabelDocument):
    """A chat, or a voice call: that has the same id under ``/voice-calls``."""

    kind: Literal["text", "voice"]
    channel_id: str | None
    status: Status


class ConversationList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[ConversationDocument]
    next_cursor: str | None


class MessageDocument(Wire):
    """A message, or a turn of a call; ``id`` is stable while the message stands where it is."""

    id: str
    external_id: str | None
    role: str
    content: str
    sent_at: str


class MessageList(Wire):
    """One page, oldest first; ``nextCursor`` is null on the last one."""

    data: list[MessageDocument]
    next_cursor: str | None


async def filters(  # noqa: PLR0917 - query parameters, none is passed by position
    external_id: Annotated[Storable | None, Query(alias="externalId", max_length=255)] = None,
    agent_id: Annotated[uuid.UUID | None, Query(alias="agentId")] = None,
    queue_id: Annotated[uuid.UUID | None, Query(alias="queueId")] = None,
    engagement_id: Annotated[uuid.UUID | None, Query(alias="engagementId")] = None,
    created_from: Annotated[Moment | None, Query(alias="from", description="createdAt, inclusive")] = None,
    created_to: Annotated[Moment | None, Query(alias="to", description="createdAt, inclusive")] = None,
    started_from: Annotated[Moment | None, Query(alias="startedFrom", description="Inclusive.")] = None,
    started_to: Annotated[Moment | None, Query(alias="startedTo", description="Inclusive.")] = None,
) -> Filters:
    """The filters that conversations and voice calls share."""
    return Filters(
        external_id=external_id, agent_id=agent_id, queue_id=queue_id, engagement_id=engagement_id,
        created_from=created_from, created_to=created_to, started_from=started_from, started_to=started_to,
    )  # fmt: skip


FiltersDep = Annotated[Filters, Depends(filters)]


def source_of(principal: Principal, actor: Any) -> Source:
    """Who tells of a conversation."""
    return Source(principal.org_id, actor, principal.mode, principal.key_id)


def values_of(body: Wire, columns: Sequence[str], *, all_of_them: bool) -> dict[str, Any]:
    """Columns of a body; of a ``PATCH`` only those that were sent."""
    return {name: getattr(body, name) for name in columns if all_of_them or name in body.model_fields_set}


_COLUMNS = ("queue_id", "agent_id", "engagement_id", "channel_id", "status", "started_at", "ended_at")


def _told(
    body: ConversationRequest | ConversationChanges, external_id: str | None, *, all_of_them: bool
) -> Told:
    said = [one.said() for one in body.messages]
    has_said = all_of_them or "messages" in body.model_fields_set
    values = values_of(body, _COLUMNS, all_of_them=all_of_them)
    return Told(external_id, values, said if has_said else None, body.language)


@router.post(
    "", status_code=201, response_model=ConversationDocument,
    responses={
        200: {"model": ConversationDocument, "description": "It was there already."},
        **problems(400, 401, 403, 413, 429, 500, 503),
    },
    openapi_extra=json_body(ConversationRequest),
)  # fmt: skip
async def create_conversation(
    request: Request, platform: PlatformDep, principal: ConversationWriter, actor: ActorDep
) -> Response:
    """Take a chat in. Once it is completed it is evaluated by the scorecard of its queue, as calls are.

    The same `externalId` again puts the chat in place (200): nothing happens if nothing changed, and it is
    evaluated anew if its messages are others. Voice calls are told of at `/voice-calls`.
    """
    body = await read_json(request, ConversationRequest)
    row, new = await conversations.receive(
        platform.intake, source_of(principal, actor), _told(body, body.external_id, all_of_them=True)
    )
    async with platform.database.tenant(principal.org_id) as session:
        shown = (await _shown(session, [row]))[0]
    headers = {"Location": f"{request.url.path}/{row.id}"}
    return JSONResponse(shown, 201 if new else 200, headers=headers)


@router.get("", response_model=ConversationList, responses=problems(400, 401, 403, 500, 503))
async def list_conversations(  # noqa: PLR0917 - query parameters, none is passed by position
    request: Request, platform: PlatformDep, principal: ConversationReader, shared: FiltersDep,
    kind: Annotated[Literal["text", "voice"] | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    channel_id: Annotated[Storable | None, Query(alias="channelId", max_length=255)] = None,
    limit: Limit = 50, cursor: Position = None,
) -> Response:  # fmt: skip
    """Chats and voice calls, newest first."""
    only_known(request, FILTERS | {"kind", "status", "channelId"})
    wanted = dataclasses.replace(shared, mode=principal.mode, kind=kind, status=status, channel_id=channel_id)
    after = Cursor.decode(cursor) if cursor else None
    async with platform.database.tenant(principal.org_id) as session:
        found = await rows.page(session, wanted, after=after, limit=limit + 1)
        shown = await _shown(session, found[:limit])
    return await as_json(lambda: {"data": shown, "nextCursor": following(found, limit)})


@router.get(
    "/{conversation_id}", response_model=ConversationDocument, responses=problems(401, 403, 404, 500, 503)
)
async def get_conversation(
    conversation_id: str, platform: PlatformDep, principal: ConversationReader
) -> Response:
    """One of them, by id."""
    async with platform.database.tenant(principal.org_id) as session:
        row = await conversations.find(session, path_id(conversation_id), principal.mode)
        return JSONResponse((await _shown(session, [row]))[0])


@router.get(
    "/{conversation_id}/messages", response_model=MessageList,
    responses=problems(400, 401, 403, 404, 500, 503),
)  # fmt: skip
async def list_messages(
    request: Request, conversation_id: str, platform: PlatformDep, principal: ConversationReader,
    limit: Limit = 50, cursor: Annotated[str | None, Query(pattern=r"^\d{1,6}$")] = None,
) -> Response:  # fmt: skip
    """What was said, oldest first; of a voice call with a recording what was heard, once it was."""
    only_known(request, frozenset({"limit", "cursor"}))
    above = int(cursor or 0)
    async with platform.database.tenant(principal.org_id) as session:
        row = await conversations.find(session, path_id(conversation_id), principal.mode)
        found, total = await threads.messages(session, row, above, limit)
    data = [_message(one) for one in found]
    return await as_json(
        lambda: {"data": data, "nextCursor": str(above + limit) if total > above + limit else None}
    )


@router.post(
    "/{conversation_id}/messages", status_code=201, response_model=MessageDocument,
    responses={
        200: {"model": MessageDocument, "description": "It was there already."},
        **problems(400, 401, 403, 404, 409, 413, 429, 500, 503),
    },
    openapi_extra=json_body(AddedMessage),
)  # fmt: skip
async def add_message(
    conversation_id: str, request: Request, platform: PlatformDep, principal: ConversationWriter,
    actor: ActorDep,
) -> Response:  # fmt: skip
    """Add one message to a chat, where its time says.

    The same `externalId` again adds nothing (200), also when two come at once; with other words it is a
    `message_conflict`. An active chat is evaluated once it is completed (`PATCH` its `status`); a message
    that comes to a completed one has it evaluated anew.
    """
    body = await read_json(request, AddedMessage)
    message, new = await conversations.add_message(
        platform.intake, source_of(principal, actor), path_id(conversation_id), body.said()
    )
    return JSONResponse(_message(message), 201 if new else 200)


@router.patch(
    "/{conversation_id}", response_model=ConversationDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 429, 500, 503),
    openapi_extra=json_body(ConversationChanges),
)  # fmt: skip
async def change_conversation(
    conversation_id: str, request: Request, platform: PlatformDep, principal: ConversationWriter,
    actor: ActorDep,
) -> Response:  # fmt: skip
    """Change the fields of a chat that are sent; null clears one that may be empty.

    `messages` stand in place of those before; the chat is evaluated anew if they are others. Voice calls
    are changed at `/voice-calls`.
    """
    body = await read_json(request, ConversationChanges)
    told = _told(body, None, all_of_them=False)
    row = await conversations.change(
        platform.intake, source_of(principal, actor), path_id(conversation_id), told
    )
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse((await _shown(session, [row]))[0])


@router.delete("/{conversation_id}", status_code=204, responses=problems(401, 403, 404, 500, 503))
async def delete_conversation(
    conversation_id: str, platform: PlatformDep, principal: ConversationWriter, actor: ActorDep
) -> None:
    """Erase a conversation for good, with all that came of it: messages, survey, evaluation, recording.

    What was evaluated has a receipt at `/erasures`.
    """
    await forgetting.forget(
        platform.database, platform.vault, source_of(principal, actor), path_id(conversation_id)
    )


def _message(one: ChatMessage | Turn) -> dict[str, Any]:
    return {
        "id": str(one.id), "externalId": one.external_id, "role": one.role, "content": one.content,
        "sentAt": clock.iso(one.sent_at),
    }  # fmt: skip


def labels(row: Conversation, counts: Counts | None) -> dict[str, Any]:
    """What conversations and voice calls show of themselves."""
    return {
        "id": str(row.id), "externalId": row.external_id, "queueId": text(row.queue_id),
        "agentId": text(row.agent_id), "engagementId": text(row.engagement_id),
        "startedAt": clock.iso(row.started_at), "endedAt": clock.iso(row.ended_at) if row.ended_at else None,
        "analysisId": text(row.analysis_id), "messageCount": counts.messages if counts else 0,
        "participantCount": counts.participants if counts else 0, "createdAt": clock.iso(row.created_at),
    }  # fmt: skip


def text(value: uuid.UUID | None) -> str | None:
    """An id as it is shown."""
    return str(value) if value else None


async def _shown(session: AsyncSession, rows: Sequence[Conversation]) -> list[dict[str, Any]]:
    counts = await threads.counts(session, rows)
    return [
        labels(row, counts.get(row.id))
        | {"kind": row.kind, "channelId": row.channel_id, "status": row.status}
        for row in rows
    ]
