"""Verbs on conversations: putting one and its messages down, as another system tells of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.kit import clock
from calltrace.kit.ids import uuid7


@dataclass(frozen=True, slots=True)
class Said:
    """One message or turn."""

    role: str
    content: str
    sent_at: datetime


async def put(
    session: AsyncSession, org_id: uuid.UUID, kind: str, external_id: str, values: Mapping[str, Any]
) -> Conversation:
    """The conversation that another system knows by this id, with these columns; a new one is made.

    Args:
        session: of the organisation, whose row the caller has locked.
        org_id: which one.
        kind: ``text`` or ``voice``.
        external_id: of the other system.
        values: columns of ``Conversation``.
    """
    query = select(Conversation).where(Conversation.kind == kind, Conversation.external_id == external_id)
    row = await session.scalar(query.with_for_update())
    if row is None:
        row = Conversation(
            id=uuid7(), org_id=org_id, kind=kind, external_id=external_id, created_at=clock.now_ms(), **values
        )
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    await session.flush()
    return row


async def put_messages(session: AsyncSession, row: Conversation, said: Sequence[Said]) -> bool:
    """Make these the messages of a conversation; answers whether they are others than before."""
    query = select(ChatMessage).where(ChatMessage.conversation_id == row.id).order_by(ChatMessage.position)
    before = [Said(one.role, one.content, one.sent_at) for one in await session.scalars(query)]
    if before == list(said):
        return False
    await session.execute(delete(ChatMessage).where(ChatMessage.conversation_id == row.id))
    rows = [
        {
            "id": uuid7(), "org_id": row.org_id, "conversation_id": row.id, "position": position,
            "role": one.role, "content": one.content, "sent_at": one.sent_at,
        }
        for position, one in enumerate(said)
    ]  # fmt: skip
    if rows:
        await session.execute(insert(ChatMessage), rows)
    return True


async def put_voice_call(
    session: AsyncSession, row: Conversation, values: Mapping[str, Any]
) -> tuple[VoiceCall, bool]:
    """What is known of a bot's call beside its turns; answers also whether the call is new."""
    call = await session.get(VoiceCall, row.id)
    new = call is None
    if call is None:
        call = VoiceCall(id=row.id, org_id=row.org_id)
        session.add(call)
    for name, value in values.items():
        setattr(call, name, value)
    await session.flush()
    return call, new
