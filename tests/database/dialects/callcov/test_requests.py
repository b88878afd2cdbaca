"""Credentials, errors, limits: what holds for every request."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import usage
from calltrace.accounts.usage import Period
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.conftest import NewOrg, new_token
from database.dialects.callcov.conftest import Api, NewKey

INVALID = {"detail": "Invalid authentication credentials"}


@pytest.mark.accepts("CV-001", "CV-002", "CV-020", "CV-021", "CV-100")
@pytest.mark.parametrize("header", ["Authorization", "X-API-Key", "authorization lower"])
async def test_a_key_opens_in_either_header(http: httpx2.AsyncClient, new_key: NewKey, header: str) -> None:
    token = await new_key()
    sent = {"X-API-Key": token} if header == "X-API-Key" else {"Authorization": f"Bearer {token}"}
    if header.endswith("lower"):
        sent = {"authorization": f"bearer  {token}"}
    answer = await http.get("/analysis/", headers=sent)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"object": "list", "data": [], "has_more": False, "total": 0}


@pytest.mark.accepts("CV-009", "CV-023")
@pytest.mark.parametrize("path", ["/analysis/", "/analysis", f"/analysis/{uuid.UUID(int=7)}"])
@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Authorization": "Bearer"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"},
        {"X-API-Key": ""}, {"X-API-Key": "sk_live_" + "a" * 48}, {"Authorization": "Bearer sk_test_\xe9"},
        {"X-API-Key": "eyJhbGciOiJub25lIn0.e30."},
    ],
)  # fmt: skip
async def test_everybody_else_is_refused_in_one_way(
    http: httpx2.AsyncClient, headers: dict[str, str], path: str
) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await http.get(path, headers=raw)
    assert (answer.status_code, answer.json()) == (401, INVALID)
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_of_two_credentials_both_must_be_good(
    http: httpx2.AsyncClient, new_key: NewKey, new_org: NewOrg
) -> None:
    good, other = await new_key(), await new_key(org_id=await new_org())
    for second, status in ((good, 200), ("sk_live_" + "b" * 48, 401), (other, 401)):
        sent = {"Authorization": f"Bearer {good}", "X-API-Key": second}
        assert (await http.get("/analysis/", headers=sent)).status_code == status


async def test_keys_of_another_contract_open_nothing(
    http: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    token = await new_token(database, org)
    answer = await http.get("/analysis/", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()) == (401, INVALID)


async def test_a_revoked_key_is_dead_at_the_next_request(
    call: Api, database: Database, org: uuid.UUID
) -> None:
    assert (await call("GET", "/analysis/")).status_code == 200
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE api_keys SET revoked_at = clock_timestamp()"))
    assert (await call("GET", "/analysis/")).json() == INVALID


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "/analysis/x/y/z", "/../v2/analysis/"])
async def test_an_unknown_path_is_told_so(call: Api, path: str) -> None:
    answer = await call("GET", path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("path", ["/analysis/", "/analysis"])
async def test_another_method_is_told_so(call: Api, path: str) -> None:
    answer = await call("DELETE", path)
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.accepts("CV-003", "CV-010")
@pytest.mark.parametrize("sent", ["text/plain", "", "application/x-www-form-urlencoded"])
async def test_a_body_that_is_not_called_json_is_refused(call: Api, sent: str) -> None:
    answer = await call("POST", "/analysis/", headers={"Content-Type": sent}, content=b'{"audio_url": "x"}')
    assert (answer.status_code, answer.json()) == (400, {"detail": "Content-Type must be application/json"})


@pytest.mark.accepts("CV-030")
async def test_a_missing_field_is_refused_as_the_first_document_shows(call: Api) -> None:
    answer = await call("POST", "/analysis/", {})
    assert answer.status_code == 422
    assert answer.text == (
        '{"detail":[{"type":"missing","loc":["body","audio_url"],"msg":"Field required","input":{}}]}'
    )


@pytest.mark.accepts("CV-030")
@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        (b"{", "json_invalid", ["body", 1]),
        (b"", "missing", ["body"]),
        (b"\xff{}", "json_invalid", ["body", 0]),
        (b"[]", "model_attributes_type", ["body"]),
        (b'{"audio_url": 1}', "string_type", ["body", "audio_url"]),
        (b'{"audio_url": "x", "metadata": []}', "dict_type", ["body", "metadata"]),
        (b'{"audio_url": "x", "agent_id": ""}', "string_too_short", ["body", "agent_id"]),
        (b'{"audio_url": "x", "language": "klingon"}', "value_error", ["body", "language"]),
    ],
)
async def test_every_item_has_the_same_four_keys(call: Api, body: bytes, kind: str, place: list[str]) -> None:
    answer = await call("POST", "/analysis/", headers={"Content-Type": "application/json"}, content=body)
    item = answer.json()["detail"][0]
    assert (answer.status_code, item["type"], item["loc"]) == (422, kind, place)
    assert set(item) == {"type", "loc", "msg", "input"}


async def test_a_body_without_end_is_not_read(call: Api) -> None:
    answer = await call("POST", "/analysis/", {"audio_url": "x" * (2 << 20)})
    assert (answer.status_code, answer.headers["connection"]) == (400, "close")


@pytest.mark.accepts("CV-031")
@pytest.mark.parametrize(
    ("query", "kind", "told"),
    [
        ("limit=1001", "value_error.number.not_le", "ensure this value is less than or equal to 1000"),
        ("limit=0", "value_error.number.not_ge", "ensure this value is greater than or equal to 1"),
        ("offset=-1", "value_error.number.not_ge", "ensure this value is greater than or equal to 0"),
        ("skip=-1", "value_error.number.not_ge", "ensure this value is greater than or equal to 0"),
        ("limit=ten", "type_error.integer", "value is not a valid integer"),
        ("limit=", "type_error.integer", "value is not a valid integer"),
        (
            "status_filter=queued",
            "type_error.enum",
            "value is not a valid enumeration member; permitted: 'processing', 'completed', 'failed'",
        ),
    ],
)
async def test_parameters_are_refused_as_the_second_document_shows(
    call: Api, query: str, kind: str, told: str
) -> None:
    answer = await call("GET", f"/analysis/?{query}")
    item = {"loc": ["query", query.partition("=")[0]], "msg": told, "type": kind}
    assert (answer.status_code, answer.json()) == (422, {"detail": [item]})


@pytest.fixture
async def early() -> None:
    """Windows end with the minute: what counts exactly begins with ten seconds of it left."""
    if (left := 60 - time.time() % 60) < 10:
        await asyncio.sleep(left + 0.1)


def _limits(answer: httpx2.Response) -> tuple[int, int]:
    left = int(answer.headers["x-ratelimit-reset"]) - time.time()
    assert -1 < left <= 61
    return int(answer.headers["x-ratelimit-limit"]), int(answer.headers["x-ratelimit-remaining"])


@pytest.mark.accepts("CV-040", "CV-043")
@pytest.mark.usefixtures("early")
async def test_every_answer_tells_what_is_left(call: Api, http: httpx2.AsyncClient) -> None:
    told = [
        _limits(await call("GET", path))
        for path in ("/analysis/", "/analysis/x", "/nothing", "/analysis/?limit=0")
    ]
    assert told == [(100, 99), (100, 98), (100, 97), (100, 96)]
    assert _limits(await call("DELETE", "/analysis/")) == (100, 95)
    assert _limits(await http.get("/analysis/"))[0] == 100
    document = await http.get("http://calls.test/callcov/openapi.json")
    assert _limits(document)[0] == 100
    assert document.headers["x-request-id"].startswith("req_")


@pytest.mark.accepts("CV-040", "CV-042")
@pytest.mark.usefixtures("early")
async def test_more_than_the_limit_is_refused_until_the_window_ends(
    http: httpx2.AsyncClient, new_key: NewKey
) -> None:
    call = Api(http, await new_key(rate_limit_per_minute=2))
    answers = [await call("GET", "/analysis/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"detail": "Rate limit exceeded"}
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert _limits(answers[2]) == (2, 0)
    assert (await Api(http, await new_key())("GET", "/analysis/")).status_code == 200, (
        "another key is not held up"
    )


@pytest.mark.accepts("CV-041", "CV-042", "CV-043")
@pytest.mark.usefixtures("early")
async def test_submissions_have_a_limit_of_their_own(call: Api) -> None:
    refused = [await call("POST", "/analysis/", {}) for _ in range(20)]
    assert {answer.status_code for answer in refused} == {422}, "refused ones count as well"
    assert _limits(refused[-1]) == (20, 0)
    over = await call("POST", "/analysis", {})
    assert (over.status_code, _limits(over)) == (429, (20, 0))
    assert _limits(await call("GET", "/analysis/")) == (100, 79), "its refusal lowers no other limit"


async def test_a_database_that_is_away_is_a_fault_of_ours(
    http: httpx2.AsyncClient, served: Platform, new_key: NewKey
) -> None:
    call = Api(http, await new_key())
    await served.database.close()
    object.__setattr__(served, "database", Database("postgresql://nobody@127.0.0.1:1/nothing"))
    answer = await call("GET", "/analysis/")
    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal server error"})
    assert _limits(answer)[0] == 100


@pytest.mark.accepts("CV-101")
async def test_lists_are_no_usage(call: Api, served: Platform, org: uuid.UUID) -> None:
    for path in ("/analysis/", "/analysis", "/analysis/x", "/nothing"):
        await call("GET", path)
    await served.meter.flush(served.database)
    now = Period.of(datetime.now(UTC) + timedelta(0))
    async with served.database.tenant(org) as session:
        assert (await usage.of_month(session, "live", now)).requests == 2
