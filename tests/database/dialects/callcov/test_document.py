"""The contract's own document, and published samples as its clients run them."""

import asyncio
import contextlib
import io
import socket
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from calltrace.analyses.submit import Intake
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from database.analyses.factory import completed
from database.dialects.callcov.conftest import NewKey

SAMPLE = (Path(__file__).parent / "samples" / "reports.py.txt").read_text()
OPERATIONS = """
    POST /auth/register, POST /auth/login, POST /auth/refresh, POST /auth/verify-email,
    POST /auth/password-reset, POST /auth/password-reset/confirm, GET /users/me, PUT /users/me,
    DELETE /users/me, POST /api-keys/, GET /api-keys/, DELETE /api-keys/{}, POST /analysis/,
    GET /analysis/{}, GET /analysis/, POST /analysis/{}/webhook, GET /billing/subscription,
    POST /billing/subscription, POST /billing/subscription/update, POST /billing/subscription/cancel,
    GET /billing/usage, GET /billing/history, GET /billing/customer-portal
"""


@pytest.mark.accepts("CV-009", "CV-093")
async def test_the_document_has_the_operations_of_the_contract(http: httpx2.AsyncClient) -> None:
    document = (await http.get("http://calls.test/callcov/openapi.json")).json()
    found = {
        f"{verb.upper()} {path.removeprefix('/api/v1')}".replace("{analysis_id}", "{}").replace(
            "{key_id}", "{}"
        )
        for path, verbs in document["paths"].items()
        for verb in verbs
    }
    assert found == {one.strip() for one in OPERATIONS.split(",")}
    assert len(found) == 23
    statuses = {
        code for verbs in document["paths"].values() for one in verbs.values() for code in one["responses"]
    }
    assert statuses == {"200", "201", "400", "401", "403", "404", "422", "429", "500"}


async def test_the_page_of_the_document_needs_no_other_host(http: httpx2.AsyncClient) -> None:
    answer = await http.get("http://calls.test/callcov/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "POST /api/v1/analysis/{analysis_id}/webhook" in answer.text
    assert "//" not in answer.text.replace("<!--", "")


@pytest.fixture
async def address(served: Platform) -> AsyncGenerator[str]:
    """The server on a port of loopback, for programs of others."""
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_server(lambda: served), log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/callcov"
        server.should_exit = True
        await serving


@pytest.mark.accepts("CV-111", "CV-129")
async def test_published_samples_run_with_another_base_url(
    address: str, new_key: NewKey, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    token = await new_key()
    for number in range(3):
        await completed(platform, intake, org, agent_known_as="agent_001", contact_id=f"customer_{number}")
    program = SAMPLE.replace("https://api.callcov.com", address).replace("sk_live_abc123...", token)
    program = program.replace("limit = 100", "limit = 2")  # more than one page
    said = io.StringIO()

    def run() -> None:
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(said):
            exec(compile(program, "reports.py", "exec"), names)

    await asyncio.to_thread(run)
    assert said.getvalue().splitlines() == [
        "Total completed analyses: 3",
        "customer_2: CES=0/5, Greeting=False",
        "customer_1: CES=0/5, Greeting=False",
        "customer_0: CES=0/5, Greeting=False",
        "Agent agent_001 has 3 total analyses",
        "Average customer effort score: 0.00/5",
        "Agent agent_001 Report:",
        " Total calls: 3",
        " Avg customer effort: 0.00/5",
        " Compliance rate: 100.0%",
    ]
