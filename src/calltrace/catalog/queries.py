"""Every SELECT on agents and queues."""

import uuid

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.catalog.models import Agent, Queue


async def has_agent(session: AsyncSession, agent_id: uuid.UUID) -> bool:
    """Whether the organisation knows this agent."""
    return await session.scalar(select(Agent.id).where(Agent.id == agent_id)) is not None


async def has_queue(session: AsyncSession, queue_id: uuid.UUID) -> bool:
    """Whether the organisation knows this queue."""
    return await session.scalar(select(Queue.id).where(Queue.id == queue_id)) is not None
