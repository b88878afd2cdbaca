"""Requests that may be made once: a signature that was let in is not let in again, by any process."""

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.limits import subject
from calltrace.accounts.models import SpentSignature
from calltrace.db.session import Database

KEPT = timedelta(hours=24)
"""Far longer than any window, so that clocks of machines that differ by hours reopen none."""


async def spend(database: Database, *parts: object) -> bool:
    """Note that a request is let in; false if it was before. Of two at the same time one is told true.

    Args:
        database: where it is noted, at once and for all processes.
        parts: what makes the request what it is.
    """
    statement = insert(SpentSignature).values(digest=subject(*parts)).on_conflict_do_nothing()
    async with database.nobody() as session:
        return await session.scalar(statement.returning(SpentSignature.digest)) is not None


async def forget(session: AsyncSession) -> None:
    """Delete what no window can hold any more (operator session)."""
    old = SpentSignature.spent_at < func.clock_timestamp() - KEPT
    await session.execute(delete(SpentSignature).where(old))
