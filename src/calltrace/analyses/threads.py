"""Conversations and their messages, also those of calls whose turns are the transcript of a recording."""

import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis, TranscriptRow
from calltrace.conversations import queries
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.conversations.queries import Counts

_SIDES = {"agent": "agent", "customer": "customer"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message."""

    id: uuid.UUID
    role: str
    content: str
    sent_at: datetime
    external_id: str | None = None


_HEARD = text("""
    SELECT t.analysis_id, count(*), count(DISTINCT turn ->> 'speaker')
    FROM transcripts t, json_array_elements(t.document -> 'segments') AS turn
    WHERE t.analysis_id = ANY(:ids) GROUP BY 1
""")


async def counts(session: AsyncSession, rows: Collection[Conversation]) -> dict[uuid.UUID, Counts]:
    """How many messages and sides each of some conversations has; those without any are left out."""
    found = await queries.counts(session, [row.id for row in rows])
    heard = {
        row.analysis_id: row.id
        for row in rows
        if row.id not in found and row.kind == "voice" and row.analysis_id is not None
    }
    if heard:
        for analysis_id, turns, sides in (await session.execute(_HEARD, {"ids": list(heard)})).all():
            found[heard[analysis_id]] = Counts(turns, sides)
    return found


async def segments_of(session: AsyncSession, analysis_id: uuid.UUID) -> dict[str, Any] | None:
    """The stored transcript of a recording, once there is one."""
    query = select(TranscriptRow.document).where(TranscriptRow.analysis_id == analysis_id)
    return await session.scalar(query)


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
    return [Turn(one.id, one.role, one.content, one.sent_at, one.external_id) for one in found], total


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a voice call."""

    ended_at: datetime | None
    duration_seconds: float | None
    talk_time_seconds: float | None


def heard_of(row: Conversation, call: VoiceCall, analysis: Analysis | None) -> Facts:
    """What is told of a call, and where nothing is, what its recording says."""
    heard = analysis.duration_seconds if analysis else None
    duration = heard if call.duration_seconds is None else call.duration_seconds
    talk = call.talk_time_seconds
    if talk is None and analysis is not None and analysis.metrics:
        talk = sum(analysis.metrics["talkSeconds"].values())
    ended = row.ended_at
    if ended is None and duration is not None:
        with suppress(OverflowError):  # the last seconds of the year 9999 end nowhere
            ended = row.started_at + timedelta(seconds=duration)
    return Facts(ended, duration, talk)
