"""Calls that a voice bot took."""

import uuid
from dataclasses import dataclass
from datetime import datetime

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
    called_at: datetime
    created_at: datetime


async def note(session: AsyncSession, heard: Heard) -> None:
    """A recording of a bot's call is a voice call too; one that is known already gets its analysis."""
    known = await session.get(Conversation, heard.analysis_id)
    if known is not None:
        known.analysis_id = heard.analysis_id
        await session.flush()
        return
    session.add(
        Conversation(
            id=heard.analysis_id, org_id=heard.org_id, kind="voice", mode=heard.mode,
            queue_id=heard.queue_id, agent_id=heard.agent_id, started_at=heard.called_at,
            created_at=heard.created_at, analysis_id=heard.analysis_id,
        )
    )  # fmt: skip
    await session.flush()
    session.add(VoiceCall(id=heard.analysis_id, org_id=heard.org_id))
    await session.flush()
