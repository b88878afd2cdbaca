"""Honest pages when something is wrong, and problems where programs ask."""

import dataclasses
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from calltrace.web.pages import account
from database.web.conftest import Browser, NewBrowser, make_browser


async def test_an_unknown_page_is_a_404_page(admin: Browser) -> None:
    answer = await admin.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no page at this address." in answer.text
    assert answer.headers["x-request-id"] in answer.text


async def test_whoever_is_signed_in_keeps_the_menu_at_an_unknown_address(
    admin: Browser, new_browser: NewBrowser, cut_off: Browser
) -> None:
    assert 'href="/calls"' in (await admin.get("/no/such/page")).text
    assert 'href="/calls"' not in (await new_browser().get("/no/such/page")).text
    away = await cut_off.get("/no/such/page")
    assert away.status_code == 404, "the database is not needed to say so"


async def test_an_unknown_api_path_stays_a_problem(admin: Browser) -> None:
    for path in ("/api", "/api/v1/nowhere", "/api/v2"):
        answer = await admin.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert "sandbox" in answer.headers["content-security-policy"]


async def test_paths_that_only_begin_like_the_apis_are_pages(admin: Browser) -> None:
    for path in ("/apiary", "/healthy", "/documents", "/docs/nowhere"):
        assert (await admin.get(path)).headers["content-type"].startswith("text/html")


async def test_health_is_answered_beside_the_pages(admin: Browser) -> None:
    assert (await admin.get("/health")).json()["status"] == "ok"


async def test_another_method_is_a_405_page_that_names_the_right_one(admin: Browser) -> None:
    answer = await admin.client.delete("/account")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert "That is not possible here" in answer.text


@pytest.fixture
async def cut_off(platform: Platform) -> AsyncGenerator[Browser]:
    """A server whose database is away."""
    away = dataclasses.replace(platform, database=Database("postgresql://nobody@127.0.0.1:1/none"))
    server: Any = create_server(lambda: away)
    async with server.lifespan_context(server):
        yield make_browser(server)


async def test_a_database_that_is_away_is_said_so(cut_off: Browser, admin: Browser) -> None:
    cut_off.client.cookies.update(admin.client.cookies)
    answer = await cut_off.get("/account")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "The database cannot be reached" in answer.text
    assert 'href="/account">Try again' in answer.text


async def test_signing_in_while_the_database_is_away_is_said_so(cut_off: Browser) -> None:
    answer = await cut_off.sign_in("a@b.test")
    assert answer.status_code == 503
    assert "The database cannot be reached" in answer.text


@pytest.mark.parametrize(
    ("came_from", "again"),
    [("{url}/calls?status=failed", "/calls?status=failed"), ("{url}/login", "/login"),
     ("https://elsewhere.test/calls", "/"), ("{url}//elsewhere.test/calls", "/"), ("", "/"),
     ("https://[", "/")],
    ids=["a page", "signing in", "another site", "another site behind our name", "nowhere", "nonsense"],
)  # fmt: skip
async def test_a_form_that_could_not_be_sent_is_tried_from_its_page(
    cut_off: Browser, came_from: str, again: str
) -> None:
    cut_off.client.headers["Referer"] = came_from.format(url=cut_off.url)
    answer = await cut_off.sign_in("a@b.test")
    assert answer.status_code == 503
    assert f'href="{again}">Try again' in answer.text


async def test_trying_again_asks_for_the_same_page(cut_off: Browser, admin: Browser) -> None:
    cut_off.client.cookies.update(admin.client.cookies)
    answer = await cut_off.get("/calls?status=failed&text=a+b")
    assert 'href="/calls?status=failed&amp;text=a+b">Try again' in answer.text


async def test_a_fault_of_ours_shows_a_number_and_nothing_else(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> None:
        raise RuntimeError("the details")

    monkeypatch.setattr(account.sessions, "living", broken)
    answer = await admin.get("/account")
    assert answer.status_code == 500
    assert "the details" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert answer.headers["content-security-policy"]
    assert 'href="/account">Try again' in answer.text


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [(b"csrf=x", "text/plain", 400), (b'{"csrf":"x"}', "application/json", 400),
     (b"csrf=%ff", "application/x-www-form-urlencoded", 400),
     (b"csrf=\xff", "application/x-www-form-urlencoded", 400),
     (b"csrf=%00", "application/x-www-form-urlencoded", 400),
     (b"&".join(b"a=b" for _ in range(1300)), "application/x-www-form-urlencoded", 400),
     (b"csrf=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413)],
    ids=["text", "json", "not UTF-8", "not ASCII", "NUL", "many fields", "long"],
)  # fmt: skip
async def test_what_is_no_form_of_ours_is_refused(
    new_browser: NewBrowser, content: bytes, content_type: str, status: int
) -> None:
    browser = new_browser()
    await browser.get("/login")
    headers = {"Origin": browser.url, "Content-Type": content_type}
    answer = await browser.client.post("/login", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


async def test_files_are_cached_for_ever_under_their_digest_only(admin: Browser) -> None:
    parts = (await admin.get("/account")).text.split('"')
    for name in ("app.css", "app.js", "icon.svg"):
        path = next(part for part in parts if part.startswith("/static/") and part.endswith(name))
        answer = await admin.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        old = path.replace(path.split("/")[2], "0" * 16)
        assert (await admin.get(old)).status_code == 404
