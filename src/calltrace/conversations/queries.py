"""Every SELECT on conversations that is not of one contract's own."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.catalog.models import Agent, Queue
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.kit.cursor import Cursor

_RECENT = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; all given ones must hold."""

    mode: Mode = "live"
    kind: str | None = None
    status: str | None = None
    channel_id: str | None = None
    agent_id: uuid.UUID | None = None
    queue_id: uuid.UUID | None = None
    began_from: datetime | None = None
    began_before: datetime | None = None
    agents: Collection[uuid.UUID] | None = None
    """Those of these agents only, because somebody may see no others; ``None``: of all."""
    also: Sequence[ColumnElement[bool]] = field(default=())


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


async def page(session: AsyncSession, filters: Filters, after: Cursor | None, limit: int) -> Sequence[Listed]:
    """Conversations with the names of their agents and campaigns, newest first."""
    query = select(Conversation, Agent.name, Queue.name).where(Conversation.mode == filters.mode)
    query = query.outerjoin(Agent, Agent.id == Conversation.agent_id)
    query = query.outerjoin(Queue, Queue.id == Conversation.queue_id)
    equal = {
        Conversation.kind: filters.kind, Conversation.status: filters.status,
        Conversation.channel_id: filters.channel_id, Conversation.agent_id: filters.agent_id,
        Conversation.queue_id: filters.queue_id,
    }  # fmt: skip
    query = query.where(*(column == value for column, value in equal.items() if value is not None))
    if filters.agents is not None:
        query = query.where(Conversation.agent_id.in_(filters.agents))
    if filters.began_from is not None:
        query = query.where(Conversation.started_at >= filters.began_from)
    if filters.began_before is not None:
        query = query.where(Conversation.started_at < filters.began_before)
    if after is not None:
        position = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(Conversation.created_at, Conversation.id) < position)
    query = query.where(*filters.also).order_by(Conversation.created_at.desc(), Conversation.id.desc())
    return [Listed(*row) for row in (await session.execute(query.limit(limit))).all()]


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


async def voice_call(session: AsyncSession, conversation_id: uuid.UUID) -> VoiceCall | None:
    """What is known of a bot's call beside its turns."""
    return await session.get(VoiceCall, conversation_id)
