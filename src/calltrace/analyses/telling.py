"""What other systems tell of conversations, and what all of it has in common."""

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Mode
from calltrace.analyses import chats, submit
from calltrace.analyses.models import Analysis
from calltrace.analyses.submit import Intake
from calltrace.catalog import queries as catalog
from calltrace.catalog.service import check_references
from calltrace.conversations.models import Conversation
from calltrace.conversations.service import Said

Values = Mapping[str, Any]
_LABELS = ("queue_id", "agent_id", "engagement_id")


@dataclass(frozen=True, slots=True)
class Source:
    """Who tells of a conversation: an organisation, by what, in which mode."""

    org_id: uuid.UUID
    actor: Actor
    mode: Mode = "live"
    key_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: columns of ``Conversation``, and its messages; ``said`` of ``None`` leaves those alone.

    Attributes:
        language: of the messages, ISO 639-1; ``None``: as before, or unknown.
        call: columns of ``VoiceCall``; only voice calls have them.
    """

    external_id: str | None
    values: Values
    said: Sequence[Said] | None = None
    language: str | None = None
    call: Values | None = None


async def keepable(intake: Intake, org_id: uuid.UUID, told: Told) -> Told:
    """What is told, with messages as they may be kept; to be asked before anything is locked."""
    if not told.said:
        return told
    return replace(told, said=await chats.keepable(intake.database, org_id, told.said))


async def put(session: AsyncSession, row: Conversation, told: Told) -> None:
    """Give a conversation the columns that are told.

    Raises:
        InvalidRequestError: naming a label that the organisation does not have.
    """
    await check_references(session, told.values)
    for name, value in told.values.items():
        setattr(row, name, value)
    await session.flush()


async def relabel(session: AsyncSession, row: Conversation, told: Told) -> None:
    """What is told of a conversation holds for what it is evaluated as, too.

    What is not told stays: a recording may be filed under more than its conversation. Where it was taken
    follows queue and agent, unless somebody said where.
    """
    analysis = await session.get(Analysis, row.analysis_id, with_for_update=True) if row.analysis_id else None
    if analysis is None:
        return
    before = await catalog.call_center_of(session, analysis.queue_id, analysis.agent_id)
    for name in _LABELS:
        if name in told.values:
            setattr(analysis, name, getattr(row, name))
    if analysis.medium == "text" or analysis.call_center_id == before:
        analysis.call_center_id = await catalog.call_center_of(session, analysis.queue_id, analysis.agent_id)
    if "started_at" in told.values:
        analysis.called_at = row.started_at
    await session.flush()


async def note(session: AsyncSession, source: Source, row: Conversation, verb: str, told: Told) -> None:
    """The trail says which fields, never a word of what was said."""
    fields = sorted({*told.values, *(told.call or {}), *(["messages"] if told.said is not None else [])})
    deed = Deed(f"{noun(row.kind)}.{verb}", row.id, {"mode": source.mode, "fields": fields})
    await record(session, source.org_id, source.actor, deed)


def noun(kind: str) -> str:
    """What one is called in the audit trail."""
    return "conversation" if kind == "text" else "voice_call"


@asynccontextmanager
async def locked(intake: Intake, source: Source) -> AsyncGenerator[AsyncSession]:
    """A transaction in which the same conversation comes once."""
    async with intake.database.tenant(source.org_id) as session:
        await accounts.locked_organisation(session, source.org_id)
        yield session


@asynccontextmanager
async def quota(intake: Intake, source: Source, *, needed: bool, spoken: bool) -> AsyncGenerator[submit.Use]:
    """Use one analysis of the month up, where one is begun; of ``spoken`` ones minutes, too.

    Raises:
        QuotaExceededError, MinutesExhaustedError: they are used up.
    """
    if not needed:
        yield submit.Use()
        return
    async with submit.of_the_quota(intake, source.org_id, source.mode, spoken=spoken) as use:
        yield use
