"""The database's clock: the one that all machines share (decision 0013)."""

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession


async def database_now(session: AsyncSession) -> datetime:
    """The current moment as the database has it, timezone-aware."""
    return (await session.execute(select(func.clock_timestamp()))).scalar_one()


async def knows_zone(session: AsyncSession, zone: str) -> bool:
    """Whether the database's server can count the days of a time zone; it has tables of its own."""
    query = text("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = :zone)")
    return bool(await session.scalar(query, {"zone": zone}))
