"""Deliveries of a temporary installation: written down here, made by its worker."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import Self

from sqlalchemy import TextClause, text

from calltrace.bench.children import Running
from calltrace.bench.installation import LOOPBACK, Installation
from calltrace.bench.report import BenchFailedError
from calltrace.bench.rounds import Lap
from calltrace.db.session import Database
from calltrace.kit.encryption import SecretBox
from calltrace.kit.outbound import OutboundPolicy
from calltrace.webhooks import queries, service
from calltrace.webhooks.events import EVENT_TYPES
from calltrace.webhooks.models import Endpoint

DONE_SECONDS = 120.0
_LOOK_SECONDS = 0.03
_OPEN = text("SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'")
_MISSED = text("SELECT count(*) FROM webhook_deliveries WHERE status = 'failed' OR attempts > 1")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One subscribed endpoint, and the worker that delivers."""

    database: Database
    endpoint: Endpoint
    worker: Running

    @classmethod
    async def create(
        cls,
        database: Database,
        place: Installation,
        url: str,
        worker: Running,
        *,
        org_id: uuid.UUID | None = None,
    ) -> Self:
        """Subscribe ``url``, for the installation's organisation if no other is given."""
        org_id = org_id or place.org_id
        box, policy = SecretBox(place.secret_key), OutboundPolicy.parse(LOOPBACK)
        async with database.tenant(org_id) as session:
            endpoint, _secret = await service.create_endpoint(
                session, org_id, url, EVENT_TYPES[:1], box, policy
            )
        return cls(database, endpoint, worker)

    async def deliver(self, count: int) -> Lap:
        """Write ``count`` test events down in one transaction and wait until the worker recorded them all.

        Raises:
            BenchFailedError: one failed, had to be tried again, or did not arrive in time.
        """
        async with self.database.tenant(self.endpoint.org_id) as session:
            for _ in range(count):
                await service.send_ping(session, self.endpoint)
            started = time.perf_counter()  # the commit is what wakes the worker
        await self.recorded()
        return Lap(count, time.perf_counter() - started)

    async def body(self) -> bytes:
        """The body of the newest delivery."""
        async with self.database.tenant(self.endpoint.org_id) as session:
            newest = (await queries.delivery_page(session, queries.DeliveryFilters(), None, 1))[0]
            found = await queries.delivery_with_endpoint(session, newest.id)
            assert found is not None
            return found[0].body.encode()

    async def recorded(self) -> None:
        """Wait until every delivery of the organisation is recorded.

        Raises:
            BenchFailedError: one failed, had to be tried again, or did not arrive in time.
        """
        try:
            async with asyncio.timeout(DONE_SECONDS):
                while await self._count(_OPEN):
                    self.worker.check()
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            tail = self.worker.tail()
            raise BenchFailedError(f"Deliveries were not made in {DONE_SECONDS:.0f} s: {tail}") from None
        if missed := await self._count(_MISSED):
            raise BenchFailedError(f"{missed} deliveries did not arrive at the first attempt.")

    async def _count(self, query: TextClause) -> int:
        async with self.database.tenant(self.endpoint.org_id) as session:
            return await session.scalar(query) or 0
