"""The contract as its callers meet it: behind the door of the server, with all that is beside it."""

import asyncio
import socket
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
import uvicorn

from calltrace.accounts import keys
from calltrace.accounts.models import Mode
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.doors import new_place, server_on

BASE = "http://calls.test/callcov/api/v1"
NewKey = Callable[..., Awaitable[str]]


@pytest.fixture
def served(platform: Platform, migrated: str) -> Platform:
    """A platform with connections of its own: a server closes what it was given."""
    return replace(platform, database=Database(migrated))


@pytest.fixture
async def http(served: Platform) -> AsyncGenerator[httpx2.AsyncClient]:
    server = server_on(served)
    async with server.lifespan_context(server):
        transport = httpx2.ASGITransport(app=server, raise_app_exceptions=False, client=(new_place(), 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
            yield client


@pytest.fixture
async def address(served: Platform) -> AsyncGenerator[str]:
    """The contract on a port of loopback, for programs of others and clients that misbehave."""
    server = server_on(served)
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        running = uvicorn.Server(uvicorn.Config(server, lifespan="on", log_config=None))
        serving = asyncio.create_task(running.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/callcov"
        running.should_exit = True
        await serving


@pytest.fixture
def new_key(database: Database, org: uuid.UUID) -> NewKey:
    async def make(mode: Mode = "live", org_id: uuid.UUID | None = None, **more: Any) -> str:
        owner = org_id or org
        async with database.tenant(owner) as session:
            made = await keys.create(session, owner, name="test", contract="callcov", mode=mode, more=more)
        return made[1]

    return make


class Api:
    """The contract as one caller uses it."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token}"}

    async def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx2.Response:
        sent = more if body is None else {"json": body, **more}
        return await self.client.request(method, path, headers=self.headers | (headers or {}), **sent)

    async def submitted(self, **body: Any) -> dict[str, Any]:
        answer = await self("POST", "/analysis/", {"audio_url": "https://127.0.0.1/call.wav", **body})
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
async def call(http: httpx2.AsyncClient, new_key: NewKey) -> Api:
    return Api(http, await new_key())
