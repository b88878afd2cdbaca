"""``/conversations`` (acceptance AU-080 to AU-082)."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import threads
from calltrace.conversations.models import Conversation
from calltrace.conversations.queries import Counts
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, OnePaged, Page
from calltrace.dialects.auralytik.deps import ConversationReader, Id, PlatformDep
from calltrace.dialects.auralytik.documents.conversations import ConversationOut, Message, Messages
from calltrace.dialects.auralytik.engagements import total_of
from calltrace.dialects.auralytik.filters import CampaignFilter, PeriodDep
from calltrace.dialects.auralytik.forms import iso, named, path_id, when, written
from calltrace.dialects.auralytik.masking import masked
from calltrace.kit.errors import NotFoundError
from calltrace.kit.storable import Storable

router = APIRouter(prefix="/conversations", tags=["Conversations"])


@router.get("")
async def list_conversations(  # noqa: PLR0917 - parameters of a list, none is passed by position
    caller: ConversationReader,
    platform: PlatformDep,
    answers: AnswersDep,
    part: Page,
    period: PeriodDep,
    campaign_id: CampaignFilter,
    channel_id: Annotated[Storable | None, Query(alias="channelId", max_length=255)] = None,
    status: Annotated[Literal["active", "completed"] | None, Query()] = None,
    kind: Annotated[Literal["text", "voice"] | None, Query(alias="type")] = None,
) -> Many[ConversationOut]:
    """List conversations; dates are those of their beginning."""
    query = select(Conversation).where(Conversation.mode == "live")
    equal = {
        Conversation.channel_id: channel_id, Conversation.status: status, Conversation.kind: kind,
        Conversation.queue_id: campaign_id,
    }  # fmt: skip
    for column, value in equal.items():
        query = query if value is None else query.where(column == value)
    query = query if period.start is None else query.where(Conversation.started_at >= period.start)
    query = query if period.end is None else query.where(Conversation.started_at < period.end)
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await total_of(session, query)
        cut = query.order_by(Conversation.created_at.desc(), Conversation.id.desc())
        rows = (await session.scalars(cut.offset(part.offset).limit(part.size))).all()
        return answers.many(await _shown(session, rows), part, total)


@router.get("/{id}")
async def get_conversation(
    caller: ConversationReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[ConversationOut]:
    """Get conversation by ID."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        return answers.one((await _shown(session, [await _find(session, thing)]))[0])


@router.get("/{id}/messages")
async def list_messages(
    caller: ConversationReader,
    platform: PlatformDep,
    answers: AnswersDep,
    thing: Id,
    part: Page,
    exclude: Annotated[Literal["true", "false"], Header(alias="X-Exclude-PII")] = "false",
) -> OnePaged[Messages]:
    """Get conversation messages, oldest first."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await _find(session, thing)
        found, total = await threads.messages(session, row, part.offset, part.size)
    shown = [
        Message(
            id=named("msg", one.id), role=one.role,
            content=masked(one.content) if exclude == "true" else one.content, timestamp=iso(one.sent_at),
        )
        for one in found
    ]  # fmt: skip
    return answers.one_paged(Messages(conversation_id=named("conv", row.id), messages=shown), part, total)


async def _find(session: AsyncSession, text: str) -> Conversation:
    query = (
        select(Conversation)
        .where(Conversation.mode == "live")
        .where(Conversation.id == path_id("conv", text))
    )
    row = await session.scalar(query)
    if row is None:
        raise NotFoundError("There is no conversation with this id.")
    return row


async def _shown(session: AsyncSession, rows: Sequence[Conversation]) -> list[ConversationOut]:
    counts = await threads.counts(session, rows)
    return [_conversation(row, counts.get(row.id, Counts(0, 0))) for row in rows]


def _conversation(row: Conversation, counts: Counts) -> ConversationOut:
    return ConversationOut(
        id=named("conv", row.id),
        type=row.kind,
        channel_id=row.channel_id,
        campaign_id=written("camp", row.queue_id),
        executive_id=written("exec", row.agent_id),
        status=row.status,
        participant_count=counts.participants,
        message_count=counts.messages,
        started_at=iso(row.started_at),
        ended_at=when(row.ended_at),
        created_at=iso(row.created_at),
    )
