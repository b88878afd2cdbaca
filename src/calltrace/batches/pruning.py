"""The end of old batches."""

from datetime import timedelta

from sqlalchemy import delete, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.batches.models import Batch
from calltrace.batches.queries import UNFINISHED


async def prune(session: AsyncSession, older_than: timedelta, most: int = 100) -> None:
    """Remove some of the batches that ended so long ago, with what they found (operator session).

    Evaluations that they made are the calls' own, and stay.
    """
    old = select(Batch.id).where(Batch.completed_at < func.clock_timestamp() - older_than).limit(most)
    await session.execute(delete(Batch).where(Batch.id.in_(old), not_(UNFINISHED)))
