"""A worker's deliveries: the dead keep to their share; no two workers repeat, and no killed one loses."""

import asyncio
import json
import ssl
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.db.listen import listen
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.webhooks import claims, service
from calltrace.webhooks.lanes import PROMPT, SLOW
from calltrace.webhooks.models import Endpoint

pytestmark = pytest.mark.usefixtures("nothing_else_waits")


@pytest.fixture
async def nothing_else_waits(database: Database) -> None:
    """Whatever other tests left pending is none of this one's business."""
    async with database.operator() as session:
        await session.execute(text("DELETE FROM webhook_deliveries WHERE status = 'pending'"))


@dataclass
class Receivers:
    """Many endpoints behind one port, told apart by path. Those that are dead take the request and hang."""

    platform: Platform
    org: uuid.UUID
    url: str = ""
    dead: set[str] = field(default_factory=set[str])
    hanging: Counter[str] = field(default_factory=Counter[str])
    answered: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    status: int = 204
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ")[1]
        length = next(line for line in head.lower().splitlines() if line.startswith("content-length"))
        body = json.loads(await reader.readexactly(int(length.split(":")[1])))
        self.hanging[path] += 1
        self._tell()
        while path in self.dead:
            await self.changed.wait()
        self.hanging[path] -= 1
        self.answered.append((path, body["deliveryId"]))
        self._tell()
        writer.write(f"HTTP/1.1 {self.status} X\r\ncontent-length: 0\r\n\r\n".encode())
        writer.close()

    def _tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def revive(self, *paths: str) -> None:
        """From now on they answer, also what hangs."""
        self.dead.difference_update(paths)
        self._tell()

    async def until(self, condition: Any) -> None:
        """Wait for what the receivers see."""
        while not condition():
            await asyncio.wait_for(self.changed.wait(), 60)

    async def endpoint(self, path: str, deliveries: int, *, dead: bool = False) -> Endpoint:
        """A subscribed endpoint with deliveries that are due."""
        if dead:
            self.dead.add(path)
        async with self.platform.database.tenant(self.org) as session:
            endpoint, _secret = await service.create_endpoint(
                session, self.org, url=self.url + path, events=["analysis.completed"],
                box=self.platform.box, policy=self.platform.policy,
            )  # fmt: skip
        await self.send(endpoint, deliveries)
        return endpoint

    async def send(self, endpoint: Endpoint, deliveries: int) -> None:
        async with self.platform.database.tenant(self.org) as session:
            for _ in range(deliveries):
                await service.send_ping(session, endpoint)

    async def rows(self, statement: str, **values: Any) -> Any:
        async with self.platform.database.tenant(self.org) as session:
            done: Any = await session.execute(text(statement), values)
            return done.all() if done.returns_rows else None


@pytest.fixture
async def receivers(platform: Platform, org: uuid.UUID, authority: Any) -> AsyncGenerator[Receivers]:
    receivers = Receivers(platform, org)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    server = await asyncio.start_server(receivers.answer, "127.0.0.1", 0, ssl=tls, backlog=512)
    receivers.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield receivers
    receivers.revive(*receivers.dead)
    server.close()


def worker(platform: Platform, **settings: Any) -> Deliverer:
    changed = platform.settings.model_copy(update={"webhook_timeout_seconds": 100.0} | settings)
    return Deliverer(replace(platform, settings=changed), uuid.uuid4())


async def fill(deliverer: Deliverer) -> None:
    """Look until nothing begins any more: few attempts begin together."""
    before = -1
    while deliverer.in_flight > before:
        before = deliverer.in_flight
        await deliverer.look()


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)


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
