"""The database's clock: the one that all machines share (decision 0013)."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def database_now(session: AsyncSession) -> datetime:
    """The current moment as the database has it, timezone-aware."""
    return (await session.execute(select(func.clock_timestamp()))).scalar_one()
