"""Every SELECT on conversations that is not of one contract's own."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.catalog.models import Agent, Queue
from calltrace.conversations.filters import Filters, cut
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.kit.cursor import Cursor

_RECENT = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    row: Conversation
    agent: str | None
    queue: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages a conversation has, and how many sides wrote them."""

    messages: int
    participants: int


async def page(
    session: AsyncSession, filters: Filters, after: Cursor | None, limit: int, also: ColumnElement[bool]
) -> Sequence[Listed]:
    """Conversations with the names of their agents and campaigns, newest first.

    Args:
        session: of the organisation.
        filters: what must hold.
        after: where the page before ended.
        limit: how many at most.
        also: what else must hold; ``true()`` for nothing.
    """
    query = select(Conversation, Agent.name, Queue.name).where(also)
    query = query.outerjoin(Agent, Agent.id == Conversation.agent_id)
    query = query.outerjoin(Queue, Queue.id == Conversation.queue_id)
    rows = await session.execute(cut(filters.narrow(query), after, limit))
    return [Listed(*row) for row in rows.all()]


async def counts(session: AsyncSession, only: Collection[uuid.UUID]) -> dict[uuid.UUID, Counts]:
    """Of some conversations; those without a message are left out."""
    query = (
        select(ChatMessage.conversation_id, func.count(), func.count(ChatMessage.role.distinct()))
        .where(ChatMessage.conversation_id.in_(only))
        .group_by(ChatMessage.conversation_id)
    )
    return {row[0]: Counts(row[1], row[2]) for row in (await session.execute(query)).all()}


async def messages(session: AsyncSession, conversation_id: uuid.UUID) -> Sequence[ChatMessage]:
    """Everything that was written in one, oldest first."""
    query = select(ChatMessage).where(ChatMessage.conversation_id == conversation_id)
    return (await session.scalars(query.order_by(ChatMessage.position))).all()


async def message_known_as(
    session: AsyncSession, conversation_id: uuid.UUID, external_id: str
) -> ChatMessage | None:
    """The message of a conversation that its sender knows by this id."""
    query = select(ChatMessage).where(ChatMessage.conversation_id == conversation_id)
    return await session.scalar(query.where(ChatMessage.external_id == external_id))


async def last_messages(
    session: AsyncSession, conversation_id: uuid.UUID, up_to: datetime, limit: int
) -> Sequence[ChatMessage]:
    """The last few messages that were not sent later than a moment, oldest first."""
    query = select(ChatMessage).where(
        ChatMessage.conversation_id == conversation_id, ChatMessage.sent_at <= up_to
    )
    found = await session.scalars(query.order_by(ChatMessage.position.desc()).limit(limit))
    return found.all()[::-1]


async def number_of_messages(session: AsyncSession, conversation_id: uuid.UUID) -> int:
    """How many messages a conversation has."""
    query = select(func.count()).select_from(ChatMessage)
    return await session.scalar(query.where(ChatMessage.conversation_id == conversation_id)) or 0


async def channels(session: AsyncSession, mode: Mode = "live") -> Sequence[str]:
    """The channels of the newest conversations, in their order."""
    newest = select(Conversation.channel_id).where(Conversation.mode == mode)
    newest_of_all = newest.order_by(Conversation.created_at.desc()).limit(_RECENT).subquery()
    query = select(newest_of_all.c.channel_id).distinct().where(newest_of_all.c.channel_id.is_not(None))
    return sorted((await session.scalars(query)).all())


async def find(session: AsyncSession, conversation_id: uuid.UUID) -> Conversation | None:
    """One of the organisation's."""
    return await session.get(Conversation, conversation_id)


async def of_analysis(session: AsyncSession, analysis_id: uuid.UUID) -> Conversation | None:
    """The conversation that is evaluated as this analysis."""
    return await session.scalar(select(Conversation).where(Conversation.analysis_id == analysis_id).limit(1))


async def any_of_engagement(session: AsyncSession, engagement_id: uuid.UUID) -> bool:
    """Whether a live conversation says that it belongs to an engagement."""
    mine = (Conversation.engagement_id == engagement_id, Conversation.mode == "live")
    return bool(await session.scalar(select(exists().where(*mine))))


async def voice_call(session: AsyncSession, conversation_id: uuid.UUID) -> VoiceCall | None:
    """What is known of a bot's call beside its turns."""
    return await session.get(VoiceCall, conversation_id)
