"""Conversations and their messages, also those of calls whose turns are the transcript of a recording."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis
from calltrace.conversations import queries
from calltrace.conversations.models import ChatMessage, Conversation
from calltrace.conversations.queries import Counts
from calltrace.dialects.auralytik.transcripts import segments_of

_SIDES = {"agent": "agent", "customer": "customer"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message."""

    id: uuid.UUID
    role: str
    content: str
    sent_at: datetime


def of_organisation() -> Select[Conversation]:
    """Every conversation."""
    return select(Conversation).where(Conversation.mode == "live")


async def counts(session: AsyncSession, rows: Collection[Conversation]) -> dict[uuid.UUID, Counts]:
    """How many messages and sides each of some conversations has."""
    found = await queries.counts(session, [row.id for row in rows])
    for row in rows:
        if row.id not in found and row.kind == "voice" and row.analysis_id is not None:
            turns = await _heard(session, row)
            found[row.id] = Counts(len(turns), len({turn.role for turn in turns}))
    return found


async def messages(
    session: AsyncSession, row: Conversation, offset: int = 0, limit: int | None = None
) -> tuple[Sequence[Turn], int]:
    """Some messages of a conversation, oldest first, and how many there are in all."""
    own = ChatMessage.conversation_id == row.id
    total = await session.scalar(select(func.count()).select_from(ChatMessage).where(own)) or 0
    if not total:
        heard = await _heard(session, row) if row.kind == "voice" else []
        return heard[offset:][:limit], len(heard)
    query = select(ChatMessage).where(own).order_by(ChatMessage.position).offset(offset).limit(limit)
    found = (await session.scalars(query)).all()
    return [Turn(one.id, one.role, one.content, one.sent_at) for one in found], total


async def _heard(session: AsyncSession, row: Conversation) -> list[Turn]:
    """The turns of a recording, once it was heard."""
    heard: dict[str, Any] | None = await segments_of(session, row.analysis_id) if row.analysis_id else None
    return [
        Turn(
            uuid.uuid5(row.id, one["id"]), _SIDES.get(one["speaker"], "customer"), one["text"],
            row.started_at + timedelta(seconds=one["start"]),
        )
        for one in (heard or {"segments": []})["segments"]
    ]  # fmt: skip


async def analyses_of(session: AsyncSession, rows: Collection[Conversation]) -> dict[uuid.UUID, Analysis]:
    """The recordings of some conversations, by conversation."""
    query = select(Conversation.id, Analysis).join(Analysis, Analysis.id == Conversation.analysis_id)
    query = query.where(Conversation.id.in_([row.id for row in rows]), Analysis.medium == "voice")
    return {row[0]: row[1] for row in (await session.execute(query)).all()}
