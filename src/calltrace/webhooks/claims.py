"""Claiming deliveries: who has some that are due, taking them under a lease, keeping it, giving it back.

Claims are taken in the organisation of the deliveries, under row-level security. What goes across
organisations (an operator's session) sees and writes nothing but ids and leases (decision 0006).
Times are the database's: the clocks of workers do not matter.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.webhooks.models import Delivery, Endpoint

CHANNEL = "calltrace_deliveries"
"""Workers listen to it: something became due."""

# A "loose" index scan: one probe an endpoint, however many deliveries are waiting for it.
_QUEUES = text("""
    WITH RECURSIVE first AS (
        (SELECT org_id, endpoint_id, GREATEST(next_attempt_at, leased_until) AS due
         FROM webhook_deliveries WHERE status = 'pending' ORDER BY endpoint_id, due LIMIT 1)
        UNION ALL
        SELECT following.* FROM first CROSS JOIN LATERAL (
            SELECT org_id, endpoint_id, GREATEST(next_attempt_at, leased_until) AS due
            FROM webhook_deliveries WHERE status = 'pending' AND endpoint_id > first.endpoint_id
            ORDER BY endpoint_id, due LIMIT 1
        ) AS following
    )
    SELECT first.org_id, first.endpoint_id, CAST(extract(epoch FROM due - now()) AS float8) AS due_in,
           failing_since IS NOT NULL OR slow_since IS NOT NULL AS troubled
    FROM first JOIN webhook_endpoints ON webhook_endpoints.id = first.endpoint_id
    ORDER BY due
""")
# An endpoint's share of rows is taken from its own end of the index, so that the thousands that wait for
# another are never walked over; rows that another worker is just taking are not waited for.
_CLAIM = text("""
    WITH due AS (
        SELECT d.id
        FROM unnest(CAST(:endpoints AS uuid[]), CAST(:most AS integer[])) AS share(endpoint_id, most)
        CROSS JOIN LATERAL (
            SELECT id FROM webhook_deliveries
            WHERE endpoint_id = share.endpoint_id AND status = 'pending'
              AND GREATEST(next_attempt_at, leased_until) <= now()
            ORDER BY GREATEST(next_attempt_at, leased_until)
            LIMIT share.most FOR UPDATE SKIP LOCKED
        ) AS d
    )
    UPDATE webhook_deliveries
    SET leased_until = now() + make_interval(secs => :seconds), leased_by = :holder
    FROM due WHERE webhook_deliveries.id = due.id
    RETURNING webhook_deliveries.id
""")
_RENEW = text("""
    UPDATE webhook_deliveries SET leased_until = now() + make_interval(secs => :seconds)
    WHERE id = ANY(:ids) AND status = 'pending' AND leased_by = :holder
""")
_GIVE_BACK = text("""
    UPDATE webhook_deliveries SET leased_until = NULL, leased_by = NULL
    WHERE status = 'pending' AND leased_by = :holder
""")
_NOTIFY = text("SELECT pg_notify(:channel, '')")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who claims, and for how many seconds a claim is good unless it is renewed."""

    id: uuid.UUID
    seconds: float


async def queues(session: AsyncSession) -> Sequence[Row[uuid.UUID, uuid.UUID, float, bool]]:
    """Each endpoint that deliveries are pending for, and in how many seconds the first is due (negative: is).

    Asked by an operator's session, it is about all organisations. Rows are ``org_id, endpoint_id, due_in,
    troubled``, the longest due first.
    """
    return (await session.execute(_QUEUES)).all()


async def claim(session: AsyncSession, holder: Holder, shares: Mapping[uuid.UUID, int]) -> list[str]:
    """Take up to so many due deliveries of each endpoint, the longest due first; answers their ids.

    Args:
        session: a transaction of the organisation that the endpoints belong to.
        holder: whose they are from now on.
        shares: how many of each endpoint.
    """
    values = {"endpoints": list(shares), "most": list(shares.values())}
    lease = {"holder": holder.id, "seconds": holder.seconds}
    return list((await session.scalars(_CLAIM, values | lease)).all())


async def read(session: AsyncSession, delivery_ids: Sequence[str]) -> Sequence[Row[Delivery, Endpoint]]:
    """Deliveries that were claimed, and where they go."""
    query = select(Delivery, Endpoint).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    return (await session.execute(query.where(Delivery.id.in_(delivery_ids)))).all()


async def renew(session: AsyncSession, holder: Holder, delivery_ids: Sequence[str]) -> None:
    """Keep claims for another lease; those that are not the holder's any more stay as they are."""
    values = {"ids": list(delivery_ids), "holder": holder.id, "seconds": holder.seconds}
    await session.execute(_RENEW, values)


async def give_back(session: AsyncSession, holder: Holder) -> None:
    """Let others have at once what the holder claimed and did not record."""
    await session.execute(_GIVE_BACK, {"holder": holder.id})


async def announce(session: AsyncSession) -> None:
    """Wake the workers once the transaction commits, because something is due."""
    await session.execute(_NOTIFY, {"channel": CHANNEL})
