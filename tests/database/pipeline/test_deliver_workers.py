"""Several workers, killed and stopped ones: no attempt is made twice, and none is lost."""

import asyncio
import uuid
from collections import Counter

import pytest

from calltrace.db.listen import listen
from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.webhooks import claims
from database.pipeline.receivers import Receivers, eventually, worker

pytestmark = pytest.mark.usefixtures("nothing_else_waits")


async def test_two_workers_share_what_is_due_and_make_no_attempt_twice(
    platform: Platform, receivers: Receivers
) -> None:
    for number in range(4):
        await receivers.endpoint(f"/{number}", 25)
    both = [worker(platform), worker(platform)]
    while len(receivers.answered) < 100:
        await asyncio.gather(*(one.look() for one in both))
    await asyncio.gather(*(one.idle() for one in both))
    assert max(Counter(receivers.answered).values()) == 1
    done = "SELECT status, attempts, count(*) FROM webhook_deliveries GROUP BY status, attempts"
    assert await receivers.rows(done) == [("delivered", 1, 100)]
    tries = "SELECT count(*), count(DISTINCT delivery_id) FROM webhook_attempts WHERE response_code = 204"
    assert await receivers.rows(tries) == [(100, 100)]


async def test_what_a_killed_worker_held_goes_on_elsewhere_after_the_lease(
    platform: Platform, receivers: Receivers
) -> None:
    """It leaves nothing but its leases; the same attempt is made again, with the same number."""
    await receivers.endpoint("/well", 2, dead=True)
    killed, other = worker(platform), worker(platform)
    await killed.look()
    await receivers.until(lambda: receivers.hanging["/well"] == 2)
    killed.break_off()
    await killed.idle()  # nothing is recorded or given back: that is all that is left of a killed worker
    receivers.revive("/well")
    await other.look()
    assert not await receivers.rows("SELECT id FROM webhook_attempts"), "the lease holds"
    await receivers.rows("UPDATE webhook_deliveries SET leased_until = now() - interval '1 second'")
    await other.look()
    await other.idle()
    done = "SELECT status, attempts FROM webhook_deliveries"
    assert await receivers.rows(done) == [("delivered", 1)] * 2
    assert max(Counter(receivers.answered).values()) == 2


async def test_a_worker_that_starts_again_takes_back_what_it_held(
    platform: Platform, receivers: Receivers
) -> None:
    await receivers.endpoint("/well", 1, dead=True)
    identity = uuid.uuid4()
    killed, again = Deliverer(platform, identity), Deliverer(platform, identity)
    await killed.look()
    await receivers.until(lambda: receivers.hanging["/well"] == 1)
    killed.break_off()
    await killed.idle()
    receivers.revive("/well")
    running = asyncio.create_task(again.run())
    await receivers.until(lambda: len(receivers.answered) == 2)
    again.stop()
    await running
    assert await receivers.rows("SELECT status, attempts FROM webhook_deliveries") == [("delivered", 1)]


async def test_an_attempt_that_takes_long_keeps_its_lease(platform: Platform, receivers: Receivers) -> None:
    await receivers.endpoint("/dead", 1, dead=True)
    one = worker(platform, lease_seconds=0.3)
    keeping = asyncio.create_task(one.keep_leases())
    await one.look()
    lease = "SELECT leased_until FROM webhook_deliveries"
    [(first,)] = await receivers.rows(lease)

    async def renewed() -> bool:
        return (await receivers.rows(lease))[0][0] > first

    await eventually(renewed)
    keeping.cancel()
    receivers.revive("/dead")
    await one.idle()
    assert await receivers.rows("SELECT status, leased_by FROM webhook_deliveries") == [("delivered", None)]


async def test_a_worker_that_is_stopped_records_what_it_began_and_gives_the_rest_back(
    platform: Platform, receivers: Receivers
) -> None:
    await receivers.endpoint("/well", 1, dead=True)
    await receivers.endpoint("/dead", 1, dead=True)
    one = worker(platform)
    running = asyncio.create_task(one.run())
    await receivers.until(lambda: receivers.hanging.total() == 2)
    one.stop()
    receivers.revive("/well")

    async def recorded() -> bool:
        return bool(await receivers.rows("SELECT id FROM webhook_attempts"))

    await eventually(recorded)
    one.break_off()
    await running
    done = "SELECT status, leased_by FROM webhook_deliveries ORDER BY status"
    assert await receivers.rows(done) == [("delivered", None), ("pending", None)]


async def test_what_is_announced_wakes_a_worker(platform: Platform, receivers: Receivers) -> None:
    heard = asyncio.Event()
    listening = asyncio.create_task(listen(platform.database.dsn, claims.CHANNEL, heard.set))
    await asyncio.wait_for(heard.wait(), 30)  # it listens
    heard.clear()
    await receivers.endpoint("/well", 1)
    await asyncio.wait_for(heard.wait(), 30)
    listening.cancel()
