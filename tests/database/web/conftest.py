"""The whole server in front of the test's platform, and browsers that send what browsers send."""

import html
import re
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from calltrace.accounts.models import UserRole
from calltrace.accounts.service import create_user
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.web import render
from database.doors import new_place, server_on
from database.web.spoken import Reading

URL = "https://calls.test"
PASSWORD = "correct horse battery staple"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def make_browser(server: Any, url: str = URL, peer: str = "") -> "Browser":
    transport = httpx2.ASGITransport(
        app=server, raise_app_exceptions=False, client=(peer or new_place(), 50_000)
    )
    return Browser(httpx2.AsyncClient(transport=transport, base_url=url), url)


@dataclass
class Browser:
    """Keeps cookies, says where its forms come from, and fills in what a page's form hides."""

    client: httpx2.AsyncClient
    url: str
    email: str = ""

    async def get(self, path: str) -> httpx2.Response:
        return await self.client.get(path)

    async def send(self, path: str, fields: dict[str, Any], **headers: str) -> httpx2.Response:
        """A form exactly as given."""
        return await self.client.post(path, data=fields, headers={"Origin": self.url} | headers)

    async def submit(
        self, page: str, fields: dict[str, Any] | None = None, *, to: str | None = None
    ) -> httpx2.Response:
        """Open a page and send its form, with what is hidden in it."""
        shown = await self.get(page)
        assert shown.status_code == 200, (page, shown.status_code, shown.headers.get("location"))
        return await self.send(to or page, hidden(shown) | (fields or {}))

    async def sign_in(self, email: str, password: str = PASSWORD, path: str = "/login") -> httpx2.Response:
        self.email = email
        return await self.submit(path, {"email": email, "password": password}, to="/login")


def hidden(shown: httpx2.Response) -> dict[str, Any]:
    """The hidden fields of the page's own form, which comes after the one to sign out."""
    return {name: html.unescape(value) for name, value in _HIDDEN.findall(shown.text)}


NewBrowser = Callable[..., Browser]
NewPerson = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def server(platform: Platform) -> AsyncGenerator[Any]:
    server = server_on(platform)
    async with server.lifespan_context(server):
        yield server


@pytest.fixture
def new_browser(server: Any) -> NewBrowser:
    def make(**options: str) -> Browser:
        return make_browser(server, **options)

    return make


async def new_user(database: Database, org: uuid.UUID, role: UserRole = "owner") -> str:
    async with database.tenant(org) as session:
        user, _password = await create_user(session, org, f"{role}-{uuid.uuid4()}@v.test", role, PASSWORD)
    return user.email


@pytest.fixture
def person(database: Database, org: uuid.UUID, new_browser: NewBrowser) -> NewPerson:
    """Somebody of the test's organisation who is signed in."""

    async def sign_in(role: UserRole = "owner", org_id: uuid.UUID = org) -> Browser:
        browser = new_browser()
        answer = await browser.sign_in(await new_user(database, org_id, role))
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in


@pytest.fixture
async def admin(person: NewPerson) -> Browser:
    return await person("admin")


@pytest.fixture(autouse=True)
def pages_say_nothing_beside_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Every page that a test opens is read in the pseudo-locale, too."""
    reading = Reading(render.templates)
    monkeypatch.setattr(render, "templates", reading)
    yield
    assert not reading.found, "said beside the catalogue; see docs/translation.md"
