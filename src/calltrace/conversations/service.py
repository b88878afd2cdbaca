"""Verbs on conversations: putting one and its messages down, as another system tells of it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.conversations import queries, rows
from calltrace.conversations.models import ChatMessage, Conversation, VoiceCall
from calltrace.kit import clock
from calltrace.kit.ids import uuid7


@dataclass(frozen=True, slots=True)
class Said:
    """One message or turn, and the id that its sender knows it by, if any."""

    role: str
    content: str
    sent_at: datetime
    external_id: str | None = None


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
    """Make these the messages of a conversation; answers whether what they say is other than before."""
    before = [said_by(one) for one in await queries.messages(session, row.id)]
    if before == list(said):
        return False
    await session.execute(delete(ChatMessage).where(ChatMessage.conversation_id == row.id))
    rows = [
        {
            "id": uuid7(), "org_id": row.org_id, "conversation_id": row.id, "position": position,
            "role": one.role, "content": one.content, "sent_at": one.sent_at, "external_id": one.external_id,
        }
        for position, one in enumerate(said)
    ]  # fmt: skip
    if rows:
        await session.execute(insert(ChatMessage), rows)
    return [_words(one) for one in before] != [_words(one) for one in said]


def said_by(message: ChatMessage) -> Said:
    """A message as it was told."""
    return Said(message.role, message.content, message.sent_at, message.external_id)


def _words(one: Said) -> tuple[str, str, datetime]:
    return one.role, one.content, one.sent_at


async def add_message(session: AsyncSession, row: Conversation, one: Said) -> ChatMessage:
    """Put one message where its time says, behind those of the same moment; the conversation is held."""
    at = await rows.place_of(session, row.id, one.sent_at)
    if at.later:  # twice, as no two may stand at one place, not even for a moment
        mine = (ChatMessage.conversation_id == row.id, ChatMessage.position >= at.position)
        turned = (ChatMessage.conversation_id == row.id, ChatMessage.position < 0)
        await session.execute(update(ChatMessage).where(*mine).values(position=-ChatMessage.position - 2))
        await session.execute(update(ChatMessage).where(*turned).values(position=-ChatMessage.position - 1))
    message = ChatMessage(
        id=uuid7(), org_id=row.org_id, conversation_id=row.id, position=at.position, role=one.role,
        content=one.content, sent_at=one.sent_at, external_id=one.external_id,
    )  # fmt: skip
    session.add(message)
    await session.flush()
    return message


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
