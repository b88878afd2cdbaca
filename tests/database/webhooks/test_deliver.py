"""Deliveries to a real TLS receiver: signed, recorded, retried by schedule, fenced."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from calltrace.kit.signatures import hmac_hex
from calltrace.pipeline.context import Platform
from calltrace.pipeline.deliver import Deliverer
from calltrace.pipeline.errors import TryAgainLater
from calltrace.webhooks import deliver, queries, service

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receiver:
    """What the receiver answers next, and what it got."""

    answers: list[bytes]
    heads: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    bodies: list[bytes] = field(default_factory=list[bytes])
    url: str = ""


@pytest.fixture
async def receiver(authority: Any) -> AsyncGenerator[Receiver]:
    import ssl

    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    receiver = Receiver([])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[1:]
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
        receiver.heads.append(fields)
        receiver.bodies.append(await reader.readexactly(int(fields["content-length"])))
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
        async with self.platform.database.tenant(self.org) as session:
            await session.execute(text("UPDATE webhook_deliveries SET next_attempt_at = now()"))
        try:
            await Deliverer(self.platform).deliver(self.org, self.id)
        except TryAgainLater as later:
            return later.delay
        return None

    async def row(self) -> Any:
        async with self.platform.database.tenant(self.org) as session:
            query = text("SELECT status, attempts, body FROM webhook_deliveries WHERE id = :id")
            return (await session.execute(query, {"id": self.id})).one()

    async def attempts(self) -> list[Any]:
        async with self.platform.database.tenant(self.org) as session:
            return list(await queries.attempts(session, self.id))


@pytest.fixture
async def sent(platform: Platform, org: uuid.UUID, receiver: Receiver) -> Sent:
    async with platform.database.tenant(org) as session:
        endpoint, secret = await service.create_endpoint(
            session, org, url=receiver.url, events=["analysis.completed"], box=platform.box,
            policy=platform.policy,
        )  # fmt: skip
        delivery = await service.send_ping(session, endpoint)
    return Sent(platform, org, delivery.id, secret, endpoint.id)


def _status(code: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} X", *headers, "content-length: 0", "", ""]
    return "\r\n".join(lines).encode()


async def test_ct_130_both_signatures_verify_and_the_body_is_the_stored_one(
    sent: Sent, receiver: Receiver
) -> None:
    assert await sent.attempt() is None
    head, body = receiver.heads[0], receiver.bodies[0]
    signed = head["x-calltrace-timestamp"].encode() + b"." + body
    assert head["x-calltrace-signature"] == "sha256=" + hmac_hex(sent.secret, signed)
    assert Webhook(sent.secret).verify(body, head)
    row = await sent.row()
    assert (row.status, row.attempts, row.body.encode()) == ("delivered", 1, body)
    assert json.loads(body)["deliveryId"] == head["x-calltrace-delivery"] == sent.id


@pytest.mark.parametrize("code", [200, 201, 204, 299])
async def test_ct_120_any_2xx_delivers(sent: Sent, receiver: Receiver, code: int) -> None:
    receiver.answers = [_status(code)]
    assert await sent.attempt() is None
    assert (await sent.row()).status == "delivered"


async def test_ct_122_four_attempts_by_the_schedule_and_each_is_recorded(
    sent: Sent, receiver: Receiver
) -> None:
    receiver.answers = [
        _status(500),
        _status(302, "location: https://127.0.0.1/"),
        _status(404),
        _status(503),
    ]
    delays = [await sent.attempt() for _ in range(4)]
    for delay, gap in zip(delays[:3], (1, 5, 25), strict=True):
        assert delay is not None
        assert gap <= delay <= gap * 1.1
    assert delays[3] is None
    assert (await sent.row()).status == "failed"
    recorded = await sent.attempts()
    assert [one.number for one in recorded] == [1, 2, 3, 4]
    assert [one.response_code for one in recorded] == [500, 302, 404, 503]
    assert len({head["x-calltrace-delivery"] for head in receiver.heads}) == 1
    assert len(set(receiver.bodies)) == 1


async def test_ct_121_a_receiver_that_is_down_and_comes_back(sent: Sent, receiver: Receiver) -> None:
    async with sent.platform.database.tenant(sent.org) as session:
        await session.execute(text("UPDATE webhook_endpoints SET url = 'https://127.0.0.1:9/'"))
    assert await sent.attempt() is not None
    async with sent.platform.database.tenant(sent.org) as session:
        await session.execute(text("UPDATE webhook_endpoints SET url = :url"), {"url": receiver.url})
    assert await sent.attempt() is None
    first, second = await sent.attempts()
    assert (first.status, first.response_code, second.status) == ("failed", None, "delivered")
    assert first.error.startswith("url_unreachable")


async def test_410_disables_the_endpoint_at_once(sent: Sent, receiver: Receiver) -> None:
    receiver.answers = [_status(410)]
    assert await sent.attempt() is None
    async with sent.platform.database.tenant(sent.org) as session:
        endpoint = await service.find_endpoint(session, str(sent.endpoint_id))
    assert endpoint.disabled_at is not None
    assert (await sent.row()).status == "failed"


@pytest.mark.parametrize(("value", "expected"), [("3", 3.0), ("9999", 5.0), ("soon", 1.0)])
async def test_retry_after_is_honoured_up_to_the_next_step(
    sent: Sent, receiver: Receiver, value: str, expected: float
) -> None:
    receiver.answers = [_status(429, f"retry-after: {value}")]
    delay = await sent.attempt()
    assert delay is not None
    assert expected <= delay <= expected * 1.1


async def test_of_two_workers_with_the_same_attempt_one_records(sent: Sent) -> None:
    platform = sent.platform
    prepared = await deliver.prepare(platform.database, sent.org, sent.id)
    assert prepared is not None
    for _ in range(2):
        outcome = await deliver.call(platform.client, platform.box, prepared, 5)
        await deliver.record(platform.database, prepared, outcome, (1,))
    assert len(await sent.attempts()) == 1


async def test_a_replay_starts_a_fresh_schedule_with_the_same_id_and_body(
    sent: Sent, receiver: Receiver
) -> None:
    receiver.answers = [_status(500)] * 5
    while await sent.attempt() is not None:
        pass
    async with sent.platform.database.tenant(sent.org) as session:
        await service.replay(session, sent.id)
    assert await sent.attempt() == pytest.approx(1.05, abs=0.06)
    assert await sent.attempt() is None
    assert [one.number for one in await sent.attempts()] == [1, 2, 3, 4, 5, 6]
    assert len(set(receiver.bodies)) == 1


async def test_a_private_receiver_is_never_contacted(platform: Platform, org: uuid.UUID) -> None:
    from calltrace.kit.outbound import UrlBlockedError

    async with platform.database.tenant(org) as session:
        with pytest.raises(UrlBlockedError):
            await service.create_endpoint(
                session, org, url="https://10.0.0.5/hook", events=["analysis.failed"], box=platform.box,
                policy=platform.policy,
            )  # fmt: skip


async def test_a_secret_is_stored_sealed(sent: Sent) -> None:
    async with sent.platform.database.tenant(sent.org) as session:
        stored = (await session.scalars(text("SELECT sealed_secret FROM webhook_endpoints"))).one()
    assert sent.secret not in stored
    assert sent.platform.box.open(stored) == sent.secret


async def test_an_attempt_that_is_not_due_yet_is_not_made(sent: Sent, receiver: Receiver) -> None:
    """A worker died between writing the next time down and telling the queue."""
    receiver.answers = [_status(500)]
    assert await sent.attempt() is not None
    with pytest.raises(TryAgainLater) as later:
        await Deliverer(sent.platform).deliver(sent.org, sent.id)
    assert 0.5 < later.value.delay <= 1.1
    assert len(receiver.bodies) == 1
