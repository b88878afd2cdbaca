"""Verbs on conversations: putting one and its messages down, as another system tells of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.conversations import rows
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.kit import clock
from calltrace.kit.ids import uuid7


@dataclass(frozen=True, slots=True)
class Said:
    """One message or turn."""

    role: str
    content: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Which conversation: ``text`` or ``voice``, and the id that another system knows it by, if any."""

    org_id: uuid.UUID
    kind: str
    external_id: str | None
    mode: Mode = "live"


async def put(session: AsyncSession, named: Identity, values: Mapping[str, Any]) -> tuple[Conversation, bool]:
    """The conversation that another system knows by an id, with these columns; answers whether it is new.

    Args:
        session: of the organisation, whose row the caller has locked.
        named: which one; without an external id it is always a new one.
        values: columns of ``Conversation``.
    """
    row = await rows.known_as(session, named.mode, named.kind, named.external_id, lock=True)
    new = row is None
    if row is None:
        row = Conversation(
            id=uuid7(), org_id=named.org_id, mode=named.mode, kind=named.kind, external_id=named.external_id,
            created_at=clock.now_ms(),
        )  # fmt: skip
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    await session.flush()
    return row, new


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
