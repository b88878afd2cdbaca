"""The dead and the slow keep to their share, whatever waits for them."""

import pytest

from calltrace.pipeline.context import Platform
from calltrace.webhooks.lanes import PROMPT, SLOW
from database.pipeline.receivers import Receivers, fill, worker

pytestmark = pytest.mark.usefixtures("nothing_else_waits")


async def test_a_healthy_endpoint_is_served_while_a_hundred_dead_ones_hang(
    platform: Platform, receivers: Receivers
) -> None:
    """All at the same moment, nobody known to be dead yet, and the dead were first."""
    dead = [f"/dead{number}" for number in range(99)]
    for path in dead:
        await receivers.endpoint(path, 3, dead=True)
    await receivers.endpoint("/well", 40)
    one = worker(platform)
    while len(receivers.answered) < 40:
        await one.look()
    assert {path for path, _ in receivers.answered} == {"/well"}
    assert all(receivers.hanging[path] >= 1 for path in dead), "the dead hang all the while"
    one.break_off()
    await one.idle()


async def test_slots_never_exceed_the_bounds(platform: Platform, receivers: Receivers) -> None:
    await receivers.endpoint("/alone", PROMPT.each + 10, dead=True)
    one = worker(platform)
    await fill(one)
    await receivers.until(lambda: receivers.hanging["/alone"] == PROMPT.each)
    leased = "SELECT count(*) FROM webhook_deliveries WHERE leased_until > now()"
    assert await receivers.rows(leased) == [(PROMPT.each,)], "what has no slot is left for other workers"
    two = worker(platform)
    await two.look()
    await receivers.until(lambda: receivers.hanging["/alone"] == PROMPT.each + 10)
    for deliverer in (one, two):
        deliverer.break_off()
        await deliverer.idle()


async def test_one_known_to_be_dead_keeps_to_the_slow_lane(platform: Platform, receivers: Receivers) -> None:
    """Another worker noticed it; this one only reads so in the database."""
    await receivers.endpoint("/dead", PROMPT.each, dead=True)
    await receivers.rows("UPDATE webhook_endpoints SET slow_since = now()")
    one = worker(platform)
    await fill(one)
    await receivers.until(lambda: receivers.hanging["/dead"] == SLOW.each)
    leased = "SELECT count(*) FROM webhook_deliveries WHERE leased_until > now()"
    assert await receivers.rows(leased) == [(SLOW.each,)]
    one.break_off()
    await one.idle()


async def test_one_that_answers_again_gets_its_share_back(platform: Platform, receivers: Receivers) -> None:
    endpoint = await receivers.endpoint("/well", 1)
    await receivers.rows("UPDATE webhook_endpoints SET slow_since = now(), failing_since = now()")
    one = worker(platform)
    await one.look()
    await one.idle()
    assert await receivers.rows("SELECT slow_since, failing_since FROM webhook_endpoints") == [(None, None)]
    receivers.dead.add("/well")
    await receivers.send(endpoint, PROMPT.each)
    await fill(one)
    await receivers.until(lambda: receivers.hanging["/well"] == PROMPT.each)
    receivers.revive("/well")
    await one.idle()
    assert len(receivers.answered) == PROMPT.each + 1


async def test_an_attempt_that_hung_is_remembered_for_every_worker(
    platform: Platform, receivers: Receivers
) -> None:
    await receivers.endpoint("/dead", 1, dead=True)
    one = worker(platform, webhook_timeout_seconds=1.2)
    await one.look()
    await one.idle()
    [(slow, failing, attempts)] = await receivers.rows(
        "SELECT slow_since, failing_since, attempts FROM webhook_endpoints"
        " JOIN webhook_deliveries ON endpoint_id = webhook_endpoints.id"
    )
    assert slow is not None
    assert failing is not None
    assert attempts == 1


async def test_an_attempt_whose_lease_ended_is_not_made_twice_by_the_same_worker(
    platform: Platform, receivers: Receivers
) -> None:
    """As after an outage of the database in which leases could not be renewed."""
    await receivers.endpoint("/slow", 1, dead=True)
    one = worker(platform)
    await one.look()
    await receivers.until(lambda: receivers.hanging["/slow"] == 1)
    for _ in range(2):
        await receivers.rows("UPDATE webhook_deliveries SET leased_until = now() - interval '1 second'")
        await one.look()
        assert one.in_flight == 1
    leased = "SELECT count(*) FROM webhook_deliveries WHERE leased_until > now()"
    assert await receivers.rows(leased) == [(1,)], "nobody else takes it either"
    receivers.revive("/slow")
    await one.idle()
    assert (one.in_flight, len(receivers.answered)) == (0, 1)
    assert await receivers.rows("SELECT status, attempts FROM webhook_deliveries") == [("delivered", 1)]
