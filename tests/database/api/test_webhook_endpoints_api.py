"""Webhook endpoints over REST: made, changed, rotated, deleted; and what is refused."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import keys
from calltrace.api.app import create_app
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.pipeline.housekeeping import tidy
from calltrace.webhooks import cleanup, service
from database.api.conftest import Api, refused
from database.conftest import Caller, NewOrg, count, new_token

ENDPOINTS = "webhook-endpoints"
HOOK = "https://127.0.0.1/hook"
WANTED = {"url": HOOK, "events": ["analysis.completed", "analysis.failed"]}
FIELDS = {
    "id", "url", "description", "events", "contract", "mode", "createdAt", "disabledAt", "disabledReason",
    "failingSince", "previousSecretExpiresAt",
}  # fmt: skip


async def _as(api: httpx2.AsyncClient, database: Database, org: uuid.UUID, **options: Any) -> Api:
    """The API for one more key of an organisation."""
    async with database.tenant(org) as session:
        return Api(api, (await keys.create(session, org, name="other", **options))[1])


async def _audit(database: Database, org: uuid.UUID) -> list[tuple[str, str]]:
    async with database.tenant(org) as session:
        query = "SELECT actor_kind, action FROM audit_entries ORDER BY created_at"
        rows = (await session.execute(text(query))).all()
    return [(row[0], row[1]) for row in rows if row[1] != "api_key.created"]  # the caller's own key


@pytest.mark.accepts("CT-028", "CT-029", "CT-111", "CT-133")
async def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(call: Api) -> None:
    answer = await call("POST", ENDPOINTS, WANTED | {"description": "CRM"})
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/{ENDPOINTS}/{made['id']}"
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made.keys() == FIELDS
    assert made == made | WANTED | {"description": "CRM", "contract": "calltrace", "mode": "live"}
    shown = await call("GET", f"{ENDPOINTS}/{made['id']}")
    listed = await call("GET", ENDPOINTS)
    assert shown.json() == made
    assert listed.json() == {"data": [made], "nextCursor": None}
    for answer in (shown, listed, await call("PATCH", f"{ENDPOINTS}/{made['id']}", {})):
        assert "whsec_" not in answer.text


async def test_pages_show_each_endpoint_once_while_new_ones_arrive(call: Api) -> None:
    made = [(await call.made(ENDPOINTS, **WANTED))["id"] for _ in range(5)]
    seen: list[str] = []
    path = f"{ENDPOINTS}?limit=2"
    while True:
        page = (await call("GET", path)).json()
        seen += [one["id"] for one in page["data"]]
        await call.made(ENDPOINTS, **WANTED)
        if page["nextCursor"] is None:
            break
        path = f"{ENDPOINTS}?limit=2&cursor={page['nextCursor']}"
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=x", "status=failed", "limit=1&limit=2"]
)
async def test_a_wrong_parameter_of_the_list_is_400(call: Api, query: str) -> None:
    refused(await call("GET", f"{ENDPOINTS}?{query}"), 400, "invalid_request", f"/{query.partition('=')[0]}")


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no url": ({"url": None}, "/url"),
    "empty url": ({"url": ""}, "/url"),
    "url too long": ({"url": "https://a.test/" + "x" * 8192}, "/url"),
    "no events": ({"events": []}, "/events"),
    "null events": ({"events": None}, "/events"),
    "unknown event": ({"events": ["analysis.completed", "analysis.paused"]}, "/events/1"),
    "ping is not subscribed to": ({"events": ["webhook.ping"]}, "/events/0"),
    "description too long": ({"description": "x" * 256}, "/description"),
    "description a number": ({"description": 5}, "/description"),
}


@pytest.mark.parametrize(("change", "pointer"), BAD.values(), ids=BAD)
async def test_bad_fields_are_400_and_named(call: Api, change: dict[str, Any], pointer: str) -> None:
    refused(await call("POST", ENDPOINTS, WANTED | change), 400, "invalid_request", pointer)
    made = await call.made(ENDPOINTS, **WANTED)
    answer = await call("PATCH", f"{ENDPOINTS}/{made['id']}", change)
    refused(answer, 400, "invalid_request", pointer)


async def test_only_the_native_contract_is_served(call: Api) -> None:
    answer = await call("POST", ENDPOINTS, WANTED | {"contract": "callcov"})
    refused(answer, 400, "invalid_request", "/contract")


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://crm.example.com/hook", "url_not_https"), ("hook", "url_not_https"),
     ("https://10.0.0.5/hook", "url_blocked"), ("https://169.254.169.254/", "url_blocked"),
     ("https://[::1]/", "url_blocked"), ("https://0x7f.1/", "url_blocked"),
     ("https://user:pass@127.0.0.1/", "url_blocked"),
     ("https://93.184.215.14:22/", "url_blocked")],
)  # fmt: skip
async def test_a_url_that_may_never_be_called_is_422_at_creation_and_at_change(
    call: Api, caller: Caller, database: Database, url: str, code: str
) -> None:
    refused(await call("POST", ENDPOINTS, WANTED | {"url": url}), 422, code)
    assert await count(database, "webhook_endpoints", caller.org_id) == 0
    made = await call.made(ENDPOINTS, **WANTED)
    refused(await call("PATCH", f"{ENDPOINTS}/{made['id']}", {"url": url, "disabled": True}), 422, code)
    shown = (await call("GET", f"{ENDPOINTS}/{made['id']}")).json()
    assert (shown["url"], shown["disabledAt"]) == (HOOK, None), "a refused change changes nothing"


@pytest.mark.parametrize(
    ("names", "status"),
    [({"crm.test": ["10.0.0.7"]}, 422), ({"crm.test": ["127.0.0.1 10.0.0.7"]}, 422),
     ({"crm.test": ["127.0.0.1"]}, 201), ({}, 201)],
    ids=["private", "mixed", "allowed", "unknown as yet"],
)  # fmt: skip
async def test_where_the_name_of_a_url_leads_is_looked_up_when_it_is_made_and_changed(
    platform: Platform, caller: Caller, reach: Any, names: dict[str, list[str]], status: int
) -> None:
    app = create_app(lambda: platform)
    app.state.platform = replace(platform, client=reach(names))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calls.test") as client:
        call = Api(client, caller.token)
        answer = await call("POST", ENDPOINTS, WANTED | {"url": "https://crm.test/hook"})
        made = await call.made(ENDPOINTS, **WANTED)
        changed = await call("PATCH", f"{ENDPOINTS}/{made['id']}", {"url": "https://crm.test/hook"})
    if status == 201:
        assert (answer.status_code, changed.status_code) == (201, 200)
        return
    for one in (answer, changed):
        refused(one, 422, "url_blocked")
        assert "10.0.0.7" not in one.text


async def test_each_field_can_be_changed_alone(call: Api, caller: Caller, database: Database) -> None:
    made = await call.made(ENDPOINTS, **WANTED, description="CRM")
    del made["secret"]
    path, expected = f"{ENDPOINTS}/{made['id']}", made
    for change in (
        {"url": f"{HOOK}2?token=hunter2"},
        {"events": ["analysis.created"]},
        {"description": None},
    ):
        expected |= change
        assert (await call("PATCH", path, change)).json() == expected
    assert (await call("PATCH", path, {"events": ["analysis.created"]})).json() == expected
    trail = await _audit(database, caller.org_id)
    assert trail == [("api_key", "endpoint.created"), *[("api_key", "endpoint.changed")] * 3]
    async with database.tenant(caller.org_id) as session:
        details = (await session.scalars(text("SELECT details::text FROM audit_entries"))).all()
    assert not any("hunter2" in one for one in details), "what follows the path can be a password"


async def test_disabling_and_enabling(call: Api, caller: Caller, database: Database) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}"
    async with database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE webhook_endpoints SET failing_since = now()"))
    waiting = (await call("POST", f"{path}/test")).json()["deliveryId"]
    disabled = (await call("PATCH", path, {"disabled": True})).json()
    assert disabled["disabledReason"] == "Disabled by hand."
    assert disabled["disabledAt"] is not None
    assert (await call("PATCH", path, {"disabled": True})).json() == disabled
    ended = (await call("GET", f"webhook-deliveries/{waiting}")).json()
    assert (ended["status"], ended["nextAttemptAt"]) == ("failed", None)
    assert ended["error"] == "endpoint_disabled: Disabled by hand."
    refused(await call("POST", f"{path}/test"), 409, "endpoint_disabled")
    refused(await call("POST", f"webhook-deliveries/{waiting}/redeliver"), 409, "endpoint_disabled")
    for _ in range(2):
        enabled = (await call("PATCH", path, {"disabled": False})).json()
        assert [enabled[name] for name in ("disabledAt", "disabledReason", "failingSince")] == [None] * 3
    again = await call("POST", f"webhook-deliveries/{waiting}/redeliver")
    assert (again.status_code, again.json()["status"]) == (202, "pending")
    assert [action for _, action in await _audit(database, caller.org_id)] == [
        "endpoint.created", "endpoint.tested", "endpoint.disabled", "endpoint.enabled",
        "delivery.redelivered",
    ]  # fmt: skip


async def test_a_deleted_endpoint_is_gone_at_once_and_its_rows_later(
    call: Api, caller: Caller, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, kept = await call.made(ENDPOINTS, **WANTED), await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}"
    deliveries = [(await call("POST", f"{path}/test")).json()["deliveryId"] for _ in range(3)]
    answer = await call("DELETE", path)
    assert (answer.status_code, answer.content) == (204, b"")
    for method, there, body in (
        ("GET", path, None), ("PATCH", path, {}), ("DELETE", path, None), ("POST", f"{path}/test", None),
        ("POST", f"{path}/rotate-secret", None), ("GET", f"{path}/deliveries", None),
        ("GET", f"webhook-deliveries/{deliveries[0]}", None),
        ("POST", f"webhook-deliveries/{deliveries[0]}/redeliver", None),
        ("POST", f"{path}/redeliver", {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}),
    ):  # fmt: skip
        refused(await call(method, there, body), 404, "not_found")
    assert [one["id"] for one in (await call("GET", ENDPOINTS)).json()["data"]] == [kept["id"]]
    async with database.tenant(caller.org_id) as session:
        rows = (await session.execute(text("SELECT status, error FROM webhook_deliveries"))).all()
        sealed = "SELECT sealed_secret FROM webhook_endpoints WHERE deleted_at IS NOT NULL"
        assert (await session.scalars(text(sealed))).all() == [""]
    assert {tuple(row) for row in rows} == {("failed", "endpoint_deleted: The webhook endpoint was deleted.")}
    monkeypatch.setattr(cleanup, "MOST_AT_ONCE", 100_000)  # other tests' have been gone for longer
    monkeypatch.setattr(cleanup, "MOST_REMOVED", 2)
    for left in (1, 0, 0):
        await tidy(database, 30)
        assert await count(database, "webhook_deliveries", caller.org_id) == left
    assert await count(database, "webhook_endpoints", caller.org_id) == 2, "somebody may be publishing still"
    async with database.tenant(caller.org_id) as session:
        await session.execute(text("UPDATE webhook_endpoints SET deleted_at = now() - interval '11 min'"
                                   " WHERE deleted_at IS NOT NULL"))  # fmt: skip
    await tidy(database, 30)
    assert await count(database, "webhook_endpoints", caller.org_id) == 1


@pytest.mark.parametrize(
    ("body", "hours"), [(None, 24), ({}, 24), ({"overlapHours": 168}, 168), ({"overlapHours": 1}, 1)]
)
async def test_rotation_answers_a_new_secret_and_until_when_the_old_one_is_good(
    call: Api, body: Any, hours: int
) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    answer = await call("POST", f"{ENDPOINTS}/{made['id']}/rotate-secret", body)
    rotated = answer.json()
    assert answer.status_code == 200
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    until = datetime.fromisoformat(rotated["previousSecretExpiresAt"])
    assert timedelta(0) <= datetime.now(UTC) + timedelta(hours=hours) - until < timedelta(minutes=1)
    shown = await call("GET", f"{ENDPOINTS}/{made['id']}")
    assert shown.json()["previousSecretExpiresAt"] == rotated["previousSecretExpiresAt"]
    assert "whsec_" not in shown.text


async def test_rotation_without_overlap_ends_all_earlier_secrets_and_too_many_are_refused(call: Api) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}/rotate-secret"
    secrets = {made["secret"], *[(await call("POST", path)).json()["secret"] for _ in range(4)]}
    assert len(secrets) == 5
    refused(await call("POST", path), 409, "too_many_secrets")
    ended = (await call("POST", path, {"overlapHours": 0})).json()
    assert ended["previousSecretExpiresAt"] is None


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", None])
async def test_an_overlap_that_is_none_is_400(call: Api, hours: Any) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    answer = await call("POST", f"{ENDPOINTS}/{made['id']}/rotate-secret", {"overlapHours": hours})
    refused(answer, 400, "invalid_request", "/overlapHours")


async def test_housekeeping_forgets_secrets_whose_time_is_over(
    call: Api, caller: Caller, platform: Platform
) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}/rotate-secret"
    for hours in (1, 100):
        await call("POST", path, {"overlapHours": hours})

    async def kept() -> int:
        async with platform.database.tenant(caller.org_id) as session:
            query = "SELECT jsonb_array_length(previous_secrets) FROM webhook_endpoints"
            return await session.scalar(text(query)) or 0

    for hours, expected in ((0, 2), (2, 1), (101, 0)):
        async with platform.database.operator() as session:
            await cleanup.clean(session, datetime.now(UTC) + timedelta(hours=hours))
        assert await kept() == expected


async def test_an_organisation_has_at_most_so_many_endpoints_even_when_they_are_made_at_once(
    call: Api, caller: Caller, database: Database, platform: Platform
) -> None:
    async with database.tenant(caller.org_id) as session:
        for _ in range(service.MOST_ENDPOINTS - 2):
            await service.create_endpoint(
                session, caller.org_id, HOOK, ["analysis.failed"], platform.box, platform.policy
            )
    answers = await asyncio.gather(*(call("POST", ENDPOINTS, WANTED) for _ in range(6)))
    assert sorted(one.status_code for one in answers) == [201, 201, 409, 409, 409, 409]
    refused(next(one for one in answers if one.status_code == 409), 409, "too_many_endpoints")
    made = next(one for one in answers if one.status_code == 201).json()
    await call("DELETE", f"{ENDPOINTS}/{made['id']}")
    assert (await call("POST", ENDPOINTS, WANTED)).status_code == 201


async def test_changes_at_the_same_time_lose_nothing(call: Api) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}"
    changes: list[dict[str, Any]] = [
        {"url": f"{HOOK}2"}, {"events": ["analysis.created"]}, {"description": "CRM"}, {"disabled": True},
    ]  # fmt: skip
    answers = await asyncio.gather(*(call("PATCH", path, one) for one in changes))
    assert [one.status_code for one in answers] == [200] * 4
    shown = (await call("GET", path)).json()
    assert (shown["url"], shown["events"], shown["description"]) == (f"{HOOK}2", ["analysis.created"], "CRM")
    assert shown["disabledAt"] is not None


async def test_of_two_deletions_at_the_same_time_one_finds_nothing(
    call: Api, caller: Caller, database: Database
) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    answers = await asyncio.gather(*(call("DELETE", f"{ENDPOINTS}/{made['id']}") for _ in range(2)))
    assert sorted(one.status_code for one in answers) == [204, 404]
    assert (await _audit(database, caller.org_id)).count(("api_key", "endpoint.deleted")) == 1


async def test_another_organisations_and_another_modes_endpoints_do_not_exist(
    api: httpx2.AsyncClient, call: Api, caller: Caller, database: Database, new_org: NewOrg
) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}"
    delivery = (await call("POST", f"{path}/test")).json()["deliveryId"]
    stranger = Api(api, await new_token(database, await new_org()))
    tester = await _as(api, database, caller.org_id, mode="test")
    for other in (stranger, tester):
        for method, there, body in (
            ("GET", path, None), ("PATCH", path, {"disabled": True}), ("DELETE", path, None),
            ("POST", f"{path}/test", None), ("POST", f"{path}/rotate-secret", None),
            ("GET", f"{path}/deliveries", None), ("GET", f"webhook-deliveries/{delivery}", None),
            ("POST", f"webhook-deliveries/{delivery}/redeliver", None),
            ("POST", f"{path}/redeliver", {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}),
        ):  # fmt: skip
            refused(await other(method, there, body), 404, "not_found")
        assert (await other("GET", ENDPOINTS)).json()["data"] == []
        assert (await other.made(ENDPOINTS, **WANTED))["mode"] == ("test" if other is tester else "live")
    assert (await call("GET", path)).json()["disabledAt"] is None


@pytest.mark.accepts("CT-022", "CT-023", "CT-028", "CT-029")
async def test_each_operation_needs_its_own_scope(
    api: httpx2.AsyncClient, call: Api, caller: Caller, database: Database
) -> None:
    made = await call.made(ENDPOINTS, **WANTED)
    path = f"{ENDPOINTS}/{made['id']}"
    delivery = (await call("POST", f"{path}/test")).json()["deliveryId"]
    reading = [
        ("GET", ENDPOINTS),
        ("GET", path),
        ("GET", f"{path}/deliveries"),
        ("GET", f"webhook-deliveries/{delivery}"),
    ]
    writing = [
        ("POST", ENDPOINTS), ("PATCH", path), ("POST", f"{path}/test"), ("POST", f"{path}/rotate-secret"),
        ("POST", f"{path}/redeliver"), ("POST", f"webhook-deliveries/{delivery}/redeliver"), ("DELETE", path),
    ]  # fmt: skip
    others = ("analysis:write", "analysis:read", "calls:read", "storage:write")
    reader = await _as(api, database, caller.org_id, wanted=(*others, "webhooks:read"))
    writer = await _as(api, database, caller.org_id, wanted=(*others, "webhooks:write"))
    for method, there in reading:
        refused(await writer(method, there), 403, "insufficient_scope")
        assert (await reader(method, there)).status_code == 200
    for method, there in writing:
        refused(await reader(method, there, {}), 403, "insufficient_scope")
        assert (await writer(method, there, {})).status_code not in {401, 403, 500}


@pytest.mark.parametrize("name", ["nobody", "00000000-0000-0000-0000-000000000000", "%00", "é"])
async def test_an_id_that_names_nothing_is_404(call: Api, name: str) -> None:
    for there in (f"{ENDPOINTS}/{name}", f"{ENDPOINTS}/{name}/deliveries", f"webhook-deliveries/{name}"):
        refused(await call("GET", there), 404, "not_found")
