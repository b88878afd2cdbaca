"""Writing attempts down as they end: those that tell nothing new together, all others one by one."""

import asyncio
import uuid
from collections import defaultdict

import structlog

from calltrace.db.outage import DatabaseAwayError
from calltrace.pipeline.context import Platform
from calltrace.webhooks import health, wires
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.record import as_heeded, record, record_known

GATHER_SECONDS = 0.01
"""How long attempts wait for others that end at the same time."""
PAUSE_SECONDS = 1.0
PARALLEL = 4
"""Attempts written one by one at the same time: a lock that one waits for must not use up the connections."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
_Ended = tuple[Prepared, Outcome, "asyncio.Future[bool]"]


class Recorder:
    """Whoever made an attempt waits here until it is written down, however long the database is away."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._paces = wires.paces(platform.settings)
        self._together: list[_Ended] = []
        self._writer: asyncio.Task[None] | None = None
        self._singly = asyncio.Semaphore(PARALLEL)

    async def record(self, prepared: Prepared, outcome: Outcome) -> None:
        """Write an attempt down.

        While the database is away this goes on: what was sent is known here and nowhere else. A lease that
        ends meanwhile costs a second attempt, which is what it would cost anyway.
        """
        while True:
            try:
                return await self._record(prepared, outcome)
            except DatabaseAwayError as error:
                log.warning("attempt_not_written", delivery=prepared.delivery_id, error=error.detail)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _record(self, prepared: Prepared, outcome: Outcome) -> None:
        outcome = as_heeded(outcome, self._paces[prepared.contract])
        if health.is_known(prepared, outcome) and await self._with_others(prepared, outcome):
            return
        async with self._singly:
            await record(self._platform.database, prepared, outcome, self._paces)

    def _with_others(self, prepared: Prepared, outcome: Outcome) -> "asyncio.Future[bool]":
        """Whether it could be recorded with others."""
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._together.append((prepared, outcome, written))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return written

    async def _write(self) -> None:
        while self._together:
            await asyncio.sleep(GATHER_SECONDS)
            ended, self._together = self._together, []
            by_organisation = defaultdict[uuid.UUID, list[_Ended]](list)
            for one in ended:
                by_organisation[one[0].org_id].append(one)
            for org_id, together in by_organisation.items():
                await self._write_together(org_id, together)

    async def _write_together(self, org_id: uuid.UUID, together: list[_Ended]) -> None:
        made = [(prepared, outcome) for prepared, outcome, _written in together]
        waiting = {prepared.delivery_id: written for prepared, _outcome, written in together}
        try:
            recorded = await record_known(self._platform.database, org_id, made, self._paces)
        except Exception as error:  # noqa: BLE001 - it is raised again by each that waits
            for written in waiting.values():
                if not written.done():
                    written.set_exception(error)
            return
        for delivery_id, written in waiting.items():
            if not written.done():  # else nobody waits any more: the worker stops
                written.set_result(delivery_id in recorded)
