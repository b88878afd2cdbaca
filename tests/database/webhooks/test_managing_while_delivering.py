"""Everything at the same time: a worker delivers while its endpoint is changed in every way there is."""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.webhooks import endpoints, replay, service
from calltrace.webhooks.endpoints import Caller, Desk
from calltrace.webhooks.errors import EndpointDisabledError
from calltrace.webhooks.replay import Span
from database.webhooks.conftest import Receiver, Sent, status

EVER = Span(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), "any")
ENOUGH, DELIVERIES = 80, 30
"""Requests that the receiver must get while all this goes on, and deliveries that there are."""


@pytest.fixture
async def nothing_else_waits(database: Database) -> None:
    """Whatever other tests left pending is none of this one's business."""
    async with database.operator() as session:
        await session.execute(text("DELETE FROM webhook_deliveries WHERE status = 'pending'"))


class Manager:
    """Does one thing after the other to an endpoint, until its receiver has got enough."""

    def __init__(self, platform: Platform, sent: Sent, receiver: Receiver) -> None:
        self._desk = Desk(platform.database, platform.client, platform.box, platform.policy)
        self._caller, self._sent, self._receiver = Caller(sent.org, OPERATOR), sent, receiver
        self._disabled, self._url = False, receiver.url

    async def change(self) -> None:
        async def one() -> None:
            self._disabled = not self._disabled
            changes: dict[str, Any] = {"disabled": self._disabled, "url": f"{self._url}/{self._disabled}"}
            await endpoints.change(self._desk, self._caller, self._sent.endpoint_id, changes)

        await self._again_and_again(one, pause=0.2)

    async def redeliver(self) -> None:
        await self._again_and_again(lambda: replay.redeliver_range(
            self._desk.database, self._caller, self._sent.endpoint_id, EVER
        ))  # fmt: skip

    async def redeliver_one(self) -> None:
        async def one() -> None:
            async with self._desk.database.tenant(self._sent.org) as session:
                await replay.redeliver(session, self._sent.id, OPERATOR)

        await self._again_and_again(one)

    async def rotate_and_test(self) -> None:
        async def one() -> None:
            async with self._desk.database.tenant(self._sent.org) as session:
                found = await service.find_endpoint(session, str(self._sent.endpoint_id))
                await endpoints.rotate(session, found, self._desk.box, 0, OPERATOR)
                await endpoints.test(session, found, OPERATOR)

        await self._again_and_again(one)

    async def _again_and_again(self, work: Callable[[], Awaitable[object]], pause: float = 0.05) -> None:
        while len(self._receiver.bodies) < ENOUGH:
            with suppress(EndpointDisabledError):  # half of the time it is
                await work()
            await asyncio.sleep(pause)

    async def delete(self) -> None:
        async with self._desk.database.tenant(self._sent.org) as session:
            found = await service.find_endpoint(session, str(self._sent.endpoint_id))
            await endpoints.delete(session, found, OPERATOR)


@pytest.mark.usefixtures("nothing_else_waits")
async def test_nothing_breaks_and_no_attempt_is_lost(
    platform: Platform, sent: Sent, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BATCH", 7)
    chance = random.Random(7)
    receiver.answers = [status(chance.choice((204, 204, 500, 503))) for _ in range(5000)]
    async with platform.database.tenant(sent.org) as session:
        endpoint = await service.find_endpoint(session, str(sent.endpoint_id))
        for _ in range(DELIVERIES):
            await service.send_ping(session, endpoint)
    settings = platform.settings.model_copy(
        update={"webhook_retry_schedule": (0, 0, 0), "lease_seconds": 5.0}
    )
    workers = [Deliverer(replace(platform, settings=settings), uuid.uuid4()) for _ in range(2)]
    runs = [asyncio.create_task(one.run()) for one in workers]
    manager = Manager(platform, sent, receiver)
    await asyncio.gather(
        manager.change(), manager.redeliver(), manager.redeliver(), manager.redeliver_one(),
        manager.rotate_and_test(),
    )  # fmt: skip
    await manager.delete()
    for one in workers:
        one.stop()
    await asyncio.gather(*runs)
    rows = await _history(platform, sent)
    assert len(rows) >= DELIVERIES
    assert {row.status for row in rows} <= {"failed", "delivered"}
    for row in rows:
        assert row.numbers == list(range(1, row.attempts + 1)), "each attempt is recorded once, in order"
    recorded = sum(row.attempts for row in rows)
    assert recorded >= ENOUGH
    assert recorded == len(receiver.bodies), "what was sent is what is written down"


async def _history(platform: Platform, sent: Sent) -> Any:
    query = """
        SELECT delivery.id, delivery.status, delivery.attempts,
               coalesce(array_agg(attempt.number ORDER BY attempt.number)
                        FILTER (WHERE attempt.id IS NOT NULL), '{}') AS numbers
        FROM webhook_deliveries AS delivery
        LEFT JOIN webhook_attempts AS attempt ON attempt.delivery_id = delivery.id
        GROUP BY delivery.id
    """
    async with platform.database.tenant(sent.org) as session:
        return (await session.execute(text(query))).all()
