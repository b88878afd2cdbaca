"""What customers answered after a call: a person's word, which no machine changes."""

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.conversations.models import Conversation, Survey


async def of_conversation(session: AsyncSession, row: Conversation) -> Survey | None:
    """The answers that belong to a conversation, or to the recording that it is."""
    match = Survey.conversation_id == row.id
    if row.analysis_id is not None:
        match = or_(match, Survey.analysis_id == row.analysis_id)
    return await session.scalar(select(Survey).where(match).order_by(Survey.created_at).limit(1))
