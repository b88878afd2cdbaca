"""What housekeeping does for webhooks: forget ended secrets, remove what was deleted, and what is old."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.webhooks import queries, rotation
from calltrace.webhooks.models import Delivery, Endpoint

MOST_REMOVED = 5000
"""Deliveries of one deleted endpoint that are removed in one round: they can be millions."""
MOST_AT_ONCE = 20
"""Deleted endpoints that one round looks at: it is one transaction."""
SETTLED_AFTER = timedelta(minutes=10)
"""By then nobody is at work any more on an event for an endpoint that was deleted."""


async def clean(session: AsyncSession, now: datetime) -> None:
    """One round over all organisations (operator session)."""
    for endpoint in await queries.with_ended_secrets(session, now):
        rotation.forget_ended(endpoint, now)
    for endpoint in await queries.deleted_endpoints(session, now - SETTLED_AFTER, MOST_AT_ONCE):
        await _remove(session, endpoint, now)


async def prune(session: AsyncSession, now: datetime, kept: timedelta) -> int:
    """Remove deliveries that are over and older than ``kept``, a part in each round; answers how many.

    What still waits for its endpoint stays, however old (operator session).
    """
    old = (
        select(Delivery.id)
        .where(Delivery.status != "pending", Delivery.created_at < now - kept)
        .limit(MOST_REMOVED)
        .with_for_update(skip_locked=True)
    )
    removed = await session.scalars(delete(Delivery).where(Delivery.id.in_(old)).returning(Delivery.id))
    return len(removed.all())


async def _remove(session: AsyncSession, endpoint: Endpoint, now: datetime) -> None:
    """Some of its deliveries; when none is left, the endpoint itself."""
    some = select(Delivery.id).where(Delivery.endpoint_id == endpoint.id).limit(MOST_REMOVED)
    removed = await session.scalars(delete(Delivery).where(Delivery.id.in_(some)).returning(Delivery.id))
    assert endpoint.deleted_at is not None
    if not removed.all() and endpoint.deleted_at < now - SETTLED_AFTER:
        await session.execute(delete(Endpoint).where(Endpoint.id == endpoint.id))
