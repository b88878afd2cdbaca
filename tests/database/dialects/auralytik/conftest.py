"""The contract as a client uses it: signed requests to the whole server."""

import json
import uuid
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest

from calltrace.accounts import keys, request_secrets
from calltrace.accounts.models import ApiKey
from calltrace.dialects.auralytik.signing import signed_headers
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from database.doors import server_on

BASE = "/auralytik/api/v1"


async def new_key(
    platform: Platform, org: uuid.UUID, scopes: Sequence[str] = (), **columns: Any
) -> tuple[ApiKey, str, str]:
    """A key of the contract, its token and its secret."""
    async with platform.database.tenant(org) as session:
        key, token = await keys.create(
            session, org, name="test", contract="auralytik", wanted=scopes, **columns
        )
        return key, token, request_secrets.give(key, platform.box)


@dataclass
class Client:
    """One key of one organisation."""

    http: httpx2.AsyncClient
    platform: Platform
    org: uuid.UUID
    token: str
    secret: str
    key_id: uuid.UUID
    moments: list[int] = field(default_factory=lambda: [0])

    async def __call__(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """A signed request; each write is of another second, as the contract asks for."""
        content = b"" if body is None else json.dumps(body).encode()
        self.moments[0] += method != "GET"
        signed = self.signed(method, f"{BASE}/{path}", content, timedelta(seconds=self.moments[0] % 290))
        sent = {**signed, **({"Content-Type": "application/json"} if body is not None else {})}
        return await self.http.request(
            method, f"{BASE}/{path}", content=content, headers=sent | (headers or {})
        )

    def signed(
        self, method: str, path: str, content: bytes = b"", after: timedelta = timedelta(0)
    ) -> dict[str, str]:
        moment: datetime = clock.now() + after
        return dict(signed_headers(self.token, self.secret, method, path.partition("?")[0], content, moment))

    async def data(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """What a request is answered with."""
        answer = await self(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()["data"]


def refused(answer: httpx2.Response, status: int, code: str, field: str | None = None) -> dict[str, Any]:
    """The error that was answered; it must be this one, in the contract's shape."""
    body = answer.json()
    assert list(body) == ["error"]
    error = body["error"]
    assert (answer.status_code, error["code"]) == (status, code), answer.text
    assert list(error)[:4] == ["code", "message", "requestId", "retryAfter"]
    assert error["requestId"] == answer.headers["x-request-id"]
    if status in {429, 503}:
        assert answer.headers["retry-after"] == str(error["retryAfter"])
    else:
        assert error["retryAfter"] is None
        assert "retry-after" not in answer.headers
    if field:
        assert field in [one["field"] for one in error["details"]], error
    return error


@pytest.fixture
async def http(platform: Platform) -> AsyncGenerator[httpx2.AsyncClient]:
    async with served(platform) as client:
        yield client


def served(platform: Platform, client: tuple[str, int] = ("127.0.0.1", 40000)) -> "Served":
    return Served(platform, client)


class Served:
    """The whole server, asked from one address."""

    def __init__(self, platform: Platform, client: tuple[str, int], **server: Any) -> None:
        self._platform, self._client, self._server = platform, client, server

    async def __aenter__(self) -> httpx2.AsyncClient:
        app = server_on(self._platform, **self._server)
        self._lifespan = app_lifespan(app)
        await self._lifespan.__aenter__()
        transport = httpx2.ASGITransport(app=app, client=self._client, raise_app_exceptions=False)
        self._http = httpx2.AsyncClient(transport=transport, base_url="http://calls.test")
        return await self._http.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._http.__aexit__(None, None, None)
        await self._lifespan.__aexit__(None, None, None)


def app_lifespan(app: Any) -> Any:
    """Starts the server's applications; the platform is the tests' and stays open."""
    while not hasattr(app, "lifespan_context"):
        app = app._app
    return app.lifespan_context(app)


@pytest.fixture
async def client(http: httpx2.AsyncClient, platform: Platform, org: uuid.UUID) -> Client:
    key, token, secret = await new_key(platform, org)
    return Client(http, platform, org, token, secret, key.id)


@pytest.fixture(autouse=True)
def _open_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's database is shared by all tests: a server that stops must not close it."""

    async def stay(_self: Platform) -> None:
        return

    monkeypatch.setattr(Platform, "close", stay)


async def another(client: Client, scopes: Sequence[str], **columns: Any) -> Client:
    """The same organisation by another key."""
    key, token, secret = await new_key(client.platform, client.org, scopes, **columns)
    return Client(client.http, client.platform, client.org, token, secret, key.id)


async def stranger(client: Client, org: uuid.UUID) -> Client:
    """Another organisation."""
    key, token, secret = await new_key(client.platform, org)
    return Client(client.http, client.platform, org, token, secret, key.id)
