"""Endpoints that are gone or fail for days: disabled, with a notice and an entry in the audit trail."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from calltrace.accounts.service import create_user
from calltrace.webhooks import health, service
from database.conftest import waiting_jobs
from database.webhooks.conftest import Later, Receiver, Sent, status

DAYS = health.DISABLE_AFTER


async def _run(sent: Sent, statement: str) -> None:
    async with sent.platform.database.tenant(sent.org) as session:
        await session.execute(text(statement))


async def _exhaust(sent: Sent, receiver: Receiver) -> None:
    """Fail all four attempts of the delivery."""
    receiver.answers = [status(500)] * 4
    while await sent.attempt() is not None:
        pass


async def _next(sent: Sent) -> Sent:
    """One more delivery to the same endpoint."""
    async with sent.platform.database.tenant(sent.org) as session:
        endpoint = await service.find_endpoint(session, str(sent.endpoint_id))
        delivery = await service.send_ping(session, endpoint)
    return Sent(sent.platform, sent.org, delivery.id, sent.secret, sent.endpoint_id)


async def _people(sent: Sent) -> list[str]:
    """People of every role; answers the owners and admins."""
    name = uuid.uuid4()
    async with sent.platform.database.tenant(sent.org) as session:
        for role in ("admin", "agent", "owner", "reviewer", "supervisor"):
            await create_user(session, sent.org, f"{role}-{name}@calls.test", role, "long enough")
    return [f"admin-{name}@calls.test", f"owner-{name}@calls.test"]


async def test_failing_since_is_the_first_failure_and_a_success_clears_it(
    sent: Sent, receiver: Receiver
) -> None:
    receiver.answers = [status(500), status(500), status(200)]
    await sent.attempt()
    first = (await sent.endpoint()).failing_since
    await sent.attempt()
    attempts = await sent.attempts()
    assert first == attempts[0].started_at == (await sent.endpoint()).failing_since
    await sent.attempt()
    assert (await sent.endpoint()).failing_since is None


async def test_five_days_of_failure_disable_the_endpoint_and_tell_the_admins(
    sent: Sent, receiver: Receiver, later: Later
) -> None:
    admins = await _people(sent)
    await _exhaust(sent, receiver)
    assert (await sent.endpoint()).disabled_at is None
    later(DAYS)
    following, waiting = await _next(sent), await _next(sent)
    receiver.answers = [status(503)]
    await following.attempt()
    endpoint = await sent.endpoint()
    assert endpoint.disabled_at is not None
    assert endpoint.disabled_reason is not None
    assert endpoint.disabled_reason.startswith("Every attempt failed since 20")
    assert (await sent.audit())[-1] == ("system", "endpoint.disabled")
    mails = await sent.mails()
    assert [one.recipient for one in mails] == admins
    assert str(endpoint.id) in str(mails[0].body)
    assert endpoint.disabled_reason in str(mails[0].body)
    assert await waiting_jobs(sent.platform.database, str(mails[0].id)) == 1
    ended = await waiting.row()
    assert (ended.status, ended.next_attempt_at) == ("failed", None)
    assert ended.error == f"endpoint_disabled: {endpoint.disabled_reason}"


async def test_a_moment_less_than_five_days_is_not_enough(
    sent: Sent, receiver: Receiver, later: Later
) -> None:
    await _exhaust(sent, receiver)
    later(DAYS - timedelta(minutes=1))
    receiver.answers = [status(500)]
    await (await _next(sent)).attempt()
    assert (await sent.endpoint()).disabled_at is None


async def test_days_without_one_exhausted_schedule_are_not_enough(
    sent: Sent, receiver: Receiver, later: Later
) -> None:
    """The platform itself stood still for a week: that is not the receiver's fault."""
    receiver.answers = [status(500)] * 4
    await sent.attempt()
    later(DAYS + timedelta(days=2))
    for _ in range(2):
        await sent.attempt()
        assert (await sent.endpoint()).disabled_at is None
    await sent.attempt()  # the last one of the schedule
    assert (await sent.endpoint()).disabled_at is not None


async def test_what_was_exhausted_before_the_last_success_does_not_count(
    sent: Sent, receiver: Receiver, later: Later
) -> None:
    await _exhaust(sent, receiver)
    later(timedelta(hours=1))
    await (await _next(sent)).attempt()
    receiver.answers = [status(500), status(500)]
    slow = await _next(sent)
    await slow.attempt()
    later(DAYS + timedelta(hours=2))
    await slow.attempt()
    assert (await sent.endpoint()).disabled_at is None


async def test_a_success_among_failures_starts_the_days_anew(
    sent: Sent, receiver: Receiver, later: Later
) -> None:
    await _exhaust(sent, receiver)
    later(timedelta(days=4))
    await (await _next(sent)).attempt()
    later(timedelta(days=6))
    await _exhaust(await _next(sent), receiver)
    assert (await sent.endpoint()).disabled_at is None


async def test_410_disables_at_once_with_notice_and_entry(sent: Sent, receiver: Receiver) -> None:
    admins = await _people(sent)
    receiver.answers = [status(410)]
    assert await sent.attempt() is None
    assert (await sent.endpoint()).disabled_reason == health.GONE
    assert (await sent.audit())[-1] == ("system", "endpoint.disabled")
    assert [one.recipient for one in await sent.mails()] == admins


async def test_many_that_fail_at_the_same_moment_disable_once(
    sent: Sent, receiver: Receiver, later: Later
) -> None:
    await _people(sent)
    await _exhaust(sent, receiver)
    later(DAYS)
    many = [await _next(sent) for _ in range(8)]
    receiver.answers = [status(500), status(410)] * 4
    await asyncio.gather(*(one.attempt() for one in many))
    assert [one for one in await sent.audit() if one[1] == "endpoint.disabled"] == [
        ("system", "endpoint.disabled")
    ]
    assert len(await sent.mails()) == 2
    assert {(await one.row()).status for one in many} == {"failed"}


async def test_an_answer_of_a_url_that_was_replaced_says_nothing_about_the_new_one(
    sent: Sent, receiver: Receiver
) -> None:
    async def replace() -> None:
        await _run(sent, "UPDATE webhook_endpoints SET url = 'https://127.0.0.1:9/new'")

    receiver.meanwhile, receiver.answers = replace, [status(410)]
    await sent.attempt()
    endpoint = await sent.endpoint()
    assert (endpoint.disabled_at, endpoint.failing_since) == (None, None)


@pytest.mark.parametrize(("code", "expected"), [(200, "delivered"), (500, "failed")])
async def test_an_attempt_under_way_while_its_endpoint_is_disabled_is_recorded(
    sent: Sent, receiver: Receiver, code: int, expected: str
) -> None:
    async def disable() -> None:
        async with sent.platform.database.tenant(sent.org) as session:
            endpoint = await service.find_endpoint(session, str(sent.endpoint_id))
            await service.disable(session, endpoint, "For a test.")

    receiver.meanwhile, receiver.answers = disable, [status(code)]
    assert await sent.attempt() is None
    row = await sent.row()
    assert (row.status, row.attempts, row.next_attempt_at) == (expected, 1, None)
    assert row.error == (None if code == 200 else "endpoint_disabled: For a test.")
    assert [one.response_code for one in await sent.attempts()] == [code]


async def test_what_was_written_down_while_the_endpoint_was_being_disabled_ends_too(sent: Sent) -> None:
    await _run(sent, "UPDATE webhook_endpoints SET disabled_at = now(), disabled_reason = 'Test.'")
    assert await sent.attempt() is None
    row = await sent.row()
    assert (row.status, row.attempts, row.error) == ("failed", 0, "endpoint_disabled: Test.")


async def test_a_replay_during_the_last_attempt_is_not_lost(sent: Sent, receiver: Receiver) -> None:
    receiver.answers = [status(500)] * 4
    for _ in range(3):
        await sent.attempt()

    async def replay() -> None:
        receiver.meanwhile = None
        async with sent.platform.database.tenant(sent.org) as session:
            await service.replay(session, sent.id)

    receiver.meanwhile = replay
    delay = await sent.attempt()
    assert delay is not None
    assert 1 <= delay <= 1.1  # the first gap of a fresh schedule
    assert (await sent.row()).status == "pending"
    assert await sent.attempt() is None
    assert (await sent.row()).status == "delivered"
