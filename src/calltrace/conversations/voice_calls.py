"""Calls that a voice bot took."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.conversations.models import Conversation, VoiceCall


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording of a bot's call: the voice call has the id of its analysis."""

    analysis_id: uuid.UUID
    org_id: uuid.UUID
    mode: Mode
    queue_id: uuid.UUID | None
    agent_id: uuid.UUID | None
    engagement_id: uuid.UUID | None
    external_id: str | None
    called_at: datetime
    created_at: datetime


async def note(session: AsyncSession, heard: Heard) -> None:
    """A recording of a bot's call is a voice call too; one that is known already gets its analysis."""
    known = await session.get(Conversation, heard.analysis_id)
    if known is not None:
        known.analysis_id = heard.analysis_id
        await session.flush()
        return
    await _add(session, heard)
    session.add(VoiceCall(id=heard.analysis_id, org_id=heard.org_id))
    await session.flush()


async def _add(session: AsyncSession, heard: Heard) -> None:
    """The id of another system names one voice call: the first that was told of."""
    values = {
        "id": heard.analysis_id, "org_id": heard.org_id, "kind": "voice", "mode": heard.mode,
        "queue_id": heard.queue_id, "agent_id": heard.agent_id, "engagement_id": heard.engagement_id,
        "external_id": heard.external_id, "started_at": heard.called_at, "created_at": heard.created_at,
        "analysis_id": heard.analysis_id,
    }  # fmt: skip
    by_name = ["org_id", "mode", "kind", "external_id"]
    statement = insert(Conversation).values(values).on_conflict_do_nothing(index_elements=by_name)
    if await session.scalar(statement.returning(Conversation.id)) is None:
        await session.execute(insert(Conversation).values(values | {"external_id": None}))
