"""Delivering once more: one delivery, or all of an endpoint in a range of time."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import Mode
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.cursor import TextCursor
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.words import Words
from calltrace.webhooks import endpoints, queries, service
from calltrace.webhooks.errors import DeliverySuppressedError
from calltrace.webhooks.models import Attempt, Delivery
from calltrace.webhooks.queries import DeliveryFilters

BATCH = 500
"""Deliveries that one transaction of a range makes due again."""
MOST_ATTEMPTS_SHOWN = 100
"""The latest ones of a delivery: each answer can have 64 KiB, and redelivering has no end."""
Which = Literal["failed", "delivered", "any"]


@dataclass(frozen=True, slots=True)
class Span:
    """Deliveries by when they were written down, both ends included, and by how they ended.

    What is pending is on its way already: ``any`` is failed or delivered.
    """

    start: datetime
    end: datetime
    status: Which = "failed"

    def of(self, endpoint_id: uuid.UUID) -> DeliveryFilters:
        """The deliveries of one endpoint.

        Raises:
            InvalidRequestError: the span ends before it starts.
        """
        if self.start > self.end:
            detail = "from is later than to."
            raise InvalidRequestError(detail, errors=[FieldError("/from", detail)])
        statuses = ("failed", "delivered") if self.status == "any" else (self.status,)
        return DeliveryFilters(endpoint_id, statuses, None, self.start, self.end)


async def find(
    session: AsyncSession, delivery_id: str, mode: Mode | None, contract: str | None = None
) -> tuple[Delivery, Sequence[Attempt]]:
    """One delivery and its latest attempts, first to last.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation, mode or contract.
    """
    found = await queries.delivery(session, delivery_id, mode, contract)
    if found is None:
        raise NotFoundError("There is no delivery with this id.")
    return found[0], await queries.last_attempts(session, delivery_id, MOST_ATTEMPTS_SHOWN)


async def page(
    session: AsyncSession, which: DeliveryFilters, *, cursor: str | None, limit: int
) -> tuple[Sequence[Delivery], str | None]:
    """One page of deliveries without their bodies, newest first, and the cursor of the next page."""
    after = TextCursor.decode(cursor) if cursor else None
    found = await queries.delivery_page(session, which, after, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return found[:limit], TextCursor(last.created_at, last.id).encode() if last else None


async def redeliver(
    session: AsyncSession,
    delivery_id: str,
    actor: Actor,
    mode: Mode | None = None,
    contract: str | None = None,
) -> Delivery:
    """Deliver once more: the same ``deliveryId`` and body, a fresh schedule. One that waits goes at once.

    Raises:
        NotFoundError: as in ``find``. EndpointDisabledError: nothing is sent there.
        DeliverySuppressedError: its mode sends nothing.
    """
    found = await queries.delivery(session, delivery_id, mode, contract)
    if found is None:
        raise NotFoundError(Words("There is no delivery %(delivery_id)s.", delivery_id=f"{delivery_id!r}"))
    endpoints.require_enabled(found[1])
    if found[0].status == "suppressed":
        raise DeliverySuppressedError("In this mode nothing is sent: the delivery was only written down.")
    delivery = await service.replay(session, delivery_id)
    details = {"endpointId": str(delivery.endpoint_id)}
    await audit.record(session, delivery.org_id, actor, Deed("delivery.redelivered", delivery_id, details))
    return delivery


async def redeliver_range(
    database: Database, caller: endpoints.Caller, endpoint_id: uuid.UUID, span: Span
) -> int:
    """Deliver once more whatever of a span has ended; answers how many that are.

    In batches, each a transaction, oldest first: however many there are, memory and locks are bounded. When
    it breaks off, the batches so far stand, and doing it again takes up the failed ones that are left.

    Raises:
        InvalidRequestError: an empty span. NotFoundError, EndpointDisabledError: as in ``redeliver``.
    """
    which = span.of(endpoint_id)
    async with database.tenant(caller.org_id) as session:
        endpoint = await endpoints.find(session, endpoint_id, caller.mode, caller.contract)
        endpoints.require_enabled(endpoint)
        details = {"from": clock.iso(span.start), "to": clock.iso(span.end), "status": span.status}
        await audit.record(
            session, caller.org_id, caller.actor, Deed("endpoint.redelivered", endpoint_id, details)
        )
    count, after = 0, None
    while True:
        async with database.tenant(caller.org_id) as session:
            found = await queries.oldest_deliveries(session, which, after, BATCH)
            await service.make_due(session, [one.id for one in found])
        count += len(found)
        if len(found) < BATCH:
            return count
        after = found[-1]
