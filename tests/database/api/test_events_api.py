"""Watching an analysis by server-sent events, over a real connection to a real server."""

import asyncio
import socket
import tempfile
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2
import pytest
import uvicorn
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, progress_events
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.erase import erase
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.submit import Intake
from calltrace.analyses.watching import Watchers
from calltrace.api.app import create_app
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import EVALUATION, TRANSCRIPT, claimed, completed, heard, submitted
from database.api.asking import auth, problem_of
from database.conftest import Caller, new_token
from database.event_streams import Stream

LOOK_SECONDS = 0.02


@dataclass
class Served:
    """The API on a port of loopback, and who watches through it."""

    client: httpx2.AsyncClient
    watchers: Watchers

    @asynccontextmanager
    async def watch(self, token: str, analysis_id: object, **headers: str) -> AsyncGenerator[Stream]:
        path = f"/api/v1/analyses/{analysis_id}/events"
        async with self.client.stream("GET", path, headers=auth(token) | headers) as answer:
            assert answer.is_success, await answer.aread()
            yield Stream(answer)


@asynccontextmanager
async def _serving(platform: Platform) -> AsyncGenerator[Served]:
    watchers = Watchers(LOOK_SECONDS)
    app = create_app(lambda: platform, watchers)
    app.state.platform = platform
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listening:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        limits = httpx2.Limits(max_connections=None)
        try:
            async with httpx2.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
                yield Served(client, watchers)
        finally:
            watchers.close()
            server.should_exit = True
            await task


@pytest.fixture
async def served(platform: Platform) -> AsyncGenerator[Served]:
    async with _serving(platform) as served:
        yield served


@pytest.fixture
async def claim(intake: Intake, caller: Caller) -> Claim:
    return await claimed(intake, caller.org_id, await submitted(intake, caller.org_id))


def _engine(database: Any) -> Any:
    return database._app.engine


async def _report(platform: Platform, claim: Claim, percent: int) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.report(session, claim, "transcribing", percent)


async def _complete(platform: Platform, claim: Claim) -> None:
    await heard(platform, claim)
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)


async def _run(platform: Platform, org: uuid.UUID, statement: str) -> None:
    async with platform.database.tenant(org) as session:
        await session.execute(text(statement))


def _state(claim: Claim, **changes: Any) -> dict[str, Any]:
    state = {
        "analysisId": str(claim.analysis_id), "status": "processing", "stage": "transcribing", "percent": 0,
    }  # fmt: skip
    return state | changes


async def test_progress_at_once_then_every_change_then_the_end(
    served: Served, platform: Platform, caller: Caller, intake: Intake
) -> None:
    analysis_id = await submitted(intake, caller.org_id)
    async with served.watch(caller.token, analysis_id) as stream:
        first = await stream.next()
        queued = {"analysisId": str(analysis_id), "status": "queued", "stage": "queued", "percent": 0}
        assert first == ("progress", "0.queued.0", queued)
        assert int(stream.retry) > 0
        claim = await claimed(intake, caller.org_id, analysis_id)
        assert await stream.next() == ("progress", "1.queued.0", queued | {"status": "processing"})
        for percent in (20, 60):
            await _report(platform, claim, percent)
            expected = ("progress", f"1.transcribing.{percent}", _state(claim, percent=percent))
            assert await stream.next() == expected
        await _complete(platform, claim)
        done = _state(claim, status="completed", stage="done", percent=100, error=None)
        assert await stream.rest() == [("completed", "completed", done)]


async def test_the_headers_keep_proxies_from_holding_events_back(
    served: Served, caller: Caller, claim: Claim
) -> None:
    async with served.watch(caller.token, claim.analysis_id) as stream:
        headers = stream.answer.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert headers["cache-control"] == "no-store, no-transform"
        assert headers["x-accel-buffering"] == "no"
        assert "content-length" not in headers


async def test_a_failure_says_why(served: Served, platform: Platform, caller: Caller, claim: Claim) -> None:
    error = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)
    async with served.watch(caller.token, claim.analysis_id) as stream:
        await stream.next()
        async with platform.database.tenant(caller.org_id) as session:
            await lifecycle.fail(session, claim, error, platform.links)
        [(event, event_id, data)] = await stream.rest()
    assert (event, event_id, data["status"]) == ("failed", "failed", "failed")
    assert data["error"] == error.model_dump(mode="json")


async def test_what_has_ended_answers_its_end_and_a_client_that_knows_it_is_told_to_stop(
    served: Served, platform: Platform, caller: Caller, intake: Intake
) -> None:
    analysis_id = await completed(platform, intake, caller.org_id)
    async with served.watch(caller.token, analysis_id) as stream:
        [(event, event_id, _data)] = await stream.rest()
    assert event == "completed"
    async with served.watch(caller.token, analysis_id, **{"Last-Event-ID": event_id}) as stream:
        assert (stream.answer.status_code, await stream.answer.aread()) == (204, b"")
    async with served.watch(caller.token, analysis_id, **{"Last-Event-ID": "1.evaluating.95"}) as stream:
        assert [one[0] for one in await stream.rest()] == ["completed"]
    assert served.watchers.count == 0


async def test_erased_in_the_middle_the_stream_says_so_and_ends(
    served: Served, platform: Platform, caller: Caller, claim: Claim
) -> None:
    async with served.watch(caller.token, claim.analysis_id) as stream:
        await stream.next()
        org, analysis_id = caller.org_id, claim.analysis_id
        await erase(platform.database, platform.vault, OPERATOR, org, analysis_id, "live")
        assert await stream.rest() == [("erased", "erased", {"analysisId": str(analysis_id)})]
    again = await served.client.get(f"/api/v1/analyses/{analysis_id}/events", headers=auth(caller.token))
    problem_of(again, 404, "not_found")


async def test_while_nothing_happens_there_is_a_sign_of_life(
    served: Served, caller: Caller, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_events, "HEARTBEAT_SECONDS", 0.05)
    async with served.watch(caller.token, claim.analysis_id) as stream:
        await stream.next()
        assert [await stream.next() for _ in range(2)] == [(":", "", None)] * 2


@pytest.mark.parametrize("change", ["revoked_at = now()", "expires_at = now() - interval '1 s'"])
async def test_a_key_that_may_not_be_used_any_more_ends_the_stream(
    served: Served, platform: Platform, caller: Caller, claim: Claim, change: str
) -> None:
    other = await new_token(platform.database, caller.org_id)
    async with (
        served.watch(caller.token, claim.analysis_id) as stream,
        served.watch(other, claim.analysis_id) as stays,
    ):
        await stream.next()
        await stays.next()
        await _run(
            platform, caller.org_id,
            f"UPDATE api_keys SET {change} WHERE id = (SELECT id FROM api_keys ORDER BY created_at LIMIT 1)",
        )  # fmt: skip
        assert await stream.rest() == []
        await _report(platform, claim, 50)
        told = await stays.next()
        assert told
        assert told[2]["percent"] == 50


async def test_a_client_that_goes_away_leaves_nothing_behind(
    served: Served, caller: Caller, claim: Claim
) -> None:
    async with served.watch(caller.token, claim.analysis_id) as stream:
        await stream.next()
        assert served.watchers.count == 1
    async with asyncio.timeout(20):
        while served.watchers.count or not served.watchers.idle:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)


async def test_hundreds_of_watchers_share_one_connection(
    served: Served, platform: Platform, caller: Caller, claim: Claim
) -> None:
    pool = _engine(platform.database).pool
    most, told = 0, 0

    async def follow() -> None:
        nonlocal told
        async with served.watch(caller.token, claim.analysis_id) as stream:
            while event := await stream.next():
                told += event[0] == "completed"

    async with asyncio.TaskGroup() as group:
        for _ in range(200):
            group.create_task(follow())
        while served.watchers.count < 200:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        for _ in range(50):
            most = max(most, pool.checkedout())
            await asyncio.sleep(0.01)
        await _complete(platform, claim)
    assert told == 200
    assert most <= 2  # one looks for all of them; another counts their requests


async def test_a_database_that_is_away_for_a_moment_ends_no_stream(
    platform: Platform, caller: Caller, claim: Claim
) -> None:
    folder = platform.database.dsn.partition("host=")[2].partition("&")[0]
    # its server is reached by a socket in a folder
    with tempfile.TemporaryDirectory(prefix="away-") as short:
        link = Path(short) / "link"
        link.symlink_to(unquote(folder))
        reached = Database(platform.database.dsn.replace(folder, str(link)))
        async with (
            _serving(replace(platform, database=reached)) as served,
            served.watch(caller.token, claim.analysis_id) as stream,
        ):
            await stream.next()
            link.unlink()
            await _engine(reached).dispose()
            await _report(platform, claim, 30)
            await asyncio.sleep(10 * LOOK_SECONDS)
            refused = await served.client.get("/api/v1/analyses", headers=auth(caller.token))
            problem_of(refused, 503, "unavailable")
            assert served.watchers.count == 1
            link.symlink_to(unquote(folder))
            told = await stream.next()
            assert told
            assert told[2]["percent"] == 30
        await reached.close()


async def test_a_server_that_stops_lets_watchers_go(served: Served, caller: Caller, claim: Claim) -> None:
    async with served.watch(caller.token, claim.analysis_id) as stream:
        await stream.next()
        served.watchers.close()
        assert await stream.rest() == []
    async with served.watch(caller.token, claim.analysis_id) as late:
        assert [one[0] for one in await late.rest()] == ["progress"]


async def test_scopes_tenants_modes_and_ids(
    served: Served, caller: Caller, claim: Claim, database: Database, new_org: Any
) -> None:
    async def get(token: str | None, analysis_id: object = claim.analysis_id) -> httpx2.Response:
        path = f"/api/v1/analyses/{analysis_id}/events"
        return await served.client.get(path, headers=auth(token) if token else {})

    problem_of(await get(None), 401, "unauthorized")
    writer = await new_token(database, caller.org_id, ("analysis:write", "calls:read"))
    problem_of(await get(writer), 403, "insufficient_scope")
    problem_of(await get(await new_token(database, await new_org())), 404, "not_found")
    problem_of(await get(await new_token(database, caller.org_id, mode="test")), 404, "not_found")
    for name in ("nope", uuid.uuid4()):
        problem_of(await get(caller.token, name), 404, "not_found")
    assert served.watchers.count == 0
