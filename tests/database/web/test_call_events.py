"""Calls that are followed on a page: events by the session's cookie, of what the person may see."""

import asyncio
import html
import re
import socket
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import uvicorn
from sqlalchemy import text

from calltrace.accounts.models import UserRole
from calltrace.analyses import lifecycle
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.submit import Intake
from calltrace.analyses.watching import Watchers
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from calltrace.web.pages import call_events
from database.analyses.factory import claimed, completed, submitted
from database.event_streams import Stream
from database.web.conftest import Browser, make_browser, new_user

LOOK_SECONDS = 0.02


@dataclass
class Served:
    """The whole server on a port of loopback: what streams is not answered whole."""

    platform: Platform
    app: Any
    url: str
    watchers: Watchers

    async def person(self, org: uuid.UUID, role: UserRole = "owner") -> Browser:
        """Somebody who is signed in; the cookie is read where https would hide it."""
        browser = make_browser(self.app)
        await browser.sign_in(await new_user(self.platform.database, org, role))
        return browser

    @asynccontextmanager
    async def follow(self, browser: Browser, *ids: object, path: str = "") -> AsyncGenerator[Stream]:
        """The stream of some calls, or the one of an address."""
        cookies = "; ".join(f"{one.name}={one.value}" for one in browser.client.cookies.jar)
        path = path or f"/calls/events?{'&'.join(f'id={one}' for one in ids)}"
        async with (
            httpx2.AsyncClient(base_url=self.url, headers={"Cookie": cookies}, timeout=30) as client,
            client.stream("GET", path) as answer,
        ):
            yield Stream(answer)


@pytest.fixture
async def served(platform: Platform) -> AsyncGenerator[Served]:
    watchers = Watchers(LOOK_SECONDS)
    app: Any = create_server(lambda: platform, watchers)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        async with app.lifespan_context(app):
            task = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield Served(platform, app, f"http://127.0.0.1:{listening.getsockname()[1]}", watchers)
            finally:
                watchers.close()
                server.should_exit = True
                await task


@pytest.fixture
async def claim(intake: Intake, org: uuid.UUID) -> Claim:
    return await claimed(intake, org, await submitted(intake, org))


async def _report(platform: Platform, claim: Claim, percent: int) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.report(session, claim, "transcribing", percent)


async def _run(platform: Platform, org: uuid.UUID, statement: str, **values: object) -> None:
    async with platform.database.tenant(org) as session:
        await session.execute(text(statement), values)


async def test_all_calls_of_a_page_are_followed_until_the_last_has_ended(
    served: Served, platform: Platform, intake: Intake, org: uuid.UUID, claim: Claim
) -> None:
    over = await completed(platform, intake, org)
    async with served.follow(await served.person(org), claim.analysis_id, over) as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.answer.headers["cache-control"] == "no-store, no-transform"
        first = {
            event[2]["analysisId"]: event[0] for event in [await stream.next(), await stream.next()] if event
        }
        assert first == {str(claim.analysis_id): "progress", str(over): "completed"}
        await _report(platform, claim, 40)
        told = await stream.next()
        assert told
        assert (told[2]["analysisId"], told[2]["percent"]) == (str(claim.analysis_id), 40)
        await _run(platform, org, "DELETE FROM analyses WHERE id = :id", id=claim.analysis_id)
        assert [event[0] for event in await stream.rest()] == ["erased"]
    assert served.watchers.count == 0


async def test_calls_that_a_person_may_not_see_are_not_told_of(
    served: Served, intake: Intake, org: uuid.UUID, claim: Claim, new_org: Any
) -> None:
    elsewhere = await submitted(intake, await new_org())
    async with served.follow(await served.person(org), elsewhere, "nonsense", uuid.uuid4()) as stream:
        assert [event[0] for event in await stream.rest()] == [":"], "nothing to say, and it ends"
    async with served.follow(await served.person(org, "agent"), claim.analysis_id) as stream:
        assert [event[0] for event in await stream.rest()] == [":"], "of another agent"


async def test_signing_out_ends_the_stream(served: Served, org: uuid.UUID, claim: Claim) -> None:
    leaving, staying = await served.person(org), await served.person(org)
    async with (
        served.follow(leaving, claim.analysis_id) as stream,
        served.follow(staying, claim.analysis_id) as stays,
    ):
        assert await stream.next()
        assert await stays.next()
        await leaving.submit("/logout")
        assert await stream.rest() == []
        await _report(served.platform, claim, 70)
        told = await stays.next()
        assert told
        assert told[2]["percent"] == 70


async def test_what_a_person_may_see_is_looked_up_anew_from_time_to_time(
    served: Served, org: uuid.UUID, claim: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_events, "LONGEST_SECONDS", 0.0)
    async with served.follow(await served.person(org), claim.analysis_id) as stream:
        assert [event[0] for event in await stream.rest()] == ["progress"]


def _stream(page: str) -> str:
    found = re.search(r'data-events="([^"]+)"', page)
    assert found
    return html.unescape(found[1])


async def test_the_list_is_told_of_new_calls_that_it_would_show_and_shows_them_when_asked(
    served: Served, platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    shown = await completed(platform, intake, org, file_name="a.mp3")
    browser = await served.person(org)
    page = (await browser.get("/calls?named=a.mp3")).text
    same = re.search(r'data-same="([^"]+)"', page)
    assert same
    async with served.follow(browser, path=_stream(page)) as stream:
        assert await stream.next() == (":", "", None), "nothing is new, and it goes on"
        await submitted(intake, org, file_name="b.mp3")
        fresh = await submitted(intake, org, file_name="a.mp3")
        assert await stream.next() == ("newer", "newer", {"count": 1, "more": False})
    before = (await browser.get(html.unescape(same[1]))).text
    assert (str(shown) in before, str(fresh) in before) == (True, False)
    assert _stream(before) == f"{_stream(page)}", "still the same list"
    assert str(fresh) in (await browser.get("/calls?named=a.mp3")).text


async def test_a_list_without_a_call_is_told_of_the_first_one_that_a_person_may_see(
    served: Served, intake: Intake, org: uuid.UUID
) -> None:
    owner, agent = await served.person(org), await served.person(org, "agent")
    paths = [_stream((await one.get("/calls")).text) for one in (owner, agent)]
    await submitted(intake, org)
    async with served.follow(owner, path=paths[0]) as stream:
        await stream.next()
        assert await stream.next() == ("newer", "newer", {"count": 1, "more": False})
    async with served.follow(agent, path=paths[1]) as stream:
        assert await stream.next() == (":", "", None)
        await agent.submit("/logout")
        assert await stream.rest() == []


async def test_the_page_names_the_calls_that_are_under_way(
    served: Served, platform: Platform, intake: Intake, org: uuid.UUID, claim: Claim
) -> None:
    browser = await served.person(org)
    for path in ("/calls", f"/calls/{claim.analysis_id}"):
        page = (await browser.get(path)).text
        assert f"id={claim.analysis_id}" in _stream(page)
        assert f'data-progress="{claim.analysis_id}" data-state="processing.queued"' in page
    over = await completed(platform, intake, org)
    assert "data-events" not in (await browser.get(f"/calls/{over}")).text
