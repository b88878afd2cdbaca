"""When things last happened that concern the whole installation."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.pipeline.models import Milestone

BACKUP = "backup"


async def reach(session: AsyncSession, name: str, details: Mapping[str, Any]) -> None:
    """Write down that it happened just now (operator session)."""
    values = {"at": func.clock_timestamp(), "details": dict(details)}
    made = insert(Milestone).values(name=name, **values)
    await session.execute(made.on_conflict_do_update(index_elements=["name"], set_=values))


async def last(session: AsyncSession, name: str) -> Milestone | None:
    """When it last happened, and what was told of it (operator session)."""
    return await session.get(Milestone, name)
