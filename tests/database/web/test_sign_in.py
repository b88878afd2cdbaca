"""Signing in and out, through the pages."""

import asyncio
import dataclasses
import uuid
from datetime import timedelta
from ipaddress import ip_network
from random import randrange
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import passwords, sessions, throttle
from calltrace.accounts.service import create_user
from calltrace.accounts.throttle import PER_PERSON, PER_PLACE, place
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from database.doors import new_place
from database.web.conftest import (
    PASSWORD,
    Browser,
    NewBrowser,
    NewPerson,
    hidden,
    make_browser,
    new_user,
)

SESSION = "__Host-calltrace_session"


async def test_a_right_password_opens_a_session_and_leads_on(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    browser = new_browser()
    email = await new_user(database, org, "agent")
    answer = await browser.sign_in(email.upper(), path="/login?next=/account%3Fa%3Db")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?a=b")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SESSION}=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} >= {
        "httponly", "secure", "samesite=lax", "path=/"
    }  # fmt: skip
    assert email in (await browser.get("/account")).text


async def test_only_a_hash_of_the_session_token_is_stored(
    database: Database, org: uuid.UUID, admin: Browser
) -> None:
    token = admin.client.cookies[SESSION]
    async with database.tenant(org) as session:
        rows = str((await session.execute(text("SELECT web_sessions::text FROM web_sessions"))).all())
    assert token not in rows
    assert sessions.hash_token(token) in rows


async def test_an_unknown_address_and_a_wrong_password_are_told_apart_by_nothing(
    database: Database, org: uuid.UUID, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify_and_update = passwords.HASHER.verify_and_update

    def counted(password: str, known: str) -> Any:
        checked.append(known)
        return verify_and_update(password, known)

    monkeypatch.setattr(passwords.HASHER, "verify_and_update", counted)
    pages: list[tuple[int, str]] = []
    for email in (await new_user(database, org), f"{uuid.uuid4()}@nowhere.test"):
        answer = await new_browser().sign_in(email, "not the password")
        pages.append((answer.status_code, answer.text.replace(email, "")))
    strip = [(status, _without_token(page)) for status, page in pages]
    assert strip[0] == strip[1]
    assert strip[0][0] == 401
    parameters = [known.split("$")[1:4] for known in checked]
    assert parameters[0] == parameters[1], "both times the same work was done"


def _without_token(page: str) -> str:
    before, _, rest = page.partition('name="csrf" value="')
    return before + rest.partition('"')[2]


@pytest.mark.parametrize(
    "email",
    ["o'brien@v.test", "a\\' OR true --@v.test", "a'; DROP TABLE users; --@v.test", "a:b@v.test", "ü@v.test"],
)
async def test_whatever_is_typed_is_only_an_address(new_browser: NewBrowser, email: str) -> None:
    assert (await new_browser().sign_in(email)).status_code == 401


async def test_an_address_with_a_quote_signs_in(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    async with database.tenant(org) as session:
        email = f"o'brien{uuid.uuid4()}@v.test"
        await create_user(session, org, email, "agent", PASSWORD)
    assert (await new_browser().sign_in(email)).status_code == 303


async def test_a_hash_with_old_parameters_is_renewed(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    from pwdlib.hashers.argon2 import Argon2Hasher

    email = await new_user(database, org)
    weak = Argon2Hasher(1, 8 * 1024, 1).hash(PASSWORD)
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE users SET password_hash = :weak"), {"weak": weak})
    assert (await new_browser().sign_in(email)).status_code == 303
    async with database.tenant(org) as session:
        kept = await session.scalar(text("SELECT password_hash FROM users"))
    assert f"m={passwords.MEMORY_KIB},t={passwords.ROUNDS},p={passwords.LANES}" in str(kept)
    assert (await new_browser().sign_in(email)).status_code == 303


async def test_signing_in_again_ends_the_session_of_before(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    browser, email = new_browser(), await new_user(database, org)
    form = await browser.get("/login")
    fields = {**hidden(form), "email": email, "password": PASSWORD}
    await browser.send("/login", fields)
    first = browser.client.cookies[SESSION]
    await browser.send("/login", fields)
    second = browser.client.cookies[SESSION]
    assert first != second
    assert await sessions.current(database, first) is None
    assert await sessions.current(database, second)


async def test_a_way_on_leads_nowhere_else(person: NewPerson) -> None:
    answer = await (await person("agent")).get("/login?next=//evil.test")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_signing_out_ends_the_session_in_the_database_too(admin: Browser) -> None:
    token = admin.client.cookies[SESSION]
    answer = await admin.submit("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?done=signed-out")
    assert SESSION not in admin.client.cookies
    admin.client.cookies[SESSION] = token
    assert (await admin.get("/account")).headers["location"] == "/login?next=/account"


async def test_a_link_to_the_sign_out_page_signs_nobody_out(admin: Browser) -> None:
    assert "You are signed in as" in (await admin.get("/logout")).text
    assert (await admin.get("/account")).status_code == 200


async def test_an_idle_session_ends_and_a_used_one_ends_after_its_lifetime(
    admin: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, begun = admin.client.cookies[SESSION], clock.now()
    now = begun
    monkeypatch.setattr(clock, "now", lambda: now)
    now = begun + sessions.IDLE - timedelta(minutes=1)
    assert await sessions.current(database, token), "not idle for long enough"
    now += timedelta(minutes=2)
    assert await sessions.current(database, token), "it was used meanwhile"
    now += sessions.IDLE
    assert await sessions.current(database, token) is None
    while now < begun + sessions.LIFETIME:
        now += timedelta(hours=11)
    now = begun + sessions.LIFETIME + timedelta(seconds=1)
    async with database.operator() as session:
        await session.execute(
            text("UPDATE web_sessions SET last_seen_at = :now WHERE token_hash = :hash"),
            {"now": now - timedelta(minutes=1), "hash": sessions.hash_token(token)},
        )
    assert await sessions.current(database, token) is None, "however much it is used"


async def test_a_changed_role_holds_from_the_very_next_page(
    admin: Browser, database: Database, org: uuid.UUID
) -> None:
    assert (await admin.get("/admin/integrations/api-keys")).status_code == 200
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE users SET role = 'reviewer'"))
    assert (await admin.get("/admin/integrations/api-keys")).status_code == 403


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows begin at multiples of their length: none of these begins while a test runs."""
    monkeypatch.setattr(throttle, "WINDOW_SECONDS", 10**9)


@pytest.mark.usefixtures("one_window")
async def test_a_person_is_throttled_at_one_place_and_nowhere_else(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    email, here = await new_user(database, org), new_browser()
    for _ in range(PER_PERSON):
        assert (await here.sign_in(email, "wrong")).status_code == 401
    refused = await here.sign_in(email)
    assert refused.status_code == 429, "even the right password"
    assert int(refused.headers["retry-after"]) > 0
    assert "too many tries" in refused.text
    assert (await new_browser().sign_in(email)).status_code == 303
    async with database.operator() as session:
        await session.execute(text("DELETE FROM rate_counters"))  # as housekeeping does after the window
    assert (await here.sign_in(email)).status_code == 303


@pytest.mark.usefixtures("one_window")
async def test_a_place_is_throttled_whoever_it_tries_to_be(new_browser: NewBrowser) -> None:
    network = new_place().removesuffix("7")
    browsers = [new_browser(peer=f"{network}{number:x}") for number in range(1, PER_PLACE + 2)]
    form = await browsers[0].get("/login")
    cookies = dict(browsers[0].client.cookies)

    async def attempt(number: int, browser: Browser) -> int:
        browser.client.cookies.update(cookies)
        fields = {**hidden(form), "email": f"{number}@nowhere.test", "password": "x" * 2000}
        return (await browser.send("/login", fields)).status_code

    found = [await attempt(number, browser) for number, browser in enumerate(browsers)]
    assert found == [401] * PER_PLACE + [429]


@pytest.mark.usefixtures("one_window")
async def test_behind_a_trusted_proxy_the_caller_is_throttled_and_not_the_proxy(
    platform: Platform, database: Database, org: uuid.UUID
) -> None:
    email, caller, network = await new_user(database, org), new_place(), f"10.{randrange(256)}.9.0/24"
    proxy = network.replace(".0/24", ".7")
    server: Any = create_server(lambda: platform, proxies=[ip_network(network)])

    async def attempt(told: str, password: str, peer: str = proxy) -> int:
        browser = make_browser(server, peer=peer)
        browser.client.headers["X-Forwarded-For"] = told
        return (await browser.sign_in(email, password)).status_code

    async with server._app.lifespan_context(server._app):
        wrong = [await attempt(f"192.0.2.{at}, {caller}", "wrong") for at in range(PER_PERSON)]
        assert wrong == [401] * PER_PERSON
        assert await attempt(f"192.0.2.99, {caller}", PASSWORD) == 429, "whatever the caller writes before it"
        assert await attempt(new_place(), PASSWORD) == 303, "somebody else, by the same proxy"
        stranger = new_place()
        for _ in range(PER_PERSON):
            assert await attempt(new_place(), "wrong", peer=stranger) == 401
        assert await attempt(new_place(), PASSWORD, peer=stranger) == 429, "who is no proxy is not believed"


def test_a_place_is_an_ipv4_address_or_what_an_ipv6_customer_has() -> None:
    assert place("192.0.2.1") == place("::ffff:192.0.2.1") == "192.0.2.1"
    assert place("2001:db8::1") == place("2001:db8::2:3") != place("2001:db8:0:1::1")


async def test_of_two_password_changes_at_once_the_session_of_neither_old_password_survives(
    admin: Browser, database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    fields = {
        "currentPassword": PASSWORD,
        "newPassword": "another long one",
        "repeatedPassword": "another long one",
    }
    change = admin.submit("/account", fields, to="/account/password")
    other = new_browser()
    await asyncio.gather(change, other.sign_in(admin.email), other.sign_in(admin.email))
    async with database.tenant(org) as session:
        kept = await session.scalar(text("SELECT count(*) FROM web_sessions WHERE revoked_at IS NULL"))
    assert kept == 1


async def test_without_https_the_cookies_have_plain_names(
    platform: Platform, database: Database, org: uuid.UUID
) -> None:
    plain = dataclasses.replace(
        platform, links=dataclasses.replace(platform.links, public_url="http://calls.test:8000")
    )
    server: Any = create_server(lambda: plain)
    async with server.lifespan_context(server):
        browser = make_browser(server, url="http://calls.test:8000")
        answer = await browser.sign_in(await new_user(database, org))
        assert answer.status_code == 303
        assert answer.headers["set-cookie"].startswith("calltrace_session=")
        assert "secure" not in answer.headers["set-cookie"].lower()
        assert "strict-transport-security" not in answer.headers
