"""Deliveries to a real TLS receiver: signed, recorded, retried by schedule, fenced."""

import json
import uuid

import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from calltrace.kit.signatures import hmac_hex
from calltrace.pipeline.context import Platform
from calltrace.webhooks import deliver, service
from calltrace.webhooks.record import record
from calltrace.webhooks.wires import paces
from database.webhooks.conftest import Receiver, Sent, status


@pytest.mark.accepts("CT-130", "CT-131", "CT-132", "CT-134")
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


@pytest.mark.accepts("CT-120")
@pytest.mark.parametrize("code", [200, 201, 204, 299])
async def test_ct_120_any_2xx_delivers(sent: Sent, receiver: Receiver, code: int) -> None:
    receiver.answers = [status(code)]
    assert await sent.attempt() is None
    assert (await sent.row()).status == "delivered"


@pytest.mark.accepts("CT-118", "CT-121", "CT-122", "CT-123", "CT-124")
async def test_ct_122_four_attempts_by_the_schedule_and_each_is_recorded(
    sent: Sent, receiver: Receiver
) -> None:
    receiver.answers = [
        status(500),
        status(302, "location: https://127.0.0.1/"),
        status(404),
        status(503),
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


@pytest.mark.accepts("CT-121", "CT-124")
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
    receiver.answers = [status(410)]
    assert await sent.attempt() is None
    async with sent.platform.database.tenant(sent.org) as session:
        endpoint = await service.find_endpoint(session, str(sent.endpoint_id))
    assert endpoint.disabled_at is not None
    assert (await sent.row()).status == "failed"


@pytest.mark.parametrize(("value", "expected"), [("3", 3.0), ("9999", 5.0), ("soon", 1.0)])
async def test_retry_after_is_honoured_up_to_the_next_step(
    sent: Sent, receiver: Receiver, value: str, expected: float
) -> None:
    receiver.answers = [status(429, f"retry-after: {value}")]
    delay = await sent.attempt()
    assert delay is not None
    assert expected <= delay <= expected * 1.1


async def test_of_two_workers_with_the_same_attempt_one_records(sent: Sent) -> None:
    platform = sent.platform
    prepared = await sent.take()
    assert prepared is not None
    for _ in range(2):
        outcome = await deliver.call(platform.client, platform.box, prepared, 5)
        await record(platform.database, prepared, outcome, paces(platform.settings))
    assert len(await sent.attempts()) == 1


async def test_a_replay_starts_a_fresh_schedule_with_the_same_id_and_body(
    sent: Sent, receiver: Receiver
) -> None:
    receiver.answers = [status(500)] * 5
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


@pytest.mark.accepts("CT-133")
async def test_a_secret_is_stored_sealed(sent: Sent) -> None:
    async with sent.platform.database.tenant(sent.org) as session:
        stored = (await session.scalars(text("SELECT sealed_secret FROM webhook_endpoints"))).one()
    assert sent.secret not in stored
    assert sent.platform.box.open(stored) == sent.secret
