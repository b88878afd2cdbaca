"""Deliveries of one worker: look what is due, claim a fair share, make the attempts, have them recorded.

The table of deliveries is the queue (decision 0006). Nothing is claimed that cannot begin at once, so that
another worker can have it.
"""

import asyncio
import uuid
from collections import defaultdict
from contextlib import suppress

import structlog

from calltrace.db.outage import DatabaseAwayError
from calltrace.pipeline.context import Platform
from calltrace.pipeline.recorder import Recorder
from calltrace.webhooks import claims, deliver, wires
from calltrace.webhooks.lanes import Lanes, Waiting
from calltrace.webhooks.prepared import Prepared

POLL_SECONDS = 2.0
"""How often is looked without being told: bounds how late a lease that ended is found."""
LOOK_GAP_SECONDS = 0.02
"""The least time between two looks: what comes due meanwhile is claimed together."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Deliverer:
    """Makes the attempts of one worker, many at a time, each endpoint within its share (``lanes``).

    Args:
        platform: what attempts need.
        identity: who claims; what a predecessor of that name had claimed is taken back at the start.
    """

    def __init__(self, platform: Platform, identity: uuid.UUID) -> None:
        self._platform = platform
        self._holder = claims.Holder(identity, platform.settings.lease_seconds)
        self._lanes, self._recorder = Lanes(), Recorder(platform)
        self._paces = wires.paces(platform.settings)
        self._attempts = set[asyncio.Task[None]]()
        self._woken = asyncio.Event()
        self._stopping = self._blocked = False

    async def run(self) -> None:
        """Deliver until asked to stop and every attempt is recorded.

        Raises:
            DatabaseAwayError: at the start or the end; in between it is waited for.
        """
        await self._give_back()
        while not self._stopping:
            self._woken.clear()
            await self._rest(await self._look_if_possible())
        await self.idle()
        await self._give_back()

    async def keep_leases(self) -> None:
        """Renew, for ever, the leases of attempts that take long."""
        third = self._holder.seconds / 3
        while True:
            await asyncio.sleep(third)
            if long := self._lanes.older_than(third):
                try:
                    async with self._platform.database.operator() as session:
                        await claims.renew(session, self._holder, long)
                except DatabaseAwayError as error:
                    log.warning("leases_not_renewed", error=error.detail)

    @property
    def in_flight(self) -> int:
        """Attempts that have begun and are not recorded yet."""
        return self._lanes.in_flight

    def wake(self) -> None:
        """Look soon: something became due."""
        self._woken.set()

    def stop(self) -> None:
        """Claim nothing any more."""
        self._stopping = True
        self._woken.set()

    def break_off(self) -> None:
        """Break off what is under way; others make these attempts anew."""
        for task in self._attempts:
            task.cancel()

    async def idle(self) -> None:
        """Wait until every attempt that has begun is recorded."""
        while self._attempts:
            await asyncio.wait(self._attempts)

    async def look(self) -> float:
        """Claim and begin some of what is due and has a slot; whoever began something looks again for more.

        Answers the seconds until something else is due.
        """
        async with self._platform.database.operator() as session:
            queues = await claims.queues(session)
        due = [Waiting(org, endpoint, troubled) for org, endpoint, due_in, troubled in queues if due_in <= 0]
        shares = self._lanes.shares(due)
        self._blocked = not all(shares.values())
        by_organisation = defaultdict[uuid.UUID, dict[uuid.UUID, int]](dict)
        for one in due:
            if share := shares[one.endpoint_id]:
                by_organisation[one.org_id][one.endpoint_id] = share
        for org_id, wanted in by_organisation.items():
            await self._claim(org_id, wanted)
        return min((due_in for _, _, due_in, _ in queues if due_in > 0), default=POLL_SECONDS)

    async def _look_if_possible(self) -> float:
        try:
            return await self.look()
        except DatabaseAwayError as error:
            log.warning("deliveries_postponed", error=error.detail)
            return POLL_SECONDS

    async def _rest(self, seconds: float) -> None:
        """Until something is due, or somebody says so, but not at all short."""
        await asyncio.sleep(LOOK_GAP_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, POLL_SECONDS)):
                await self._woken.wait()

    async def _claim(self, org_id: uuid.UUID, shares: dict[uuid.UUID, int]) -> None:
        async with self._platform.database.tenant(org_id) as session:
            taken = await deliver.take(session, self._holder, shares)
        for prepared in taken:
            if self._lanes.holds(prepared.endpoint_id, prepared.delivery_id):
                continue  # its lease ended while the database was away: its attempt is not written yet
            self._begin(prepared)
            self._woken.set()

    def _begin(self, prepared: Prepared) -> None:
        self._lanes.take(prepared.endpoint_id, prepared.delivery_id, troubled=prepared.troubled)
        task = asyncio.create_task(self._attempt(prepared))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)

    async def _attempt(self, prepared: Prepared) -> None:
        platform = self._platform
        try:
            seconds = self._paces[prepared.contract].timeout
            outcome = await deliver.call(platform.client, platform.box, prepared, seconds)
            await self._recorder.record(prepared, outcome)
            log.info(
                "delivery_attempt", delivery=prepared.delivery_id, number=prepared.number,
                delivered=outcome.delivered, error=outcome.error,
            )  # fmt: skip
        except Exception:
            log.exception("attempt_not_recorded", delivery=prepared.delivery_id)  # its lease ends by itself
        finally:
            self._lanes.give_back(prepared.endpoint_id, prepared.delivery_id)
            if self._blocked:
                self._woken.set()

    async def _give_back(self) -> None:
        async with self._platform.database.operator() as session:
            await claims.give_back(session, self._holder)
