"""What customers answered after a call: a person's word, which no machine changes."""

import uuid

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.conversations.models import Conversation, Survey


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
