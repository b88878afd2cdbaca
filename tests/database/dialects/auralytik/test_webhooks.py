"""Webhooks, keys and usage of the contract (acceptance AU-110 to AU-132)."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text
from standardwebhooks.webhooks import Webhook

from calltrace.accounts.quotas import Quotas
from calltrace.analyses import lifecycle, submit
from calltrace.dialects.auralytik.wire import EVENTS
from calltrace.pipeline import quotas
from calltrace.pipeline.context import Platform
from calltrace.settings import load_settings
from calltrace.webhooks import deliver, wires
from calltrace.webhooks.claims import Holder
from calltrace.webhooks.models import Delivery
from calltrace.webhooks.record import record
from database.analyses.factory import claimed, completed, submitted
from database.dialects.auralytik.conftest import Client, another, refused, stranger
from database.dialects.auralytik.test_audio_files import BAD, finish, of, sent
from database.webhooks.conftest import OK, Receiver, receiver

__all__ = ["receiver"]
ENDED = """
    UPDATE api_keys SET previous_secret = jsonb_set(previous_secret, '{until}', '"2020-01-01T00:00:00Z"')
"""
BROKEN = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"


async def subscribed(client: Client, url: str, *events: str) -> dict[str, Any]:
    wanted = {"url": url, "events": list(events or EVENTS), "description": "CRM"}
    return await client.data("POST", "webhooks", wanted, 201)


async def told(client: Client, receiver: Receiver) -> list[dict[str, Any]]:
    """Make every attempt that is due; answers the bodies in order."""
    platform = client.platform
    paces = wires.paces(platform.settings)
    async with platform.database.tenant(client.org) as session:
        ids = (await session.scalars(text("SELECT id FROM webhook_endpoints"))).all()
        holder = Holder(uuid.uuid4(), 30.0)
        taken = await deliver.take(session, holder, dict.fromkeys(ids, 50))
    for one in sorted(taken, key=lambda one: one.delivery_id):
        outcome = await deliver.call(platform.client, platform.box, one, 5)
        await record(platform.database, one, outcome, paces)
    return [json.loads(body) for body in receiver.bodies]


@pytest.mark.accepts("AU-110", "AU-111", "AU-112", "AU-113")
async def test_a_subscription(client: Client, receiver: Receiver) -> None:
    made = await subscribed(client, receiver.url, "evaluation.completed")
    assert made.keys() == {
        "id", "url", "events", "description", "active", "created_at", "updated_at", "signing_secret",
    }  # fmt: skip
    assert len(base64.b64decode(made["signing_secret"].removeprefix("whsec_"))) == 32
    shown = {name: value for name, value in made.items() if name != "signing_secret"}
    assert await client.data("GET", "webhooks") == [shown]
    changed = await client.data(
        "PATCH", f"webhooks/{made['id']}", {"active": False, "events": ["export.ready"]}
    )
    assert (changed["active"], changed["events"], changed["url"]) == (False, ["export.ready"], receiver.url)
    back = await client.data("PATCH", f"webhooks/{made['id']}", {"active": True})
    assert back["active"] is True
    gone = await client.data("DELETE", f"webhooks/{made['id']}")
    assert gone == {"id": made["id"], "deleted": True}
    assert await client.data("GET", "webhooks") == []
    for method, path in (("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        body = {"active": True} if method == "PATCH" else None
        refused(await client(method, f"webhooks/{made['id']}{path}", body), 404, "RESOURCE_NOT_FOUND")
    inactive = {"url": receiver.url, "events": ["export.ready"], "active": False}
    assert (await client.data("POST", "webhooks", inactive, 201))["active"] is False


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"events": ["export.ready"]}, "url"), ({"url": "https://127.0.0.1/x"}, "events"),
        ({"url": "https://127.0.0.1/x", "events": []}, "events"),
        ({"url": "https://127.0.0.1/x", "events": ["analysis.completed"]}, "events"),
        ({"url": "https://127.0.0.1/x", "events": ["webhook.test"]}, "events"),
        ({"url": "http://127.0.0.1/x", "events": ["export.ready"]}, "url"),
        ({"url": "https://u:p@127.0.0.1/x", "events": ["export.ready"]}, "url"),
        ({"url": "https://10.0.0.1/x", "events": ["export.ready"]}, "url"),
    ],
)  # fmt: skip
async def test_subscriptions_that_are_refused(client: Client, body: dict[str, Any], field: str) -> None:
    refused(await client("POST", "webhooks", body), 400, "VALIDATION_ERROR", field)


async def test_another_organisations_or_contracts_subscription(
    client: Client, new_org: Any, receiver: Receiver
) -> None:
    made = await subscribed(client, receiver.url)
    other = await stranger(client, await new_org())
    for method, path in (("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        refused(await other(method, f"webhooks/{made['id']}{path}"), 404, "RESOURCE_NOT_FOUND")
    async with client.platform.database.tenant(client.org) as session:
        await session.execute(text("UPDATE webhook_endpoints SET contract = 'calltrace'"))
    assert await client.data("GET", "webhooks") == []
    refused(await client("DELETE", f"webhooks/{made['id']}"), 404, "RESOURCE_NOT_FOUND")


async def test_what_is_told_of_a_recording_and_how_it_is_signed(
    client: Client, intake: submit.Intake, tmp_path: Path, receiver: Receiver
) -> None:
    made = await subscribed(client, receiver.url)
    file_id = await sent(client)
    asked = await client.data("POST", f"audio-files/{file_id}/process", status=202)
    await finish(client, intake, file_id, tmp_path)
    bodies = {body["event"]: body for body in await told(client, receiver)}
    assert bodies.keys() == {"audio.transcribed", "evaluation.completed", "audio.processed"}
    file = await client.data("GET", f"audio-files/{file_id}")
    data = {
        "evaluationId": asked["evaluationId"], "audioFileId": file_id, "campaignId": None,
        "engagementId": file["engagementId"], "state": "Completed", "averageNote": 82.0,
        "sentiment": "Neutral",
    }  # fmt: skip
    assert bodies["evaluation.completed"]["data"] == data == bodies["audio.processed"]["data"]
    assert bodies["audio.transcribed"]["data"] == {
        "audioFileId": file_id, "language": "en", "durationInSeconds": 13,
    }  # fmt: skip
    for head, raw in zip(receiver.heads, receiver.bodies, strict=True):
        body = json.loads(raw)
        assert list(body) == ["id", "event", "timestamp", "data"]
        assert re.fullmatch(r"evt_[0-9a-f]{32}", body["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timestamp"])
        assert head["x-auralytik-event"] == body["event"]
        assert re.fullmatch(r"whd_[0-9a-f]{32}", head["x-auralytik-delivery"])
        stamp = head["x-auralytik-timestamp"]
        mac = hmac.new(made["signing_secret"].encode(), f"{stamp}.".encode() + raw, hashlib.sha256)
        assert head["x-auralytik-signature"] == "sha256=" + mac.hexdigest()
        assert Webhook(made["signing_secret"]).verify(raw, head)


async def test_what_failed_is_told_as_processed(
    client: Client, intake: submit.Intake, receiver: Receiver
) -> None:
    await subscribed(client, receiver.url)
    file_id = await sent(client)
    await client.data("POST", f"audio-files/{file_id}/process", status=202)
    claim = await claimed(intake, client.org, of(file_id))
    async with client.platform.database.tenant(client.org) as session:
        await lifecycle.fail(session, claim, BAD, client.platform.links)
    (body,) = await told(client, receiver)
    assert (body["event"], body["data"]["state"], body["data"]["averageNote"]) == (
        "audio.processed",
        "Failed",
        None,
    )


async def test_a_bots_call_is_told_of_too(
    client: Client, platform: Platform, intake: submit.Intake, receiver: Receiver
) -> None:
    await subscribed(client, receiver.url, "voice-call.completed")
    made = await completed(platform, intake, client.org, ai_call=True)
    (body,) = await told(client, receiver)
    assert body["data"] == {
        "voiceCallId": f"vc_{made.hex}", "campaignId": None, "state": "Completed", "outcome": None,
    }  # fmt: skip


@pytest.mark.accepts("AU-114", "AU-115")
async def test_a_test_event_is_one_attempt_now(client: Client, receiver: Receiver) -> None:
    made = await subscribed(client, receiver.url)
    path = f"webhooks/{made['id']}"
    receiver.answers = [OK, BROKEN]
    good = await client.data("POST", f"{path}/test")
    assert good == {
        "delivery_id": good["delivery_id"], "event": "webhook.test", "status": "delivered",
        "response_code": 204, "duration_ms": good["duration_ms"], "error": None,
    }  # fmt: skip
    assert json.loads(receiver.bodies[0])["data"]["webhookId"] == made["id"]
    await client.data("PATCH", path, {"active": False})
    bad = await client.data("POST", f"{path}/test")
    assert (bad["status"], bad["response_code"], bad["error"]) == ("failed", 500, "HTTP 500")
    assert await told(client, receiver) == [json.loads(body) for body in receiver.bodies]
    assert len(receiver.bodies) == 2  # no second try
    first, second = await client.data("GET", f"{path}/deliveries")
    assert (first["id"], first["status"], second["id"], second["status"]) == (
        bad["delivery_id"], "failed", good["delivery_id"], "delivered",
    )  # fmt: skip
    assert second["event_id"] == json.loads(receiver.bodies[0])["id"]
    assert (second["attempts"][0]["response_code"], second["next_attempt_at"]) == (204, None)
    assert second["delivered_at"] is not None
    for query, found in (
        ("status=failed", 1),
        ("status=pending", 0),
        ("event=webhook.test", 2),
        ("event=x", 0),
    ):
        assert len(await client.data("GET", f"{path}/deliveries?{query}")) == found
    refused(await client("GET", f"{path}/deliveries?status=lost"), 400, "VALIDATION_ERROR", "status")


async def test_the_schedule_is_the_operators(client: Client, receiver: Receiver) -> None:
    assert load_settings().auralytik_webhook_retry_schedule == (10, 60, 300, 1800)
    made = await subscribed(client, receiver.url, "api-key.rotated")
    receiver.answers = [BROKEN]
    key = await client.data("POST", "api-keys", {"name": "x", "scopes": ["audio:read"]}, 201)
    await client.data("POST", f"api-keys/{key['id']}/rotate")
    (body,) = await told(client, receiver)
    assert body["data"] == {"keyId": key["id"], "name": "x"}
    (waiting,) = await client.data("GET", f"webhooks/{made['id']}/deliveries")
    assert waiting["status"] == "pending"
    tried = waiting["attempts"][0]["at"]
    due = datetime.fromisoformat(waiting["next_attempt_at"]) - datetime.fromisoformat(tried)
    assert timedelta(seconds=9) <= due <= timedelta(seconds=12)


@pytest.mark.accepts("AU-120", "AU-121", "AU-122", "AU-123")
async def test_a_key_from_its_making_to_its_end(client: Client) -> None:
    wanted = {
        "name": "CRM", "scopes": ["audio:read", "evaluations:read"],
        "allowedIps": ["127.0.0.1", "10.0.0.0/8"],
        "expiresAt": "2099-01-01T00:00:00Z", "rateLimitPerMinute": 50,
    }  # fmt: skip
    made = await client.data("POST", "api-keys", wanted, 201)
    assert re.fullmatch(r"ak_live_[0-9A-Za-z]{32}", made["key"])
    assert re.fullmatch(r"ahs_[0-9A-Za-z_-]{43}", made["hmacSecret"])
    assert made["prefix"] == made["key"][:14]
    shown = {name: value for name, value in made.items() if name not in {"key", "hmacSecret"}}
    assert shown == {
        "id": made["id"], "name": "CRM", "prefix": made["prefix"],
        "scopes": ["evaluations:read", "audio:read"], "allowedIps": ["127.0.0.1/32", "10.0.0.0/8"],
        "rateLimitPerMinute": 50, "state": "active", "createdAt": made["createdAt"],
        "expiresAt": "2099-01-01T00:00:00Z", "lastUsedAt": None,
    }  # fmt: skip
    assert (await client.data("GET", "api-keys"))[0] == shown
    new = Client(client.http, client.platform, client.org, made["key"], made["hmacSecret"], uuid.uuid4())
    assert (await new("GET", "evaluations")).headers["x-ratelimit-limit"] == "50"
    changed = await client.data("PATCH", f"api-keys/{made['id']}", {"scopes": ["audio:read"], "name": "ERP"})
    assert (changed["scopes"], changed["name"]) == (["audio:read"], "ERP")
    refused(await new("GET", "evaluations"), 403, "INSUFFICIENT_SCOPE")
    gone = await client.data("DELETE", f"api-keys/{made['id']}")
    assert gone == {"id": made["id"], "revoked": True, "revokedAt": gone["revokedAt"]}
    refused(await new("GET", "audio-files"), 401, "INVALID_API_KEY")
    refused(await client("DELETE", f"api-keys/{made['id']}"), 404, "RESOURCE_NOT_FOUND")
    for method, path, body in (("PATCH", "", {"name": "x"}), ("POST", "/rotate", None)):
        refused(await client(method, f"api-keys/{made['id']}{path}", body), 409, "CONFLICT")
    assert (await client.data("GET", "api-keys"))[0]["state"] == "revoked"
    mine = f"key_{client.key_id.hex}"
    await client.data("DELETE", f"api-keys/{mine}")
    refused(await client("GET", "evaluations"), 401, "INVALID_API_KEY")


@pytest.mark.accepts("AU-124")
async def test_rotation_changes_the_secret_and_not_the_key(client: Client) -> None:
    mine = f"key_{client.key_id.hex}"
    old = client.secret
    turned = await client.data("POST", f"api-keys/{mine}/rotate")
    assert turned["id"] == mine
    assert "key" not in turned
    refused(await client("GET", "evaluations"), 401, "INVALID_SIGNATURE")
    client.secret = turned["hmacSecret"]
    assert (await client("GET", "evaluations")).status_code == 200
    later = await client.data("POST", f"api-keys/{mine}/rotate", {"gracePeriodSeconds": 3600})
    assert (await client("GET", "evaluations")).status_code == 200
    client.secret = later["hmacSecret"]
    assert (await client("GET", "evaluations")).status_code == 200
    client.secret = old
    refused(await client("GET", "evaluations"), 401, "INVALID_SIGNATURE")
    client.secret = later["hmacSecret"]
    async with client.platform.database.tenant(client.org) as session:
        await session.execute(text(ENDED))
    client.secret = turned["hmacSecret"]
    refused(await client("GET", "evaluations"), 401, "INVALID_SIGNATURE")
    client.secret = later["hmacSecret"]
    for seconds in (-1, 86_401, "1"):
        body = {"gracePeriodSeconds": seconds}
        refused(
            await client("POST", f"api-keys/{mine}/rotate", body),
            400,
            "VALIDATION_ERROR",
            "gracePeriodSeconds",
        )


async def test_nobody_gives_what_they_do_not_have(client: Client) -> None:
    narrow = await another(client, ["keys:manage", "audio:read"])
    body = {"name": "x", "scopes": ["audio:read", "audio:write"]}
    refused(await narrow("POST", "api-keys", body), 403, "INSUFFICIENT_SCOPE")
    mighty = f"key_{client.key_id.hex}"
    refused(await narrow("PATCH", f"api-keys/{mighty}", {"name": "x"}), 403, "INSUFFICIENT_SCOPE")
    refused(await narrow("POST", f"api-keys/{mighty}/rotate"), 403, "INSUFFICIENT_SCOPE")
    refused(await narrow("DELETE", f"api-keys/{mighty}"), 403, "INSUFFICIENT_SCOPE")
    made = await narrow.data("POST", "api-keys", {"name": "x", "scopes": ["audio:read"]}, 201)
    refused(
        await narrow("PATCH", f"api-keys/{made['id']}", {"scopes": ["voice:read"]}), 403, "INSUFFICIENT_SCOPE"
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["audio:read"]}, "name"), ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["audio:all"]}, "scopes"), ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": ["audio:read"], "allowedIps": ["somewhere"]}, "allowedIps"),
        ({"name": "x", "scopes": ["audio:read"], "allowedIps": ["10.0.0.1/8"]}, "allowedIps"),
        ({"name": "x", "scopes": ["audio:read"], "expiresAt": "2020-01-01"}, "expiresAt"),
        ({"name": "x", "scopes": ["audio:read"], "rateLimitPerMinute": 0}, "rateLimitPerMinute"),
    ],
)  # fmt: skip
async def test_keys_that_are_refused(client: Client, body: dict[str, Any], field: str) -> None:
    refused(await client("POST", "api-keys", body), 400, "VALIDATION_ERROR", field)


@pytest.mark.accepts("AU-130", "AU-131", "AU-132")
async def test_usage(client: Client, intake: submit.Intake, tmp_path: Path, receiver: Receiver) -> None:
    await subscribed(client, receiver.url)
    file_id = await sent(client)
    await client.data("POST", f"audio-files/{file_id}/process", status=202)
    await finish(client, intake, file_id, tmp_path)
    month = f"{datetime.now(UTC):%Y-%m}"
    summary = await client.data("GET", "usage/summary")
    assert summary["billingPeriod"] == month
    assert summary["tier"] == "self_hosted"
    used = summary["usage"]
    assert used["calls"] == {"used": 1, "included": None, "overage": 0}
    assert used["webhooks"] == {"used": 3, "included": None, "overage": 0}
    assert used["storage_gb"]["used"] > 0
    lines = await client.data("GET", "usage/details")
    assert sorted((one["type"], one["unit"]) for one in lines) == [
        ("call", "call"), ("webhook", "delivery"), ("webhook", "delivery"), ("webhook", "delivery"),
    ]  # fmt: skip
    call = next(one for one in lines if one["type"] == "call")
    assert (call["resourceId"], call["keyId"], call["quantity"]) == (file_id, f"key_{client.key_id.hex}", 1)
    assert all(re.fullmatch(r"usg_[0-9a-f]{32}", one["id"]) for one in lines)
    idle = await another(client, ["audio:read"])
    await client.platform.meter.flush(client.platform.database)
    by_key = await client.data("GET", "usage/by-key")
    counted = {one["keyId"]: one["calls"] for one in by_key["keys"]}
    assert counted[f"key_{client.key_id.hex}"] >= 5
    assert counted[f"key_{idle.key_id.hex}"] == 0
    async with client.platform.database.tenant(client.org) as session:
        await session.execute(delete(Delivery))  # as housekeeping does later on
    assert (await client.data("GET", "usage/summary"))["usage"]["webhooks"] == used["webhooks"]
    gone = [one for one in await client.data("GET", "usage/details") if one["type"] == "webhook"]
    assert [(one["quantity"], one["unit"], one["resourceId"]) for one in gone] == [(3, "delivery", None)]
    empty = await client.data("GET", "usage/summary?billingPeriod=2020-02")
    assert (empty["billingPeriod"], empty["usage"]["calls"]["used"]) == ("2020-02", 0)
    for period in ("2020", "2020-13", "soon", "0000-01"):
        answer = await client("GET", f"usage/details?billingPeriod={period}")
        refused(answer, 400, "VALIDATION_ERROR", "billingPeriod")


async def test_a_plan_that_is_nearly_used_up_is_told_of_once(
    client: Client, platform: Platform, intake: submit.Intake, receiver: Receiver, tmp_path: Path
) -> None:
    (tmp_path / "plans.toml").write_text("[pro]\nanalyses = 500\n")
    await subscribed(client, receiver.url, "usage.quota_warning")
    async with platform.database.operator() as session:  # what is agreed counts before the plan
        await session.execute(
            text("UPDATE organisations SET plan = 'pro', analyses_quota = 5 WHERE id = :org"),
            {"org": client.org},
        )
    counting = replace(intake, quotas=Quotas())
    for number in range(5):
        await submitted(counting, client.org)  # what is taken in counts, whatever becomes of it
        await quotas.warn(platform.database, tmp_path)
        assert len(await told(client, receiver)) == (1 if number >= 3 else 0)
    assert json.loads(receiver.bodies[0])["data"] == {
        "metric": "calls", "used": 4, "included": 5, "percent": 80,
    }  # fmt: skip
