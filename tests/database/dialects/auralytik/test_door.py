"""Who is let in: signature, window, replay, address, scope, rate (acceptance AU-002 to AU-030)."""

import asyncio
import base64
import hashlib
import hmac
import re
import time
import uuid
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import keys, replays
from calltrace.accounts.scopes import AURALYTIK_SCOPES
from calltrace.db.session import Database
from calltrace.dialects.auralytik import door
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from database.dialects.auralytik.conftest import BASE, Client, Served, another, new_key, refused

PATH = f"{BASE}/evaluations"


@pytest.mark.accepts("AU-001", "AU-003", "AU-006", "AU-007", "AU-008")
async def test_a_signed_request_is_answered_in_the_envelope(client: Client) -> None:
    answer = await client("GET", "evaluations")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["data", "meta", "pagination"]
    assert body["data"] == []
    assert re.fullmatch(r"req_[a-z0-9]{6,}", body["meta"]["requestId"])
    assert body["meta"]["requestId"] == answer.headers["x-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["meta"]["timestamp"])
    assert body["pagination"] == {"page": 1, "pageSize": 25, "totalCount": 0, "totalPages": 0}


async def test_the_signature_is_what_the_decisions_say(client: Client) -> None:
    """Made here from the words of the decisions, and not with our own helper."""
    stamp = str(int(time.time()))
    empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    assert empty == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    canonical = f"{stamp}.GET.{PATH}.{empty}"
    mac = hmac.new(client.secret.encode(), canonical.encode(), hashlib.sha256).digest()
    headers = {
        "X-Api-Key": client.token, "X-Timestamp": stamp, "X-Signature": base64.b64encode(mac).decode(),
    }  # fmt: skip
    assert (await client.http.get(PATH, headers=headers)).status_code == 200
    assert (await client.http.get(f"{PATH}?page=1", headers=headers)).status_code == 200


@pytest.mark.parametrize("signed", ["/api/v1/evaluations", PATH])
async def test_a_proxy_may_add_or_strip_the_prefix(client: Client, signed: str) -> None:
    assert (await client.http.get(PATH, headers=client.signed("GET", signed))).status_code == 200


@pytest.mark.accepts("AU-020")
@pytest.mark.parametrize("token", [None, "", "nonsense", "ct_live_x", "ak_live_" + "a" * 32])
async def test_no_key_or_a_wrong_one(client: Client, token: str | None) -> None:
    headers = client.signed("GET", PATH)
    headers.pop("X-Api-Key")
    sent = headers if token is None else headers | {"X-Api-Key": token}
    refused(await client.http.get(PATH, headers=sent), 401, "INVALID_API_KEY")


@pytest.mark.accepts("AU-020", "AU-010")
async def test_a_revoked_key_is_dead_with_the_next_request(client: Client) -> None:
    async with client.platform.database.tenant(client.org) as session:
        await keys.revoke(session, str(client.key_id))
    error = refused(await client("GET", "evaluations"), 401, "INVALID_API_KEY")
    assert list(error) == ["code", "message", "requestId", "retryAfter"]


async def test_a_key_of_another_contract_is_unknown(client: Client) -> None:
    async with client.platform.database.tenant(client.org) as session:
        _key, native = await keys.create(session, client.org, name="native")
    headers = client.signed("GET", PATH) | {"X-Api-Key": native}
    refused(await client.http.get(PATH, headers=headers), 401, "INVALID_API_KEY")


@pytest.mark.accepts("AU-021")
async def test_whatever_is_changed_breaks_the_signature(client: Client) -> None:
    good = client.signed("POST", f"{BASE}/engagements", b'{"name":"a","type":"b"}')
    json_type = {"Content-Type": "application/json"}

    async def sent(path: str, content: bytes, headers: dict[str, str], method: str = "POST") -> Any:
        return await client.http.request(method, path, content=content, headers=headers | json_type)

    changed = {
        "body": await sent(f"{BASE}/engagements", b'{"name":"x","type":"b"}', good),
        "path": await sent(f"{BASE}/webhooks", b'{"name":"a","type":"b"}', good),
        "method": await sent(f"{BASE}/engagements", b'{"name":"a","type":"b"}', good, "PATCH"),
        "none": await sent(f"{BASE}/engagements", b"", {**good, "X-Signature": ""}),
        "other": await sent(f"{BASE}/engagements", b"", {**good, "X-Signature": "AAAA"}),
    }
    for answer in changed.values():
        refused(answer, 401, "INVALID_SIGNATURE")
    with_query = client.signed("GET", PATH)
    secret = client.secret.encode()
    digest = base64.b64encode(hashlib.sha256(b"").digest()).decode()
    canonical = f"{with_query['X-Timestamp']}.GET.{PATH}?page=1.{digest}"
    mac = hmac.new(secret, canonical.encode(), hashlib.sha256).digest()
    with_query["X-Signature"] = base64.b64encode(mac).decode()
    refused(await client.http.get(f"{PATH}?page=1", headers=with_query), 401, "INVALID_SIGNATURE")


@pytest.mark.accepts("AU-022")
async def test_the_window_has_300_seconds_to_either_side(client: Client) -> None:
    for seconds, code in ((-298, None), (298, None), (-303, "TIMESTAMP_EXPIRED"), (303, "TIMESTAMP_EXPIRED")):
        answer = await client.http.get(
            PATH, headers=client.signed("GET", PATH, after=timedelta(seconds=seconds))
        )
        if code is None:
            assert answer.status_code == 200, answer.text
        else:
            refused(answer, 401, code)
    headers = client.signed("GET", PATH)
    milliseconds = headers | {"X-Timestamp": str(int(time.time() * 1000))}
    refused(await client.http.get(PATH, headers=milliseconds), 401, "TIMESTAMP_EXPIRED")
    for stamp in ("", "now", "1.5"):
        wrong = headers | {"X-Timestamp": stamp}
        refused(await client.http.get(PATH, headers=wrong), 401, "INVALID_SIGNATURE")


async def test_the_window_is_inclusive(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now().replace(microsecond=900_000)
    monkeypatch.setattr(clock, "now", lambda: now)
    for seconds in (-300, 300):
        headers = client.signed("GET", PATH, after=timedelta(seconds=seconds))
        assert (await client.http.get(PATH, headers=headers)).status_code == 200
    for seconds in (-301, 301):
        headers = client.signed("GET", PATH, after=timedelta(seconds=seconds))
        refused(await client.http.get(PATH, headers=headers), 401, "TIMESTAMP_EXPIRED")


@pytest.mark.accepts("AU-021")
async def test_a_write_is_let_in_once_and_a_read_again(client: Client) -> None:
    content = b'{"name":"Acme","type":"renewal"}'
    headers = client.signed("POST", f"{BASE}/engagements", content) | {"Content-Type": "application/json"}
    answers = await asyncio.gather(
        *(client.http.post(f"{BASE}/engagements", content=content, headers=headers) for _ in range(5))
    )
    assert sorted(one.status_code for one in answers) == [201, 401, 401, 401, 401]
    late = next(one for one in answers if one.status_code == 401)
    assert refused(late, 401, "INVALID_SIGNATURE")["message"] == "Signature was already used."
    assert (await client.data("GET", "engagements"))[0]["name"] == "Acme"
    assert len(await client.data("GET", "engagements")) == 1
    reading = client.signed("GET", PATH)
    for _ in range(2):
        assert (await client.http.get(PATH, headers=reading)).status_code == 200


async def test_other_processes_know_of_it_too(client: Client, platform: Platform) -> None:
    content = b'{"name":"Acme","type":"renewal"}'
    headers = client.signed("POST", f"{BASE}/engagements", content) | {"Content-Type": "application/json"}
    async with Served(platform, ("127.0.0.1", 1)) as other:
        assert (await other.post(f"{BASE}/engagements", content=content, headers=headers)).status_code == 201
    refused(
        await client.http.post(f"{BASE}/engagements", content=content, headers=headers),
        401,
        "INVALID_SIGNATURE",
    )


async def test_what_failed_the_check_spends_nothing(client: Client, platform: Platform) -> None:
    content = b'{"name":"Acme","type":"renewal"}'
    headers = client.signed("POST", f"{BASE}/engagements", content) | {"Content-Type": "application/json"}
    wrong = headers | {"X-Api-Key": (await new_key(platform, client.org))[1]}
    refused(
        await client.http.post(f"{BASE}/engagements", content=content, headers=wrong),
        401,
        "INVALID_SIGNATURE",
    )
    answer = await client.http.post(f"{BASE}/engagements", content=content, headers=headers)
    assert answer.status_code == 201


@pytest.mark.accepts("AU-024")
@pytest.mark.parametrize(
    ("allowed", "peer", "fits"),
    [
        (("127.0.0.1",), "127.0.0.1", True),
        (("127.0.0.0/8", "10.1.2.3"), "127.0.0.1", True),
        (("10.0.0.0/8",), "127.0.0.1", False),
        (("::1",), "::1", True),
        (("::1",), "127.0.0.1", False),
        (("127.0.0.1",), "::ffff:127.0.0.1", True),
    ],
)
async def test_a_key_may_be_bound_to_addresses(
    platform: Platform, org: uuid.UUID, allowed: tuple[str, ...], peer: str, *, fits: bool
) -> None:
    key, token, secret = await new_key(platform, org, allowed_ips=allowed)
    async with Served(platform, (peer, 1)) as http:
        client = Client(http, platform, org, token, secret, key.id)
        answer = await client("GET", "evaluations")
        if fits:
            assert answer.status_code == 200
        else:
            refused(answer, 403, "IP_NOT_ALLOWED")


PROXY = "10.9.9.9"


@pytest.mark.accepts("AU-024", "AU-002")
@pytest.mark.parametrize(
    ("forwarded", "proto", "status"),
    [
        ("203.0.113.7", "https", 200),
        ("203.0.113.7, 10.9.9.8", "https", 200),
        ("203.0.113.7, 198.51.100.1", "https", 403),  # what the caller wrote itself counts for nothing
        ("203.0.113.7", "http", 403),
        ("203.0.113.7", "", 403),
        ("", "https", 403),
    ],
)
async def test_proxies_are_believed_from_the_right(
    platform: Platform, org: uuid.UUID, forwarded: str, proto: str, status: int
) -> None:
    key, token, secret = await new_key(platform, org, allowed_ips=("203.0.113.7",))
    told = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": proto}
    async with Served(platform, (PROXY, 1), proxies=(ip_network("10.9.9.0/24"),)) as http:
        client = Client(http, platform, org, token, secret, key.id)
        assert (await client("GET", "evaluations", headers=told)).status_code == status
    async with Served(platform, ("127.0.0.1", 1)) as http:  # nobody is trusted: the peer counts
        client = Client(http, platform, org, token, secret, key.id)
        refused(await client("GET", "evaluations", headers=told), 403, "IP_NOT_ALLOWED")


@pytest.mark.accepts("AU-002")
async def test_in_clear_it_answers_this_machine_only(platform: Platform) -> None:
    async with Served(platform, ("203.0.113.7", 1)) as http:
        for path in ("/auralytik/health", PATH, "/auralytik/swagger"):
            refused(await http.get(path), 403, "HTTPS_REQUIRED")
        assert (await http.get("/health")).status_code == 200  # the native contract has other rules


@pytest.mark.accepts("AU-023", "AU-030")
@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("evaluations:read", "GET", "evaluations"),
        ("audio:read", "GET", "audio-files"),
        ("audio:download", "GET", "audio-files/af_0/download-url"),
        ("audio:write", "POST", "audio-files/upload-url"),
        ("engagements:read", "GET", "engagements"),
        ("engagements:write", "POST", "engagements"),
        ("conversations:read", "GET", "conversations"),
        ("voice:read", "GET", "voice-calls"),
        ("campaigns:read", "GET", "campaigns"),
        ("webhooks:manage", "GET", "webhooks"),
        ("keys:manage", "GET", "api-keys"),
    ],
)
async def test_every_scope_is_exact(client: Client, scope: str, method: str, path: str) -> None:
    others = [one for one in AURALYTIK_SCOPES if one != scope]
    refused(await (await another(client, others))(method, path), 403, "INSUFFICIENT_SCOPE")
    answer = await (await another(client, [scope]))(method, path)
    assert answer.status_code in {200, 400, 404}, answer.text


async def test_fourteen_scopes_and_a_key_without_wishes_has_them_all(client: Client) -> None:
    assert len(AURALYTIK_SCOPES) == 14
    shown = (await client.data("GET", "api-keys"))[0]
    assert shown["scopes"] == list(AURALYTIK_SCOPES)


async def test_scope_comes_before_what_is_there(client: Client) -> None:
    narrow = await another(client, ["audio:read"])
    refused(await narrow("GET", f"evaluations/eval_{'0' * 32}"), 403, "INSUFFICIENT_SCOPE")
    refused(await narrow("POST", "engagements", {}), 403, "INSUFFICIENT_SCOPE")


@pytest.mark.accepts("AU-025")
@pytest.mark.parametrize("path", ["nothing", "evaluations/", "evaluations/x/y/z", ""])
async def test_unknown_paths(client: Client, path: str) -> None:
    refused(await client.http.get(f"{BASE}/{path}"), 401, "INVALID_API_KEY")
    refused(await client("GET", path), 404, "RESOURCE_NOT_FOUND")


async def test_paths_outside_of_the_api(client: Client) -> None:
    for path in ("/auralytik", "/auralytik/", "/auralytik/nothing", "/auralytik/openapi.json"):
        refused(await client.http.get(path), 404, "RESOURCE_NOT_FOUND")


async def test_another_method(client: Client) -> None:
    answer = await client("DELETE", "evaluations")
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET"


@pytest.mark.accepts("AU-026", "AU-010")
async def test_too_often_in_a_minute(client: Client) -> None:
    slow = await another(client, [], more={"rate_limit_per_minute": 2})
    answers = [await slow("GET", "evaluations") for _ in range(5)]
    codes = [one.status_code for one in answers]
    assert codes.count(429) >= 1  # the minute may turn in between
    last = next(one for one in answers if one.status_code == 429)
    error = refused(last, 429, "RATE_LIMIT_EXCEEDED")
    assert error["message"] == "Too many requests."
    assert 1 <= error["retryAfter"] <= 60
    assert (last.headers["x-ratelimit-limit"], last.headers["x-ratelimit-remaining"]) == ("2", "0")
    assert 0 < int(last.headers["x-ratelimit-reset"]) - time.time() <= 61
    first = await client("GET", "nothing")
    assert first.headers["x-ratelimit-limit"] == "300"


async def test_what_fails_counts_for_the_address_and_not_for_the_key(
    client: Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Served(platform, ("::1", 1)) as http:
        sender = Client(http, platform, client.org, client.token, "ahs_wrong", client.key_id)
        monkeypatch.setattr(door, "FAILED_PER_MINUTE", 3)
        codes = [(await sender("GET", "evaluations")).status_code for _ in range(8)]
        assert set(codes) == {401, 429}
        good = Client(http, platform, client.org, client.token, client.secret, client.key_id)
        answer = await good("GET", "evaluations")
        assert (answer.status_code, answer.headers["x-ratelimit-remaining"]) == (200, "299")


@pytest.mark.accepts("AU-005")
async def test_health_needs_no_key(client: Client) -> None:
    for path in ("/auralytik/health", f"{BASE}/health"):
        body = (await client.http.get(path)).json()
        assert body["data"]["status"] == "healthy"
        assert body["meta"].keys() == {"requestId", "timestamp"}


@pytest.mark.accepts("AU-028")
async def test_the_database_is_away(client: Client, platform: Platform, line: Any) -> None:
    away, dsn = line
    elsewhere = replace(platform, database=Database(dsn))
    away.die()
    async with Served(elsewhere, ("127.0.0.1", 1)) as http:
        there = Client(http, platform, client.org, client.token, client.secret, client.key_id)
        for answer in (await http.get("/auralytik/health"), await there("GET", "evaluations")):
            refused(answer, 503, "SERVICE_UNAVAILABLE")
    await elsewhere.database.close()


@pytest.mark.accepts("AU-027")
async def test_a_fault_of_ours_tells_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret details")

    monkeypatch.setattr("calltrace.dialects.auralytik.evaluation_queries.page", broken)
    error = refused(await client("GET", "evaluations"), 500, "INTERNAL_ERROR")
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b'{"name":"a"}', "text/plain"), (b"", "")],
)
async def test_bodies_that_are_no_json_object(client: Client, content: bytes, kind: str) -> None:
    headers = client.signed("POST", f"{BASE}/engagements", content) | {"Content-Type": kind}
    answer = await client.http.post(f"{BASE}/engagements", content=content, headers=headers)
    refused(answer, 400, "VALIDATION_ERROR")


async def test_a_body_over_the_limit(client: Client) -> None:
    content = b"x" * (1024 * 1024 + 1)
    headers = client.signed("POST", f"{BASE}/engagements", content) | {"Content-Type": "application/json"}
    answer = await client.http.post(f"{BASE}/engagements", content=content, headers=headers)
    refused(answer, 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"), ("page=x", "page"), ("page=1.0", "page"), ("pageSize=101", "pageSize"),
        ("pageSize=0", "pageSize"), ("state=done", "state"), ("dateFrom=soon", "dateFrom"),
        ("dateFrom=2026-03-02&dateTo=2026-03-01", "dateFrom"), ("campaignId=x", "campaignId"),
        ("isAICall=yes", "isAICall"),
    ],
)  # fmt: skip
async def test_parameters_that_are_wrong(client: Client, query: str, field: str) -> None:
    refused(await client("GET", f"evaluations?{query}"), 400, "VALIDATION_ERROR", field)


@pytest.mark.accepts("AU-009")
async def test_pages(client: Client) -> None:
    async with client.platform.database.tenant(client.org) as session:
        await session.execute(
            text(
                "INSERT INTO engagements (id, org_id, name) SELECT gen_random_uuid(), :org, 'e' || n"
                " FROM generate_series(1, 142) AS n"
            ),
            {"org": client.org},
        )
    first = (await client("GET", "engagements?unknown=ignored")).json()
    assert first["pagination"] == {"page": 1, "pageSize": 25, "totalCount": 142, "totalPages": 6}
    last = (await client("GET", "engagements?page=6")).json()
    assert len(last["data"]) == 17
    behind = await client("GET", "engagements?page=7")
    assert (behind.status_code, behind.json()["data"]) == (200, [])
    assert behind.json()["pagination"]["totalCount"] == 142
    ids = [one["id"] for page in range(1, 7) for one in await client.data("GET", f"engagements?page={page}")]
    assert len(set(ids)) == 142


async def test_by_a_host_of_its_own(client: Client, platform: Platform) -> None:
    async with Served(platform, ("127.0.0.1", 1), hosts={"api.example.test": "auralytik"}) as http:
        for signed in ("/api/v1/evaluations", PATH):
            headers = client.signed("GET", signed) | {"Host": "api.example.test"}
            assert (await http.get("/api/v1/evaluations", headers=headers)).status_code == 200
        assert (await http.get("/health", headers={"Host": "api.example.test"})).json()["data"]


async def test_spent_signatures_are_forgotten(client: Client) -> None:
    await client("DELETE", "nothing")
    async with client.platform.database.operator() as session:
        await session.execute(text("UPDATE spent_signatures SET spent_at = spent_at - interval '25 hours'"))
        await replays.forget(session)
        assert await session.scalar(text("SELECT count(*) FROM spent_signatures")) == 0
