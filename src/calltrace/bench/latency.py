"""From the commit of an event to its arrival: on an idle system, and beside endpoints that never answer."""

import asyncio
import time
import uuid

from sqlalchemy import text

from calltrace.accounts.service import create_organisation
from calltrace.bench.arrivals import Arrivals
from calltrace.bench.installation import Installation
from calltrace.bench.outgoing import Outgoing
from calltrace.bench.report import BenchFailedError
from calltrace.bench.rounds import Lap
from calltrace.webhooks import service

DEAD_ENDPOINTS, DEAD_ORGANISATIONS = 100, 5
DEAD_WAITING = 30
"""Deliveries that wait for each of the dead ones: more than it can have in flight."""
HEALTHY_ENDPOINTS = 5
GAP_SECONDS = 0.1
ARRIVAL_SECONDS = 60.0
_HANGING = text("SELECT count(*) FROM webhook_deliveries WHERE leased_until > now()")


async def idle(outgoing: Outgoing, arrivals: Arrivals, count: int) -> Lap:
    """One event after the other, each when nothing else is to do."""
    started, latencies = time.perf_counter(), list[float]()
    for _ in range(count):
        latencies.append(await _latency(outgoing, arrivals))
        await outgoing.recorded()
    return Lap(count, time.perf_counter() - started, latencies)


async def beside_dead(
    place: Installation, outgoing: Outgoing, arrivals: Arrivals, dead_url: str, count: int
) -> Lap:
    """Events for healthy endpoints at a steady pace, from the moment when the dead ones get theirs.

    Raises:
        BenchFailedError: one did not arrive, or nothing hung at a dead endpoint.
    """
    urls = [f"{arrivals.url}/{number}" for number in range(HEALTHY_ENDPOINTS)]
    healthy = [await Outgoing.create(outgoing.database, place, url, outgoing.worker) for url in urls]
    dying = [_let_die(place, outgoing, dead_url) for _ in range(DEAD_ORGANISATIONS)]
    await asyncio.gather(*dying)
    started, waiting = time.perf_counter(), list[asyncio.Task[float]]()
    for number in range(count):
        waiting.append(asyncio.create_task(_latency(healthy[number % len(healthy)], arrivals)))
        await asyncio.sleep(GAP_SECONDS)
    async with outgoing.database.operator() as session:
        if not await session.scalar(_HANGING):
            raise BenchFailedError("No attempt at a dead endpoint was under way.")
    return Lap(count, time.perf_counter() - started, await asyncio.gather(*waiting))


async def _latency(outgoing: Outgoing, arrivals: Arrivals) -> float:
    async with outgoing.database.tenant(outgoing.endpoint.org_id) as session:
        delivery = await service.send_ping(session, outgoing.endpoint)
        committing = time.perf_counter()
    try:
        async with asyncio.timeout(ARRIVAL_SECONDS):
            return await arrivals.moment(delivery.id) - committing
    except TimeoutError:
        tail = outgoing.worker.tail()
        raise BenchFailedError(f"A delivery did not arrive in {ARRIVAL_SECONDS:.0f} s: {tail}") from None


async def _let_die(place: Installation, outgoing: Outgoing, dead_url: str) -> None:
    """An organisation whose endpoints never answer, and what waits for them."""
    database, number = outgoing.database, DEAD_ENDPOINTS // DEAD_ORGANISATIONS
    async with database.operator() as session:
        org_id = (await create_organisation(session, f"Dead {uuid.uuid4()}")).id
    dead = [
        await Outgoing.create(database, place, f"{dead_url}/{one}", outgoing.worker, org_id=org_id)
        for one in range(number)
    ]
    async with database.tenant(org_id) as session:
        for one in dead:
            for _ in range(DEAD_WAITING):
                await service.send_ping(session, one.endpoint)
