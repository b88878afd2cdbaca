"""The whole server in front of the test's platform, asked as an integration of this contract asks."""

import uuid
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import keys
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.doors import server_on
from database.webhooks.conftest import receiver

__all__ = ["receiver"]

BASE = "/callcenterrate/api/v1"


class Ccr:
    """The contract as one key uses it."""

    def __init__(self, client: httpx2.AsyncClient, token: str) -> None:
        self.client, self.token = client, token

    async def __call__(self, path: str, method: str = "GET", **params: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.client.request(method, f"{BASE}/{path}", params=params, headers=headers)

    async def data(self, path: str, **params: Any) -> Any:
        answer = await self(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()


def error(answer: httpx2.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message"]
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, body["error"]["code"], body["error"]["message"]


async def set_plan(database: Database, org: uuid.UUID, plan: str) -> None:
    async with database.operator() as session:
        await session.execute(
            text("UPDATE organisations SET plan = :plan WHERE id = :org"), {"plan": plan, "org": org}
        )


async def new_ccr_token(database: Database, org: uuid.UUID) -> str:
    async with database.tenant(org) as session:
        return (await keys.create(session, org, name="crm", contract="callcenterrate"))[1]


@pytest.fixture
async def client(platform: Platform) -> AsyncGenerator[httpx2.AsyncClient]:
    server = server_on(platform, hosts={"ccr.calls.test": "callcenterrate"})
    async with server.lifespan_context(server):
        transport = httpx2.ASGITransport(app=server, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://calls.test") as client:
            yield client


@pytest.fixture
async def ccr(client: httpx2.AsyncClient, database: Database, org: uuid.UUID) -> Ccr:
    return Ccr(client, await new_ccr_token(database, org))
