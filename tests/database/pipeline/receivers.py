"""Endpoints that answer, hang and come back, and workers that deliver to them."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text

from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.webhooks import service
from calltrace.webhooks.models import Endpoint


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
