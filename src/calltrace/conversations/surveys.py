"""What customers answered after a call: a person's word, which no machine changes."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.conversations.models import Conversation, Survey
from calltrace.kit.ids import uuid7

_FIELDS = (
    "state", "completion_reason", "total_questions", "questions_answered", "calculated_score", "responses",
    "answered_at",
)  # fmt: skip


async def of_conversation(session: AsyncSession, row: Conversation) -> Survey | None:
    """The answers that belong to a conversation, or to the recording that it is."""
    match = Survey.conversation_id == row.id
    if row.analysis_id is not None:
        match = or_(match, Survey.analysis_id == row.analysis_id)
    return await session.scalar(select(Survey).where(match).order_by(Survey.created_at).limit(1))


async def of_analysis(session: AsyncSession, analysis_id: uuid.UUID) -> Survey | None:
    """The answers that belong to a call, or to the conversation that is evaluated as it."""
    conversation = select(Conversation.id).where(Conversation.analysis_id == analysis_id).scalar_subquery()
    match = or_(Survey.analysis_id == analysis_id, Survey.conversation_id == conversation)
    return await session.scalar(select(Survey).where(match).order_by(Survey.created_at).limit(1))


async def put(
    session: AsyncSession,
    org_id: uuid.UUID,
    values: Mapping[str, Any],
    *,
    conversation_id: uuid.UUID | None = None,
    analysis_id: uuid.UUID | None = None,
) -> None:
    """Write the answers of one conversation or call down, in place of earlier ones.

    Args:
        session: of the organisation.
        org_id: which one.
        values: columns of ``Survey``.
        conversation_id: whose answers they are, or
        analysis_id: of which call.
    """
    subject = {"conversation_id": conversation_id, "analysis_id": analysis_id}
    by = "conversation_id" if conversation_id else "analysis_id"
    row = {"id": uuid7(), "org_id": org_id, **subject, **{name: values.get(name) for name in _FIELDS}}
    statement = insert(Survey).values(row)
    changed = {name: statement.excluded[name] for name in _FIELDS}
    await session.execute(statement.on_conflict_do_update(index_elements=[by], set_=changed))
