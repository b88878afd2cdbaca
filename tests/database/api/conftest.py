"""The API in front of the test's platform."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
import uvicorn

from calltrace.pipeline.context import Platform
from database.conftest import Caller
from database.doors import native_on


@pytest.fixture
async def api(platform: Platform) -> AsyncGenerator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=native_on(platform), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calls.test") as client:
        yield client


class Api:
    """The API as one caller uses it."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self._client, self._headers = client, {"Authorization": f"Bearer {token}"}

    async def __call__(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        sent = {} if body is None else {"json": body}
        return await self._client.request(method, f"/api/v1/{path}", headers=self._headers, **sent)

    async def made(self, kind: str, /, **body: Any) -> dict[str, Any]:
        answer = await self("POST", kind, body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
def call(api: httpx2.AsyncClient, caller: Caller) -> Api:
    return Api(api, caller.token)


def refused(answer: httpx2.Response, status: int, code: str, field: str | None = None) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    if field:
        assert field in [one["pointer"] for one in body["errors"]]


@pytest.fixture
async def address(platform: Platform) -> AsyncGenerator[str]:
    """The same, served on a port of loopback for programs of others."""
    # asyncio turns the waiting for acknowledgements off only where the protocol is named: 40 ms a request
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(native_on(platform), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving
