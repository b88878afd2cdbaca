"""Erasing what subscribers were told of an analysis: the snapshots of the payloads and of every attempt."""

import uuid
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.webhooks import queries
from calltrace.webhooks.models import Attempt, Delivery


@dataclass(frozen=True, slots=True)
class Erased:
    """How many there were."""

    deliveries: int
    attempts: int


async def erase_deliveries(session: AsyncSession, analysis_id: uuid.UUID) -> Erased:
    """Delete all deliveries of one analysis, and their attempts.

    The deliveries are locked first: an attempt that ends now is either written down before and counted, or
    finds nothing to write to. What is on its way to a receiver at this moment still arrives there.
    """
    ids = await queries.lock_deliveries_of(session, analysis_id)
    attempts = delete(Attempt).where(Attempt.delivery_id.in_(ids)).returning(Attempt.id)
    tried = (await session.scalars(attempts)).all()
    await session.execute(delete(Delivery).where(Delivery.id.in_(ids)))
    return Erased(len(ids), len(tried))
