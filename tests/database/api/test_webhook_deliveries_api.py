"""The history of deliveries over REST, and delivering once more."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.webhooks import replay, service
from calltrace.webhooks.models import Attempt, Delivery
from database.api.conftest import Api, refused
from database.conftest import Caller

ENDPOINTS = "webhook-endpoints"
WANTED = {"url": "https://127.0.0.1/hook", "events": ["analysis.completed"]}
NOON = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)
Write = Callable[..., Awaitable[list[str]]]


@pytest.fixture
async def endpoint(call: Api) -> str:
    return (await call.made(ENDPOINTS, **WANTED))["id"]


@pytest.fixture
def write(platform: Platform, caller: Caller, endpoint: str) -> Write:
    """Write deliveries down as if they had come to their end, a minute apart from noon on."""

    async def made(*states: str, event: str = "analysis.completed", apart: float = 60) -> list[str]:
        async with platform.database.tenant(caller.org_id) as session:
            to = await service.find_endpoint(session, endpoint)
            ids: list[str] = []
            for number, state in enumerate(states):
                sent = await service.send_ping(session, to)
                sent.status, sent.event, sent.attempts = state, event, 4
                sent.created_at = NOON + timedelta(seconds=number * apart)
                ids.append(sent.id)
        return ids

    return made


async def _rows(platform: Platform, org: uuid.UUID) -> dict[str, Any]:
    async with platform.database.tenant(org) as session:
        found = await session.execute(
            text("SELECT id, status, attempts, first_of_round FROM webhook_deliveries")
        )
        return {row.id: row for row in found}


async def _org(platform: Platform, endpoint: str) -> uuid.UUID:
    async with platform.database.operator() as session:
        return (await service.find_endpoint(session, endpoint)).org_id


async def _listed(call: Api, endpoint: str, query: str = "") -> list[str]:
    answer = await call("GET", f"{ENDPOINTS}/{endpoint}/deliveries?{query}")
    assert answer.status_code == 200, answer.text
    return [one["deliveryId"] for one in answer.json()["data"]]


def _at(minute: float) -> str:
    return clock.iso(NOON + timedelta(minutes=minute))


@pytest.mark.accepts("CT-028", "CT-118", "CT-124", "CT-125")
async def test_a_delivery_is_shown_with_its_body_and_every_attempt(
    call: Api, platform: Platform, caller: Caller, endpoint: str
) -> None:
    delivery_id = (await call("POST", f"{ENDPOINTS}/{endpoint}/test")).json()["deliveryId"]
    async with platform.database.tenant(caller.org_id) as session:
        for number, code, answer in ((1, 500, b"\xffoops\x00 \xe4\xb8"), (2, None, None), (3, 204, b"")):
            session.add(
                Attempt(
                    org_id=caller.org_id, delivery_id=delivery_id, number=number, response_code=code,
                    status="delivered" if code == 204 else "failed", answer=answer,
                    error=None if code == 204 else f"HTTP {code}" if code else "url_unreachable: x",
                    started_at=NOON, finished_at=NOON + timedelta(milliseconds=5),
                )
            )  # fmt: skip
    shown = (await call("GET", f"webhook-deliveries/{delivery_id}")).json()
    attempts, payload = shown.pop("attempts"), shown.pop("payload")
    assert [one["number"] for one in attempts] == [1, 2, 3]
    assert attempts[0] == {
        "number": 1, "status": "failed", "responseCode": 500, "error": "HTTP 500",
        "startedAt": "2026-06-19T12:00:00.000Z", "finishedAt": "2026-06-19T12:00:00.005Z",
        "responseBody": "\ufffdoops\x00 \ufffd",
    }  # fmt: skip
    assert [one["responseBody"] for one in attempts[1:]] == [None, ""]
    async with platform.database.tenant(caller.org_id) as session:
        row = await session.get(Delivery, delivery_id)
    assert row is not None
    assert payload == json.loads(row.body)
    assert payload["deliveryId"] == delivery_id == shown["deliveryId"]
    assert shown["endpointId"] == endpoint
    assert (shown["status"], shown["attemptCount"], shown["analysisId"]) == ("pending", 0, None)
    listed = (await call("GET", f"{ENDPOINTS}/{endpoint}/deliveries")).json()
    assert listed == {"data": [shown], "nextCursor": None}


async def test_of_very_many_attempts_the_latest_are_shown(
    call: Api, platform: Platform, caller: Caller, endpoint: str
) -> None:
    delivery_id = (await call("POST", f"{ENDPOINTS}/{endpoint}/test")).json()["deliveryId"]
    async with platform.database.tenant(caller.org_id) as session:
        session.add_all(
            Attempt(
                org_id=caller.org_id, delivery_id=delivery_id, number=number, status="failed",
                started_at=NOON, finished_at=NOON,
            )
            for number in range(1, replay.MOST_ATTEMPTS_SHOWN + 6)
        )  # fmt: skip
    shown = (await call("GET", f"webhook-deliveries/{delivery_id}")).json()
    assert [one["number"] for one in shown["attempts"]] == list(range(6, replay.MOST_ATTEMPTS_SHOWN + 6))


async def test_filters_of_the_list(call: Api, endpoint: str, write: Write) -> None:
    one, two, three, four = await write("failed", "delivered", "failed", "pending")
    (created,) = await write("failed", event="analysis.created")
    assert await _listed(call, endpoint, "status=failed&event=analysis.completed") == [three, one]
    assert await _listed(call, endpoint, "status=delivered") == [two]
    assert await _listed(call, endpoint, "status=pending") == [four]
    assert await _listed(call, endpoint, "event=analysis.created") == [created]
    assert await _listed(call, endpoint, f"from={_at(1)}&to={_at(2)}") == [three, two]
    assert await _listed(call, endpoint, f"from={_at(2)}&status=failed") == [three]
    assert await _listed(call, endpoint, f"to={_at(-1)}") == []


@pytest.mark.parametrize("apart", [60, 0], ids=["apart", "in one millisecond"])
async def test_pages_show_each_delivery_once_while_new_ones_arrive(
    call: Api, endpoint: str, write: Write, apart: float
) -> None:
    made = await write(*["failed"] * 7, apart=apart)
    seen: list[str] = []
    query = "limit=3"
    while True:
        page = (await call("GET", f"{ENDPOINTS}/{endpoint}/deliveries?{query}")).json()
        seen += [one["deliveryId"] for one in page["data"]]
        await call("POST", f"{ENDPOINTS}/{endpoint}/test")
        if page["nextCursor"] is None:
            break
        query = f"limit=3&cursor={page['nextCursor']}"
    assert sorted(seen) == sorted(made)
    assert len(seen) == 7


@pytest.mark.parametrize(
    "query",
    ["state=failed", "status=done", "event=analysis.paused", "from=yesterday", "from=2026-06-19T12:00:00",
     "to=1781870400", "limit=0", "limit=201", "cursor=x", "cursor=AAAA", "status=failed&status=pending",
     "cursor=AAAAAAAAAAD_", "cursor=__________-_"],
)  # fmt: skip
async def test_a_wrong_parameter_of_the_list_is_400_and_named(call: Api, endpoint: str, query: str) -> None:
    answer = await call("GET", f"{ENDPOINTS}/{endpoint}/deliveries?{query}")
    refused(answer, 400, "invalid_request", f"/{query.partition('=')[0]}")


async def test_redelivering_starts_a_fresh_round_with_the_same_id_and_body(
    call: Api, platform: Platform, caller: Caller, write: Write
) -> None:
    (delivery_id,) = await write("delivered")
    before = (await call("GET", f"webhook-deliveries/{delivery_id}")).json()
    answer = await call("POST", f"webhook-deliveries/{delivery_id}/redeliver")
    assert answer.status_code == 202
    shown = answer.json()
    assert (shown["deliveryId"], shown["status"], shown["error"]) == (delivery_id, "pending", None)
    assert shown["nextAttemptAt"] is not None
    row = (await _rows(platform, caller.org_id))[delivery_id]
    assert (row.attempts, row.first_of_round) == (4, 5)
    assert (await call("GET", f"webhook-deliveries/{delivery_id}")).json()["payload"] == before["payload"]


async def test_redelivering_twice_at_the_same_time_is_one_round(
    call: Api, platform: Platform, caller: Caller, write: Write
) -> None:
    (delivery_id,) = await write("failed")
    answers = await asyncio.gather(
        *(call("POST", f"webhook-deliveries/{delivery_id}/redeliver") for _ in range(4))
    )
    assert [one.status_code for one in answers] == [202] * 4
    row = (await _rows(platform, caller.org_id))[delivery_id]
    assert (row.status, row.attempts, row.first_of_round) == ("pending", 4, 5)


@pytest.mark.parametrize(
    ("status", "expected"), [(None, [2, 3]), ("failed", [2, 3]), ("delivered", [1]), ("any", [1, 2, 3])]
)
async def test_a_range_redelivers_what_has_ended_in_it(
    call: Api, platform: Platform, endpoint: str, write: Write, status: str | None, expected: list[int]
) -> None:
    made = await write("failed", "delivered", "failed", "failed", "pending", "failed")
    body = {"from": _at(1), "to": _at(4)} | ({"status": status} if status else {})
    answer = await call("POST", f"{ENDPOINTS}/{endpoint}/redeliver", body)
    assert (answer.status_code, answer.json()) == (202, {"redelivered": len(expected)})
    org = await _org(platform, endpoint)
    rows = await _rows(platform, org)
    again = [number for number, one in enumerate(made) if rows[one].first_of_round == 5]
    assert again == expected
    assert {rows[made[number]].status for number in expected} == {"pending"}
    async with platform.database.tenant(org) as session:
        query = "SELECT action, details FROM audit_entries ORDER BY created_at DESC LIMIT 1"
        entry = (await session.execute(text(query))).one()
    assert entry.action == "endpoint.redelivered"
    assert entry.details == {"from": _at(1), "to": _at(4), "status": status or "failed"}


async def test_a_range_is_done_in_batches_and_counts_all(
    call: Api,
    platform: Platform,
    caller: Caller,
    endpoint: str,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replay, "BATCH", 3)
    made = await write(*["failed"] * 6, apart=0) + await write(*["failed"] * 2)
    answer = await call("POST", f"{ENDPOINTS}/{endpoint}/redeliver", {"from": _at(0), "to": _at(9)})
    assert answer.json() == {"redelivered": 8}
    rows = await _rows(platform, caller.org_id)
    assert {rows[one].status for one in made} == {"pending"}
    again = await call("POST", f"{ENDPOINTS}/{endpoint}/redeliver", {"from": _at(0), "to": _at(9)})
    assert again.json() == {"redelivered": 0}


async def test_ranges_at_the_same_time_count_each_delivery_once(
    call: Api, endpoint: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "BATCH", 2)
    await write(*["failed"] * 9)
    body = {"from": _at(0), "to": _at(9)}
    answers = await asyncio.gather(
        *(call("POST", f"{ENDPOINTS}/{endpoint}/redeliver", body) for _ in range(4))
    )
    assert sum(one.json()["redelivered"] for one in answers) == 9


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/from"), ({"from": "x"}, "/from"), ({"to": "2026-06-19T12:00:00"}, "/to"), ({"from": 5}, "/from"),
     ({"status": "pending"}, "/status"), ({"from": "2026-06-20T00:00:00Z"}, "/from"), ({"to": None}, "/to"),
     ({"from": ["2026-06-20T00:00:00Z"]}, "/from"), ({"from": "9999-12-31T23:59:59-23:00"}, "/from")],
)  # fmt: skip
async def test_a_range_that_is_none_is_400(
    call: Api, endpoint: str, body: dict[str, Any], pointer: str
) -> None:
    wanted = ({"from": _at(0), "to": _at(1)} | body) if body else body
    refused(await call("POST", f"{ENDPOINTS}/{endpoint}/redeliver", wanted), 400, "invalid_request", pointer)


async def test_a_range_of_a_disabled_endpoint_is_409(call: Api, endpoint: str, write: Write) -> None:
    await write("failed")
    await call("PATCH", f"{ENDPOINTS}/{endpoint}", {"disabled": True})
    answer = await call("POST", f"{ENDPOINTS}/{endpoint}/redeliver", {"from": _at(0), "to": _at(1)})
    refused(answer, 409, "endpoint_disabled")
