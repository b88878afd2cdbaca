"""The native API in front of the real database: shapes, refusals, errors (acceptance CT-040 to CT-146)."""

import asyncio
import dataclasses
import json
import uuid
from typing import Any

import httpx2
import pytest

from calltrace.accounts import keys
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.api.asking import auth, problem_of
from database.conftest import Caller, count, new_token

URL = "https://127.0.0.1/call-123.mp3"


async def _post(api: httpx2.AsyncClient, caller: Caller, body: Any, **headers: str) -> httpx2.Response:
    return await api.post("/api/v1/analyses", json=body, headers=auth(caller.token) | headers)


@pytest.mark.accepts("CT-041")
async def test_ct_041_the_202_and_its_body(api: httpx2.AsyncClient, caller: Caller) -> None:
    body = {
        "fileUrl": URL, "fileName": "call-123.mp3", "language": "auto", "externalId": "crm-call-123",
        "idempotencyKey": "crm-call-123", "metadata": {"customerId": "cust_42", "source": "crm"},
    }  # fmt: skip
    answer = await _post(api, caller, body)
    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert uuid.UUID(found["analysisId"])
    assert found == {"analysisId": found["analysisId"], "status": "queued", "externalId": "crm-call-123"}


@pytest.mark.accepts("CT-051")
async def test_ct_051_a_file_url_is_enough(api: httpx2.AsyncClient, caller: Caller) -> None:
    assert (await _post(api, caller, {"fileUrl": URL})).status_code == 202


@pytest.mark.accepts("CT-080")
async def test_ct_080_a_queued_analysis_is_shown_with_nulls(api: httpx2.AsyncClient, caller: Caller) -> None:
    made = (await _post(api, caller, {"fileUrl": URL, "metadata": {"a": {"b": [1, 2.5, None]}}})).json()
    shown = (await api.get(f"/api/v1/analyses/{made['analysisId']}", headers=auth(caller.token))).json()
    assert shown["status"] == "queued"
    assert shown["progress"] == {"stage": "queued", "percent": 0}
    assert shown["metadata"] == {"a": {"b": [1, 2.5, None]}}
    assert shown["createdAt"].endswith("Z")
    for name in ("transcript", "evaluation", "error", "completedAt", "externalId"):
        assert shown[name] is None
    assert shown["call"]["durationSeconds"] is None


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "no fileUrl": ({}, "/fileUrl"),
    "null fileUrl": ({"fileUrl": None}, "/fileUrl"),
    "fileUrl a number": ({"fileUrl": 7}, "/fileUrl"),
    "metadata a list": ({"fileUrl": URL, "metadata": []}, "/metadata"),
    "metadata too deep": ({"fileUrl": URL, "metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}}}, "/metadata"),
    "metadata too big": ({"fileUrl": URL, "metadata": {"a": "x" * 17_000}}, "/metadata"),
    "externalId too long": ({"fileUrl": URL, "externalId": "x" * 256}, "/externalId"),
    "externalId a number": ({"fileUrl": URL, "externalId": 5}, "/externalId"),
    "fileName too long": ({"fileUrl": URL, "fileName": "x" * 256}, "/fileName"),
    "idempotencyKey empty": ({"fileUrl": URL, "idempotencyKey": ""}, "/idempotencyKey"),
    "agentId no uuid": ({"fileUrl": URL, "agentId": "nobody"}, "/agentId"),
    "agentId unknown": ({"fileUrl": URL, "agentId": str(uuid.uuid4())}, "/agentId"),
    "queueId unknown": ({"fileUrl": URL, "queueId": str(uuid.uuid4())}, "/queueId"),
    "language unknown": ({"fileUrl": URL, "language": "klingon"}, "/language"),
}


@pytest.mark.accepts("CT-052", "CT-055")
@pytest.mark.parametrize(("body", "pointer"), BAD_BODIES.values(), ids=BAD_BODIES)
async def test_ct_052_ct_055_bad_fields_are_400_and_named(
    api: httpx2.AsyncClient, caller: Caller, body: Any, pointer: str
) -> None:
    problem = problem_of(await _post(api, caller, body), 400, "invalid_request")
    assert pointer in [one["pointer"] for one in problem["errors"]]


@pytest.mark.accepts("CT-053")
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"nope", b'{"fileUrl": NaN}', b'{"metadata": {"a": 1e999}}', b'{"a": "\\u0000"}',
     b'{"a": "\\ud800"}', b"\xff\xfe", b"[" * 100_000],
    ids=["empty", "cut", "word", "NaN", "infinite", "NUL", "surrogate", "not UTF-8", "deep"],
)  # fmt: skip
async def test_ct_053_what_is_no_json_is_400(api: httpx2.AsyncClient, caller: Caller, body: bytes) -> None:
    headers = auth(caller.token) | {"Content-Type": "application/json"}
    problem_of(await api.post("/api/v1/analyses", content=body, headers=headers), 400, "invalid_json")


@pytest.mark.accepts("CT-140")
@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null"])
async def test_json_that_is_no_object_is_400(api: httpx2.AsyncClient, caller: Caller, body: bytes) -> None:
    headers = auth(caller.token) | {"Content-Type": "application/json"}
    problem_of(await api.post("/api/v1/analyses", content=body, headers=headers), 400, "invalid_request")


@pytest.mark.accepts("CT-021", "CT-054")
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_ct_054_another_content_type_is_400(
    api: httpx2.AsyncClient, caller: Caller, content_type: str
) -> None:
    headers = auth(caller.token) | {"Content-Type": content_type}
    answer = await api.post("/api/v1/analyses", content=json.dumps({"fileUrl": URL}), headers=headers)
    problem_of(answer, 400, "unsupported_content_type")


async def test_a_body_over_a_mebibyte_is_413(api: httpx2.AsyncClient, caller: Caller) -> None:
    body = {"fileUrl": URL, "metadata": {"a": "x" * 1_100_000}}
    problem_of(await _post(api, caller, body), 413, "request_too_large")


REFUSED = {
    "http": ("http://example.com/a.mp3", "url_not_https"),
    "private": ("https://10.1.2.3/a.mp3", "url_blocked"),
    "localhost": ("https://[::1]/a.mp3", "url_blocked"),
    "metadata service": ("https://169.254.169.254/latest", "url_blocked"),
    "user info": ("https://u:p@example.com/a.mp3", "url_blocked"),
    "no host": ("https:///a.mp3", "url_blocked"),
}


@pytest.mark.accepts("CT-060", "CT-061", "CT-062", "CT-063")
@pytest.mark.parametrize(("url", "code"), REFUSED.values(), ids=REFUSED)
async def test_ct_060_to_ct_063_refused_urls_are_422(
    api: httpx2.AsyncClient, caller: Caller, database: Database, url: str, code: str
) -> None:
    problem_of(await _post(api, caller, {"fileUrl": url}), 422, code)
    assert await count(database, "analyses", caller.org_id) == 0


@pytest.mark.accepts("CT-141")
@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer nope", "Basic Y3Q6eA==", "Bearer ct_live_" + "0" * 46]
)
async def test_without_a_valid_key_401(api: httpx2.AsyncClient, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = await api.get("/api/v1/analyses", headers=headers)
    problem_of(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_request_without_key_is_401_even_when_its_body_is_bad(api: httpx2.AsyncClient) -> None:
    problem_of(await api.post("/api/v1/analyses", content=b"{"), 401, "unauthorized")


@pytest.mark.accepts("CT-024", "CT-025", "CT-142")
async def test_each_operation_needs_its_scope(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    reader = await new_token(database, org, ("analysis:read",))
    writer = await new_token(database, org, ("analysis:write",))
    answer = await api.post("/api/v1/analyses", json={"fileUrl": URL}, headers=auth(reader))
    problem_of(answer, 403, "insufficient_scope")
    for path in ("/api/v1/analyses", f"/api/v1/analyses/{uuid.uuid4()}"):
        problem_of(await api.get(path, headers=auth(writer)), 403, "insufficient_scope")


@pytest.mark.accepts("CT-030")
async def test_ct_030_the_two_scopes_complete_the_flow(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    caller = Caller(org, await new_token(database, org, ("analysis:write", "analysis:read")))
    made = (await _post(api, caller, {"fileUrl": URL})).json()
    answer = await api.get(f"/api/v1/analyses/{made['analysisId']}", headers=auth(caller.token))
    assert answer.status_code == 200


@pytest.mark.accepts("CT-056")
async def test_ct_056_a_replay_answers_the_first_answer(api: httpx2.AsyncClient, caller: Caller) -> None:
    body = {"fileUrl": URL, "idempotencyKey": "k", "externalId": "e"}
    first = await _post(api, caller, body)
    again = await _post(api, caller, dict(reversed(body.items())))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers


@pytest.mark.accepts("CT-049", "CT-056")
async def test_fifty_equal_posts_at_once_make_one_analysis(
    api: httpx2.AsyncClient, caller: Caller, database: Database
) -> None:
    body = {"fileUrl": URL, "metadata": {"n": 1}}
    answers = await asyncio.gather(*(_post(api, caller, body, **{"Idempotency-Key": "k"}) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["analysisId"] for answer in answers}) == 1
    assert await count(database, "analyses", caller.org_id) == 1


@pytest.mark.accepts("CT-057", "CT-143")
async def test_ct_057_ct_143_another_payload_under_the_key_is_409(
    api: httpx2.AsyncClient, caller: Caller
) -> None:
    await _post(api, caller, {"fileUrl": URL, "idempotencyKey": "k"})
    answer = await _post(api, caller, {"fileUrl": URL, "idempotencyKey": "k", "externalId": "other"})
    problem_of(answer, 409, "idempotency_key_reused")


async def test_header_and_body_key_must_agree(api: httpx2.AsyncClient, caller: Caller) -> None:
    body = {"fileUrl": URL, "idempotencyKey": "a"}
    problem_of(await _post(api, caller, body, **{"Idempotency-Key": "b"}), 400, "invalid_request")
    assert (await _post(api, caller, body, **{"Idempotency-Key": "a"})).status_code == 202


@pytest.mark.accepts("CT-100")
async def test_another_organisations_analysis_is_404(
    api: httpx2.AsyncClient, caller: Caller, database: Database, new_org: Any
) -> None:
    made = (await _post(api, caller, {"fileUrl": URL})).json()
    stranger = await new_token(database, await new_org())
    path = f"/api/v1/analyses/{made['analysisId']}"
    problem_of(await api.get(path, headers=auth(stranger)), 404, "not_found")
    assert (await api.get("/api/v1/analyses", headers=auth(stranger))).json() == {
        "data": [],
        "nextCursor": None,
    }


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/analyses/nope",
        "/api/v1/analyses/6f6af4bb-4f23-4f3f-a87e-85f2f8322dc1",
        "/api/v1/nothing",
        "/api/v1/analyses/",
    ],
)
async def test_what_does_not_exist_is_404(api: httpx2.AsyncClient, caller: Caller, path: str) -> None:
    problem_of(await api.get(path, headers=auth(caller.token)), 404, "not_found")


async def test_a_wrong_method_is_405(api: httpx2.AsyncClient, caller: Caller) -> None:
    answer = await api.put("/api/v1/analyses", headers=auth(caller.token))
    problem_of(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["allow"] or "GET" in answer.headers["allow"]


BAD_QUERIES = [
    "limit=0", "limit=201", "limit=x", "cursor=zzz", "status=done", "agentId=nope", "from=yesterday",
    "to=2026-01-01T00:00:00", "from=1700000000", "from=0001-01-01T00:00:00%2B14:00",
    "to=9999-12-31T23:59:59-14:00", "externalId=%00", "colour=red", "status=queued&status=failed",
    "text=%00", "text=" + "x" * 256,
]  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES)
async def test_bad_list_parameters_are_400(api: httpx2.AsyncClient, caller: Caller, query: str) -> None:
    answer = await api.get(f"/api/v1/analyses?{query}", headers=auth(caller.token))
    problem = problem_of(answer, 400, "invalid_request")
    assert problem["errors"][0]["pointer"] == "/" + query.split("=", maxsplit=1)[0]


@pytest.mark.accepts("CT-101", "CT-102", "CT-105", "CT-106")
async def test_ct_101_to_ct_106_filters_by_their_names(api: httpx2.AsyncClient, caller: Caller) -> None:
    made = (await _post(api, caller, {"fileUrl": URL, "externalId": "crm-call-123"})).json()
    await _post(api, caller, {"fileUrl": URL})
    query = "status=queued&externalId=crm-call-123&from=2020-01-01T00:00:00Z&to=2999-01-01T00:00:00%2B02:00"
    found = (await api.get(f"/api/v1/analyses?{query}", headers=auth(caller.token))).json()
    assert [one["analysisId"] for one in found["data"]] == [made["analysisId"]]
    none = await api.get(
        "/api/v1/analyses?status=completed&externalId=crm-call-123", headers=auth(caller.token)
    )
    assert none.json() == {"data": [], "nextCursor": None}


async def test_analyses_are_searched_where_what_was_said_may_be_read(
    api: httpx2.AsyncClient, caller: Caller
) -> None:
    made = (await _post(api, caller, {"fileUrl": "https://127.0.0.1/r%C3%A9union-47.mp3"})).json()
    await _post(api, caller, {"fileUrl": URL})
    for text in ("reunion", "UNION-4", '"reunion 47 mp3"'):
        found = await api.get("/api/v1/analyses", params={"text": text}, headers=auth(caller.token))
        assert [one["analysisId"] for one in found.json()["data"]] == [made["analysisId"]], text
    first = await api.get("/api/v1/analyses?text=mp3&limit=1", headers=auth(caller.token))
    rest = f"/api/v1/analyses?text=mp3&limit=1&cursor={first.json()['nextCursor']}"
    second = (await api.get(rest, headers=auth(caller.token))).json()
    assert [one["analysisId"] for one in second["data"]] == [made["analysisId"]]
    assert second["nextCursor"] is None
    # who may only know that calls took place finds out nothing of what was said by searching
    assert (await api.get("/api/v1/calls?text=mp3", headers=auth(caller.token))).status_code == 400


async def test_health_and_openapi(api: httpx2.AsyncClient) -> None:
    assert (await api.get("/health")).json()["status"] == "ok"
    document = (await api.get("/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    create = document["paths"]["/api/v1/analyses"]["post"]
    assert {"202", "400", "401", "403", "409", "413", "422", "500", "503"} <= create["responses"].keys()


async def test_every_answer_has_a_request_id_and_safe_headers(api: httpx2.AsyncClient) -> None:
    answers = [await api.get("/health"), await api.get("/nothing")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    assert all(answer.headers["x-content-type-options"] == "nosniff" for answer in answers)


async def test_an_unexpected_error_has_a_request_id_and_says_nothing_of_its_cause(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform
) -> None:
    broken = dataclasses.replace(platform, client=None)  # type: ignore[arg-type] - a fault of ours, made for real
    api._transport.app.state.platform = broken  # type: ignore[attr-defined] - the app under test
    problem = problem_of(await _post(api, caller, {"fileUrl": URL}), 500, "internal_error")
    assert "NoneType" not in json.dumps(problem)


async def test_a_database_that_is_away_is_503(
    api: httpx2.AsyncClient, caller: Caller, platform: Platform
) -> None:
    away = Database("postgresql://nobody@/nothing?host=/nonexistent")
    api._transport.app.state.platform = dataclasses.replace(platform, database=away)  # type: ignore[attr-defined] - the app under test
    answer = await api.get("/api/v1/analyses", headers=auth(caller.token))
    problem_of(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_key_bound_to_addresses_is_refused_from_elsewhere(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    async with database.tenant(org) as session:
        _key, elsewhere = await keys.create(session, org, name="x", allowed_ips=["10.0.0.0/8"])
        _key, here = await keys.create(session, org, name="y", allowed_ips=["127.0.0.1"])
    problem_of(await api.get("/api/v1/analyses", headers=auth(elsewhere)), 403, "ip_not_allowed")
    assert (await api.get("/api/v1/analyses", headers=auth(here))).status_code == 200
