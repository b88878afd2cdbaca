"""What a key opens: each operation asks for exactly one scope, and each mode has its own data."""

import re
import uuid

import httpx2
import pytest

from calltrace.accounts import keys
from calltrace.accounts.scopes import SCOPES
from calltrace.db.session import Database
from calltrace.kit import clock
from database.api.conftest import Api, refused
from database.conftest import new_token

URL = "https://127.0.0.1/call.mp3"
METHODS = {"get", "post", "put", "patch", "delete"}
FAMILIES = {
    "analyses": "analysis", "calls": "calls", "uploads": "storage", "webhook-endpoints": "webhooks",
    "webhook-deliveries": "webhooks", "agents": "catalog", "queues": "catalog", "scorecards": "catalog",
    "erasures": "analysis", "organization": "catalog", "evaluation-batches": "analysis",
    "backtests": "analysis", "teams": "reviews", "users": "users",
    "reviews": "reviews", "review-rules": "reviews", "review-settings": "reviews", "appeals": "reviews",
    "calibrations": "reviews", "agreement": "reviews", "insights": "insights", "exports": "insights",
    "projects": "catalog", "call-centers": "catalog", "engagements": "catalog",
    "alert-rules": "catalog", "alerts": "reviews", "conversations": "conversations",
    "voice-calls": "conversations", "surveys": "surveys",
}  # fmt: skip
"""The first word of a path, and the family of scopes that opens it (interfaces, section 3).

Back-tests tell of calls: they are opened by what opens calls, not by what opens their scorecard.
"""


REVIEWED = re.compile(r"/analyses/\{analysis_id\}/(evaluation/overrides|comments|acknowledgements)")
"""What people do with an analysis is a family of its own."""


def _scope(method: str, path: str) -> str:
    words = path.split("/")
    family = FAMILIES["backtests" if "backtests" in words else words[3]]
    family = "reviews" if REVIEWED.search(path) else family
    if words[3] == "exports":
        return "insights:export"
    if path.endswith("/alert-rules/test"):
        return "analysis:read"
    verb = "write" if method != "get" or family == "storage" else "read"
    return f"{family}:{verb}"


async def _operations(api: httpx2.AsyncClient) -> list[tuple[str, str]]:
    """Every operation of the document that needs a key."""
    paths = (await api.get("/openapi.json")).json()["paths"]
    return [
        (method, path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method in METHODS and operation.get("security")
    ]


async def _ask(api: httpx2.AsyncClient, token: str | None, method: str, path: str) -> httpx2.Response:
    path = re.sub(r"\{\w+\}", lambda _name: str(uuid.uuid4()), path)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await api.request(method.upper(), path, headers=headers)


@pytest.mark.accepts("CT-023", "CT-024", "CT-025", "CT-142")
async def test_each_operation_needs_its_scope_and_no_other(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    tokens = {scope: await new_token(database, org, (scope,)) for scope in SCOPES}
    operations = await _operations(api)
    assert len(operations) >= 20
    for method, path in operations:
        opened = list[str]()
        for scope, token in tokens.items():
            answer = await _ask(api, token, method, path)
            if answer.status_code == 403:
                refused(answer, 403, "insufficient_scope")
            else:
                opened.append(scope)
        assert opened == [_scope(method, path)], f"{method} {path}"


@pytest.mark.accepts("CT-141")
async def test_no_operation_opens_without_a_valid_key(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    async with database.tenant(org) as session:
        gone, revoked = await keys.create(session, org, name="gone")
        await keys.revoke(session, str(gone.id))
    for method, path in await _operations(api):
        for token in (None, "nonsense", revoked):
            answer = await _ask(api, token, method, path)
            refused(answer, 401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.accepts("CT-014", "CT-015", "CT-141")
@pytest.mark.parametrize("end", ["expired", "revoked"])
async def test_a_key_that_ended_opens_nothing_from_the_very_next_request(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    moment = clock.now()
    async with database.tenant(org) as session:
        key, token = await keys.create(session, org, name="x", expires_at=moment.replace(year=2999))
    call = Api(api, token)
    assert (await call("POST", "analyses", {"fileUrl": URL})).status_code == 202
    if end == "expired":
        monkeypatch.setattr(clock, "now", lambda: moment.replace(year=2999))
    else:
        async with database.tenant(org) as session:
            await keys.revoke(session, str(key.id))
    for answer in (await call("POST", "analyses", {"fileUrl": URL}), await call("GET", "analyses")):
        refused(answer, 401, "unauthorized")
        assert end in answer.json()["detail"]


@pytest.mark.accepts("CT-003")
async def test_what_people_sign_in_with_opens_nothing(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    token = await new_token(database, org)
    for headers in (
        {"Cookie": f"session={token}; __Host-session={token}"},
        {"Authorization": f"Basic {token}"},
        {"Authorization": token},
        {"X-Api-Key": token},
    ):
        refused(await api.get("/api/v1/analyses", headers=headers), 401, "unauthorized")
    refused(await api.get(f"/api/v1/analyses?access_token={token}"), 401, "unauthorized")


@pytest.mark.accepts("CT-020")
async def test_the_scheme_is_bearer_in_any_case(
    api: httpx2.AsyncClient, database: Database, org: uuid.UUID
) -> None:
    token = await new_token(database, org)
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = await api.get("/api/v1/analyses", headers={"Authorization": f"{scheme} {token}"})
        assert answer.status_code == 200


Both = tuple[Api, Api]


@pytest.fixture
async def both(api: httpx2.AsyncClient, database: Database, org: uuid.UUID) -> Both:
    """A live and a test key of one organisation."""
    tokens = list[str]()
    for mode in ("live", "test"):
        async with database.tenant(org) as session:
            tokens.append((await keys.create(session, org, name=mode, mode=mode))[1])  # type: ignore[arg-type] - both words are modes
    return Api(api, tokens[0]), Api(api, tokens[1])


async def test_a_test_key_sees_only_test_data_and_a_live_key_only_live_data(both: Both) -> None:
    made = [(await call("POST", "analyses", {"fileUrl": URL})).json()["analysisId"] for call in both]
    for call, mine, theirs in ((both[0], *made), (both[1], *reversed(made))):
        assert [one["analysisId"] for one in (await call("GET", "analyses")).json()["data"]] == [mine]
        assert (await call("GET", f"analyses/{mine}")).status_code == 200
        refused(await call("GET", f"analyses/{theirs}"), 404, "not_found")


async def test_one_idempotency_key_is_two_in_two_modes(both: Both) -> None:
    bodies = [{"fileUrl": URL, "idempotencyKey": "k", "externalId": str(n)} for n in range(2)]
    answers = [await call("POST", "analyses", body) for call, body in zip(both, bodies, strict=True)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["analysisId"] for answer in answers}) == 2


async def test_a_test_token_says_what_it_is(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        _key, token = await keys.create(session, org, name="t", mode="test")
    assert token.startswith("ct_test_")
    assert (await keys.authenticate(database, token)).mode == "test"
