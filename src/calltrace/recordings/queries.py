"""Every SELECT on what the object store holds."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.recordings.models import DoomedObject


async def due_objects(session: AsyncSession, limit: int) -> Sequence[str]:
    """Keys of objects that are to be removed now, the longest overdue first (operator session)."""
    query = select(DoomedObject.object_key).where(DoomedObject.due_at <= func.clock_timestamp())
    return (await session.scalars(query.order_by(DoomedObject.due_at).limit(limit))).all()
