"""Conversations and voice calls as services need them: known by a name, held, in lists, too old."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.conversations.filters import Filters, cut
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.kit.cursor import Cursor

Pair = tuple[Conversation, VoiceCall]


async def page(
    session: AsyncSession, filters: Filters, *, after: Cursor | None, limit: int
) -> Sequence[Conversation]:
    """The next ``limit`` conversations after a cursor, newest first."""
    return (await session.scalars(cut(filters.narrow(select(Conversation)), after, limit))).all()


async def voice_page(
    session: AsyncSession, filters: Filters, state: str | None, direction: str | None,
    *, after: Cursor | None, limit: int,
) -> list[Pair]:  # fmt: skip
    """The same of voice calls, of one state and direction where those are given."""
    query = filters.narrow(_pairs())
    query = query if state is None else query.where(VoiceCall.state == state)
    query = query if direction is None else query.where(VoiceCall.direction == direction)
    return [(row[0], row[1]) for row in await session.execute(cut(query, after, limit))]


def _pairs() -> Select[Conversation, VoiceCall]:
    return select(Conversation, VoiceCall).join(VoiceCall, VoiceCall.id == Conversation.id)


async def known_as(
    session: AsyncSession, mode: Mode, kind: str, external_id: str | None, *, lock: bool = False
) -> Conversation | None:
    """The conversation of a kind that another system knows by this id."""
    if external_id is None:
        return None
    query = select(Conversation).where(
        Conversation.mode == mode, Conversation.kind == kind, Conversation.external_id == external_id
    )
    return await session.scalar(query.with_for_update() if lock else query)


async def find(
    session: AsyncSession, row_id: uuid.UUID, mode: Mode, *, lock: bool = False
) -> Conversation | None:
    """One conversation of a mode; locked, it stays as it is until the transaction ends."""
    query = select(Conversation).where(Conversation.id == row_id, Conversation.mode == mode)
    return await session.scalar(query.with_for_update() if lock else query)


async def find_voice(
    session: AsyncSession, row_id: uuid.UUID, mode: Mode, *, lock: bool = False
) -> Pair | None:
    """One voice call of a mode."""
    query = _pairs().where(Conversation.id == row_id, Conversation.mode == mode)
    row = (await session.execute(query.with_for_update() if lock else query)).first()
    return (row[0], row[1]) if row else None


def _forgotten(before: datetime) -> Select[uuid.UUID, Mode]:
    """Conversations that no analysis stands for, as old as that; a chat goes on while somebody writes."""
    lately = exists().where(ChatMessage.conversation_id == Conversation.id, ChatMessage.created_at >= before)
    ended = or_(Conversation.status == "completed", not_(lately))
    return select(Conversation.id, Conversation.mode).where(
        Conversation.analysis_id.is_(None), Conversation.created_at < before, ended
    )


async def older(session: AsyncSession, before: datetime, limit: int) -> Sequence[tuple[uuid.UUID, Mode]]:
    """The oldest of those that came in before a moment and have ended, with their modes."""
    rows = await session.execute(_forgotten(before).order_by(Conversation.created_at).limit(limit))
    return [(row[0], row[1]) for row in rows.all()]


async def count_older(session: AsyncSession, before: datetime) -> int:
    """How many they are."""
    query = select(func.count()).select_from(_forgotten(before).subquery())
    return await session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class MessagePlace:
    """Where a new message belongs: its position, and how many others come after it."""

    position: int
    later: int


async def place_of(session: AsyncSession, conversation_id: uuid.UUID, sent_at: datetime) -> MessagePlace:
    """Behind everything that was not sent later."""
    late = ChatMessage.sent_at > sent_at
    query = select(
        func.min(ChatMessage.position).filter(late),
        func.count().filter(late),
        func.coalesce(func.max(ChatMessage.position), -1),
    )
    row = (await session.execute(query.where(ChatMessage.conversation_id == conversation_id))).one()
    first_later, later, last = row
    return MessagePlace(first_later if later else last + 1, later)
