"""Webhooks: one POST of the whole analysis when it is final; nothing leaves in test mode."""

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.db.session import Database
from calltrace.dialects.callcov.wire import WIRE
from calltrace.pipeline.context import Platform
from calltrace.settings import load_settings
from calltrace.webhooks import queries, replay, service
from calltrace.webhooks.errors import DeliverySuppressedError
from calltrace.webhooks.wire import Sent
from database.analyses.factory import EVALUATION, FACTS, TRANSCRIPT, claimed
from database.dialects.callcov.conftest import Api, NewKey

URL = "https://127.0.0.1/hook"


async def _end(platform: Platform, org: uuid.UUID, call_id: str) -> None:
    claim = await claimed(platform.intake, org, uuid.UUID(call_id))
    async with platform.database.tenant(org) as session:
        await lifecycle.keep_transcript(session, claim, TRANSCRIPT, FACTS, ProcessingDocument())
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)


async def _deliveries(database: Database, org: uuid.UUID) -> list[Any]:
    query = """
        SELECT d.event, d.body, d.status, e.url, e.sealed_secret
        FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id ORDER BY d.created_at
    """
    async with database.tenant(org) as session:
        return list((await session.execute(text(query))).all())


@pytest.mark.accepts("CV-061", "CV-126")
async def test_a_url_that_comes_with_a_call_is_told_of_that_call_only(
    call: Api, platform: Platform, org: uuid.UUID
) -> None:
    told = await call.submitted(webhook_url=URL)
    quiet = await call.submitted()
    assert told["metadata"]["webhook_url"] == URL
    for made in (told, quiet):
        await _end(platform, org, made["id"])
    ((event, body, status, url, _),) = await _deliveries(platform.database, org)
    assert (event, status, url) == ("analysis.completed", "pending", URL)
    shown = (await call("GET", f"/analysis/{told['id']}")).json()
    assert json.loads(body) == shown, "the body is what retrieving answers"


@pytest.mark.accepts("CV-060")
async def test_numbers_without_end_are_told_as_they_came(
    call: Api, platform: Platform, org: uuid.UUID
) -> None:
    """A database writes 1e20 as an integer of more than 64 bits, too."""
    numbers = {"ticket": 2**64, "least": -(2**70), "amount": 1e20, "name": "Zo\u00eb"}
    made = await call.submitted(webhook_url=URL, metadata=numbers)
    await _end(platform, org, made["id"])
    ((_, body, status, _, _),) = await _deliveries(platform.database, org)
    (listed,) = (await call("GET", "/analysis/")).json()["data"]
    assert status == "pending"
    assert numbers.items() <= listed["metadata"].items()
    assert json.loads(body) == listed
    deep: Any = {}
    for _ in range(900):
        deep = {"a": deep}
    refused = await call("POST", "/analysis/", {"audio_url": URL, "metadata": deep})
    assert (refused.status_code, refused.json()["detail"][0]["type"]) == (422, "metadata_too_deep")


@pytest.mark.accepts("CV-085")
@pytest.mark.parametrize("field", ["webhook_url", "url"])
async def test_a_url_is_registered_later_and_replaces_the_one_of_before(
    call: Api, platform: Platform, org: uuid.UUID, field: str
) -> None:
    made = await call.submitted(webhook_url="https://127.0.0.1/before")
    answer = await call("POST", f"/analysis/{made['id']}/webhook", {field: URL})
    assert answer.status_code == 201
    registered = answer.json()
    assert registered == {
        "id": registered["id"], "object": "webhook", "created": registered["created"], "livemode": True,
        "analysis_id": made["id"], "webhook_url": URL,
        "events": ["analysis.completed", "analysis.failed"], "secret": registered["secret"],
    }  # fmt: skip
    await _end(platform, org, made["id"])
    ((_, _, _, url, sealed),) = await _deliveries(platform.database, org)
    assert (url, platform.box.open(sealed)) == (URL, registered["secret"])


async def test_of_a_final_analysis_it_is_told_at_once(call: Api, platform: Platform, org: uuid.UUID) -> None:
    made = await call.submitted()
    await _end(platform, org, made["id"])
    assert await _deliveries(platform.database, org) == []
    await call("POST", f"/analysis/{made['id']}/webhook/", {"webhook_url": URL})
    ((event, body, status, url, _),) = await _deliveries(platform.database, org)
    assert (event, status, url) == ("analysis.completed", "pending", URL)
    assert json.loads(body)["metadata"]["webhook_url"] == URL


async def test_registering_is_for_ones_own_calls(
    call: Api, http: httpx2.AsyncClient, new_key: NewKey
) -> None:
    made = await call.submitted()
    test = Api(http, await new_key("test"))
    for caller, path in ((test, made["id"]), (call, "x"), (call, str(uuid.uuid4()))):
        answer = await caller("POST", f"/analysis/{path}/webhook", {"webhook_url": URL})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Analysis not found"})
    answer = await call("POST", f"/analysis/{made['id']}/webhook", {"webhook_url": "https://10.0.0.1/"})
    assert answer.json()["detail"][0]["loc"] == ["body", "webhook_url"]
    assert (await call("POST", f"/analysis/{made['id']}/webhook", {})).status_code == 422


@pytest.mark.accepts("CV-007")
async def test_in_test_mode_it_is_written_down_and_never_sent(
    http: httpx2.AsyncClient, new_key: NewKey, platform: Platform, org: uuid.UUID
) -> None:
    made = await Api(http, await new_key("test")).submitted(webhook_url=URL)
    await _end(platform, org, made["id"])
    ((_, body, status, _, _),) = await _deliveries(platform.database, org)
    assert (status, json.loads(body)["livemode"]) == ("suppressed", False)
    async with platform.database.tenant(org) as session:
        delivery_id = await session.scalar(text("SELECT id FROM webhook_deliveries"))
        with pytest.raises(DeliverySuppressedError):
            await replay.redeliver(session, delivery_id or "", OPERATOR)
        await service.make_due(session, [delivery_id or ""])
    assert [one.status for one in await _deliveries(platform.database, org)] == ["suppressed"]


async def test_urls_of_calls_are_no_subscriptions(call: Api, platform: Platform, org: uuid.UUID) -> None:
    for _ in range(2):
        await call.submitted(webhook_url=URL)
    async with platform.database.tenant(org) as session:
        assert await session.scalar(text("SELECT count(*) FROM webhook_endpoints")) == 1
        assert (await queries.endpoints(session), await queries.endpoint_count(session)) == ([], 0)


async def test_endpoints_of_the_contract_hear_of_every_call(
    call: Api, platform: Platform, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        await service.create_endpoint(
            session, org, URL, ["analysis.completed"], platform.box, platform.policy, contract="callcov"
        )
    made = await call.submitted()
    await _end(platform, org, made["id"])
    ((event, body, _, _, _),) = await _deliveries(platform.database, org)
    assert (event, json.loads(body)["id"]) == ("analysis.completed", made["id"])


def test_deliveries_are_signed_in_both_ways() -> None:
    secret, moment, body = "whsec_" + "QUJD" * 8, datetime.now(UTC), '{"a":"é"}'
    sent = Sent(WIRE.delivery_id(), "analysis.completed", body)
    headers = WIRE.headers([secret], sent, moment)
    stamp = headers["X-CallCov-Timestamp"]
    expected = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    assert headers["X-CallCov-Signature"] == f"sha256={expected}"
    assert (headers["X-CallCov-Event"], headers["X-CallCov-Delivery"]) == (sent.event, sent.delivery_id)
    assert str(uuid.UUID(sent.delivery_id)) == sent.delivery_id
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_attempts_are_made_as_the_operator_sets_it() -> None:
    assert WIRE.pace(load_settings()).gaps == (10, 60, 300)
    assert WIRE.pace(load_settings(callcov_webhook_retry_schedule=(1,))).gaps == (1,)
    assert WIRE.pace(load_settings()).timeout == 30
