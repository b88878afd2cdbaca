"""Agents as other systems name them: callers use their own texts, and need not introduce anybody first."""

import uuid

from sqlalchemy import Text, cast, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import SYSTEM, Deed, record
from calltrace.catalog import queries
from calltrace.catalog.models import Agent
from calltrace.kit.ids import uuid7

KNOWN_AS = func.coalesce(Agent.external_id, cast(Agent.id, Text))
"""SQL: how callers know an agent: by their own text, or by our id where nobody gave one."""


async def agent_known_as(session: AsyncSession, org_id: uuid.UUID, text: str) -> uuid.UUID:
    """The agent of this external id (or of our id), made when there is none: every contract sees it then.

    Of several calls that introduce the same agent at once, one makes it and the others wait for that.
    """
    found = await queries.agent_known_as(session, text)
    if found is not None:
        return found
    values = {"id": uuid7(), "org_id": org_id, "name": text[:200], "external_id": text}
    statement = insert(Agent).values(values).on_conflict_do_nothing().returning(Agent.id)
    made = await session.scalar(statement)
    if made is None:  # somebody else was first
        found = await queries.agent_known_as(session, text)
        assert found is not None
        return found
    await record(session, org_id, SYSTEM, Deed("agent.created", made, {"fields": ["externalId", "name"]}))
    return made
