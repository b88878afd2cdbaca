"""A real TLS receiver, and one delivery on its way to it."""

import asyncio
import ssl
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from calltrace.accounts.models import AuditEntry
from calltrace.kit import clock
from calltrace.mail.models import Mail
from calltrace.pipeline.context import Platform
from calltrace.webhooks import deliver, queries, service
from calltrace.webhooks.claims import Holder
from calltrace.webhooks.models import Endpoint
from calltrace.webhooks.prepared import Prepared
from calltrace.webhooks.record import record
from calltrace.webhooks.wires import paces

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receiver:
    """What the receiver answers next, and what it got."""

    answers: list[bytes]
    heads: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    bodies: list[bytes] = field(default_factory=list[bytes])
    url: str = ""
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens elsewhere while the receiver thinks about its answer."""


@pytest.fixture
async def receiver(authority: Any) -> AsyncGenerator[Receiver]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    receiver = Receiver([])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[1:]
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
        receiver.heads.append(fields)
        receiver.bodies.append(await reader.readexactly(int(fields["content-length"])))
        if receiver.meanwhile:
            await receiver.meanwhile()
        writer.write(receiver.answers.pop(0) if receiver.answers else OK)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    receiver.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    yield receiver
    server.close()


@dataclass
class Sent:
    """One delivery on its way."""

    platform: Platform
    org: uuid.UUID
    id: str
    secret: str
    endpoint_id: uuid.UUID

    async def attempt(self) -> float | None:
        """Make the next attempt as if its time had come; answers when the one after it is due."""
        platform = self.platform
        prepared = await self.take()
        if prepared is None:
            return None
        outcome = await deliver.call(platform.client, platform.box, prepared, 10)
        return await record(platform.database, prepared, outcome, paces(platform.settings))

    async def take(self, holder: Holder | None = None) -> Prepared | None:
        """Claim the delivery as if its time had come long ago; ``None`` when nothing is left to do."""
        async with self.platform.database.tenant(self.org) as session:
            due = "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 day' WHERE id = :id"
            await session.execute(text(due), {"id": self.id})
            holder = holder or Holder(uuid.uuid4(), 30)
            taken = await deliver.take(session, holder, {self.endpoint_id: 1})
        assert all(one.delivery_id == self.id for one in taken)
        return next(iter(taken), None)

    async def row(self) -> Any:
        async with self.platform.database.tenant(self.org) as session:
            query = text("SELECT * FROM webhook_deliveries WHERE id = :id")
            return (await session.execute(query, {"id": self.id})).one()

    async def attempts(self) -> list[Any]:
        async with self.platform.database.tenant(self.org) as session:
            return list(await queries.attempts(session, self.id))

    async def endpoint(self) -> Endpoint:
        async with self.platform.database.tenant(self.org) as session:
            return await service.find_endpoint(session, str(self.endpoint_id))

    async def audit(self) -> list[tuple[str, str]]:
        """Who did what, oldest first."""
        async with self.platform.database.tenant(self.org) as session:
            query = select(AuditEntry).order_by(AuditEntry.created_at)
            return [(one.actor_kind, one.action) for one in await session.scalars(query)]

    async def mails(self) -> list[Mail]:
        async with self.platform.database.tenant(self.org) as session:
            return list(await session.scalars(select(Mail).order_by(Mail.recipient)))


@pytest.fixture
async def sent(platform: Platform, org: uuid.UUID, receiver: Receiver) -> Sent:
    async with platform.database.tenant(org) as session:
        endpoint, secret = await service.create_endpoint(
            session, org, url=receiver.url, events=["analysis.completed"], box=platform.box,
            policy=platform.policy,
        )  # fmt: skip
        delivery = await service.send_ping(session, endpoint)
    return Sent(platform, org, delivery.id, secret, endpoint.id)


def status(code: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} X", *headers, "content-length: 0", "", ""]
    return "\r\n".join(lines).encode()


Later = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Move the platform's clock: from then on it shows so much more than the real one."""

    def move(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + by)

    return move
