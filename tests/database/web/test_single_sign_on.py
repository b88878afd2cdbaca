"""Signing in by an OpenID provider, which is a real one on loopback TLS and not always well-behaved."""

import dataclasses
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import trustme
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select, text

from calltrace.accounts import codes, passwords, sessions
from calltrace.accounts.models import AuditEntry, User
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.openid import Provider, Registered
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from database.web.conftest import PASSWORD, Browser, make_browser
from openid_provider import CLIENT, CLIENT_SECRET, OpenIdProvider, provider_on, query

HASHED = passwords.HASHER.hash(PASSWORD)
SESSION = "__Host-calltrace_session"


@pytest.fixture
async def provider(authority: trustme.CA) -> AsyncGenerator[OpenIdProvider]:
    async with provider_on(authority) as running:
        yield running


def _platform(platform: Platform, provider: OpenIdProvider, **settings: Any) -> Platform:
    registered = Registered(provider.issuer, CLIENT, CLIENT_SECRET)
    return dataclasses.replace(
        platform, provider=Provider(registered, platform.client),
        settings=platform.settings.model_copy(update={"oidc_name": "Acme", **settings}),
    )  # fmt: skip


@pytest.fixture
async def browser(platform: Platform, provider: OpenIdProvider) -> AsyncGenerator[Browser]:
    server: Any = create_server(lambda: _platform(platform, provider))
    async with server.lifespan_context(server):
        yield make_browser(server)


@pytest.fixture
async def email(database: Database, org: uuid.UUID, provider: OpenIdProvider) -> str:
    """Somebody whom the provider vouches for."""
    email = f"{uuid.uuid4()}@v.test"
    async with database.tenant(org) as session:
        session.add(User(org_id=org, email=email, role="reviewer", password_hash=HASHED))
    provider.person |= {"email": email.upper(), "email_verified": True, "name": "Ann Lee"}
    return email


async def _there(browser: Browser, path: str = "/login/sso") -> str:
    sent = await browser.get(path)
    assert sent.status_code == 303, sent.text
    return sent.headers["location"]


async def _sign_on(browser: Browser, provider: OpenIdProvider, **changes: str) -> httpx2.Response:
    return await browser.get(query(provider.consent(await _there(browser)) | changes))


def _refused(answer: httpx2.Response, browser: Browser, status: int, *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert SESSION not in browser.client.cookies
    assert all(word in answer.text for word in words), answer.text
    assert 'href="/login"' in answer.text


async def test_whoever_the_provider_vouches_for_is_signed_in_and_led_on(
    database: Database, org: uuid.UUID, browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    login = await browser.get("/login?next=/account")
    assert "Sign in with Acme" in login.text
    assert 'href="/login/sso?next=/account"' in login.text
    address = await _there(browser, "/login/sso?next=/account")
    assert address.startswith(f"{provider.issuer}/authorize?")
    answer = await browser.get(query(provider.consent(address)))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account"), answer.text
    assert email in (await browser.get("/account")).text
    assert "__Host-calltrace_sign_on" not in browser.client.cookies, "it is over"
    async with database.tenant(org) as session:
        entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "session.created"))
    assert entry
    assert (entry.actor, entry.details) == (email, {"by": "single sign-on"})


async def test_the_address_may_come_from_the_userinfo_endpoint(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    provider.beside = True
    assert (await _sign_on(browser, provider)).status_code == 303
    assert email in (await browser.get("/account")).text
    browser.client.cookies.clear()
    provider.claims["sub"] = "8"
    _refused(await _sign_on(browser, provider), browser, 403, "speaks of two people")


async def test_the_published_documents_are_asked_for_once_and_a_new_key_is_looked_for(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    for _ in range(2):
        browser.client.cookies.clear()
        assert (await _sign_on(browser, provider)).status_code == 303
    assert len([one for one in provider.asked if one.endswith("openid-configuration")]) == 1
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    browser.client.cookies.clear()
    assert (await _sign_on(browser, provider)).status_code == 303, email


async def test_another_state_a_state_of_another_browser_and_one_that_is_used_up_are_refused(
    platform: Platform, browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    wrong = await _sign_on(browser, provider, state="x" * 43)
    _refused(wrong, browser, 400, "was not begun here")
    back = query(provider.consent(await _there(browser)))
    server: Any = create_server(lambda: _platform(platform, provider))
    async with server.lifespan_context(server):
        other = make_browser(server)
        _refused(await other.get(back), other, 400, "was not begun here")
    kept = dict(browser.client.cookies)
    assert (await browser.get(back)).status_code == 303, email
    browser.client.cookies.clear()
    browser.client.cookies.update(kept)
    _refused(await browser.get(back), browser, 400, "used already")


async def test_a_code_that_was_used_is_refused_in_another_sign_in(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    said = provider.consent(await _there(browser))
    assert (await browser.get(query(said))).status_code == 303, email
    browser.client.cookies.clear()
    again = await _sign_on(browser, provider, code=said["code"])
    _refused(again, browser, 403, "used before, or is over")


async def test_a_code_of_somebody_elses_sign_in_is_worth_nothing_here(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    stolen = provider.consent(await _there(browser))["code"]
    browser.client.cookies.clear()
    _refused(await _sign_on(browser, provider, code=stolen), browser, 403, "did not take its own code")
    assert email


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"nonce": "another"}, "nonce"), ({"nonce": None}, "nonce"), ({"exp": 1_000_000_000}, "expired_token"),
    ({"exp": None}, "exp"), ({"iss": "https://evil.test"}, "iss"), ({"aud": "another client"}, "aud"),
    ({"aud": [CLIENT, "another"]}, "somebody else"), ({"azp": "another"}, "somebody else"),
    ({"iat": None}, "iat"), ({"sub": None}, "sub"),
]  # fmt: skip


async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    for claims, word in WRONG:
        provider.claims = claims
        _refused(await _sign_on(browser, provider), browser, 403, "was not accepted", word)
    provider.claims = {}
    assert (await _sign_on(browser, provider)).status_code == 303, email


async def test_a_token_without_a_signature_or_with_a_strangers_is_refused(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    provider.published = [stranger]
    _refused(await _sign_on(browser, provider), browser, 403, "was not accepted", "bad_signature")
    provider.algorithm = "none"
    _refused(await _sign_on(browser, provider), browser, 403, "was not accepted", "unsupported_algorithm")
    provider.algorithm, provider.key = "RS256", RSAKey.generate_key(2048, {"kid": "two"})
    _refused(await _sign_on(browser, provider), browser, 403, email and "the provider does not list")


async def test_a_token_signed_with_the_client_secret_is_refused(
    browser: Browser, provider: OpenIdProvider, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "algorithm", "HS256")
    monkeypatch.setattr(provider, "published", [provider.key])
    monkeypatch.setattr(provider, "key", OctKey.import_key(CLIENT_SECRET.encode() * 2, {"kid": "one"}))
    _refused(await _sign_on(browser, provider), browser, 403, "unsupported_algorithm")
    assert email


async def test_another_issuer_is_refused_in_the_answer_and_in_the_document(
    platform: Platform, browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    mixed = await _sign_on(browser, provider, iss="https://evil.test")
    _refused(mixed, browser, 403, "Another provider answered")
    provider.metadata["issuer"] = "https://evil.test"
    server: Any = create_server(lambda: _platform(platform, provider))
    async with server.lifespan_context(server):
        fresh = make_browser(server)
        _refused(await fresh.get("/login/sso"), fresh, 503, "another one than OIDC_ISSUER")
    assert email


async def test_an_address_that_was_never_confirmed_is_nobodys(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    for verified in (False, None, "false", 1):
        provider.person |= {"email_verified": verified}
        _refused(await _sign_on(browser, provider), browser, 403, "not confirmed")
    assert email


async def test_who_was_not_invited_stays_out_unless_the_operator_lets_newcomers_in(
    platform: Platform, database: Database, org: uuid.UUID, browser: Browser, provider: OpenIdProvider
) -> None:
    new = f"{uuid.uuid4()}@v.test"
    provider.person |= {"email": new, "email_verified": "true", "name": "Bo\x07 Newman"}
    _refused(await _sign_on(browser, provider), browser, 403, "Nobody here has this address")
    nowhere: Any = create_server(lambda: _platform(platform, provider, oidc_newcomers="no such one"))
    async with nowhere.lifespan_context(nowhere):
        lost = make_browser(nowhere)
        _refused(await _sign_on(lost, provider), lost, 500, "OIDC_NEWCOMERS")
    server: Any = create_server(lambda: _platform(platform, provider, oidc_newcomers=str(org)))
    async with server.lifespan_context(server):
        open_one = make_browser(server)
        assert (await _sign_on(open_one, provider)).status_code == 303
        assert "Nobody said yet which agent you are." in (await open_one.get("/calls")).text
    async with database.tenant(org) as session:
        user = await session.scalar(select(User).where(User.email == new))
        deeds = (await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))).all()
    assert user
    assert (user.role, user.state, user.name) == ("agent", "active", None)
    assert deeds == ["user.signed_on_first", "session.created"]


async def test_who_came_by_the_provider_can_sign_out_there_too(
    browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    provider.metadata = {"end_session_endpoint": f"{provider.issuer}/out?tenant=a"}
    await _sign_on(browser, provider)
    assert (await browser.get("/login/sso/out")).headers["location"] == "/logout", "here first"
    left = await browser.submit("/account", to="/logout")
    assert left.headers["location"] == "/login?done=signed-out-here"
    assert 'href="/login/sso/out"' in (await browser.get(left.headers["location"])).text
    there = (await browser.get("/login/sso/out")).headers["location"]
    assert there.startswith(
        f"{provider.issuer}/out?tenant=a&client_id={CLIENT}&post_logout_redirect_uri=https"
    )
    await browser.sign_in(email)
    assert (await browser.submit("/account", to="/logout")).headers["location"] == "/login?done=signed-out"


async def test_without_such_a_way_it_leads_back_to_signing_in(
    browser: Browser, provider: OpenIdProvider
) -> None:
    assert (await browser.get("/login/sso/out")).headers["location"] == "/login"
    assert provider.asked


async def test_an_invitation_is_accepted_by_it_and_its_link_is_over(
    database: Database, org: uuid.UUID, browser: Browser, provider: OpenIdProvider
) -> None:
    email = f"{uuid.uuid4()}@v.test"
    async with database.tenant(org) as session:
        user = User(org_id=org, email=email, role="supervisor")
        session.add(user)
        await session.flush()
        code = await codes.issue(session, user, "invite")
    provider.person |= {"email": email, "email_verified": True}
    assert (await _sign_on(browser, provider)).status_code == 303
    assert "You came by single sign-on." in (await browser.get("/account")).text
    async with database.tenant(org) as session:
        found = await session.scalar(select(User).where(User.email == email))
    assert found
    assert (found.state, found.role, found.password_hash) == ("active", "supervisor", None)
    browser.client.cookies.clear()
    assert "send it again" in (await browser.get(f"/invitation?token={code}")).text


async def test_who_was_deactivated_or_never_confirmed_the_address_here_stays_out(
    database: Database, org: uuid.UUID, browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    for change, back, word in (
        ("deactivated_at = now()", "deactivated_at = NULL", "was deactivated"),
        ("awaits_verification = true", "awaits_verification = false", "Confirm your address first"),
    ):
        async with database.tenant(org) as session:
            await session.execute(text(f"UPDATE users SET {change}"))
        _refused(await _sign_on(browser, provider), browser, 403, word)
        async with database.tenant(org) as session:
            await session.execute(text(f"UPDATE users SET {back}"))
    assert (await _sign_on(browser, provider)).status_code == 303, email


async def test_the_second_factor_is_the_providers_matter(
    database: Database, org: uuid.UUID, browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE organisations SET second_factor_required = true"))
    assert (await _sign_on(browser, provider)).status_code == 303
    assert (await browser.get("/calls")).status_code == 200
    browser.client.cookies.clear()
    await browser.sign_in(email)
    assert (await browser.get("/calls")).headers["location"] == "/account/second-factor"


async def test_signing_on_ends_the_session_of_before(
    database: Database, browser: Browser, provider: OpenIdProvider, email: str
) -> None:
    address = await _there(browser)
    await browser.sign_in(email)
    before = browser.client.cookies[SESSION]
    assert (await browser.get(query(provider.consent(address)))).status_code == 303
    assert browser.client.cookies[SESSION] != before
    assert await sessions.current(database, before) is None


async def test_it_takes_ten_minutes_at_most(
    browser: Browser, provider: OpenIdProvider, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = query(provider.consent(await _there(browser)))
    later = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    _refused(await browser.get(back), browser, 400, "more than ten minutes")
    assert email


async def test_what_the_provider_refuses_is_said_in_our_words_only(
    browser: Browser, provider: OpenIdProvider
) -> None:
    provider.refuses = "access_denied"
    _refused(await _sign_on(browser, provider), browser, 403, "access was denied")
    provider.refuses = "<b>call 555"
    strange = await _sign_on(browser, provider)
    _refused(strange, browser, 403, "no reason that we know")
    assert "555" not in strange.text


async def test_a_provider_that_is_away_leaves_the_password(
    platform: Platform, provider: OpenIdProvider, email: str
) -> None:
    gone = dataclasses.replace(provider, port=1)
    server: Any = create_server(lambda: _platform(platform, gone))
    async with server.lifespan_context(server):
        browser = make_browser(server)
        answer = await browser.get("/login/sso")
        _refused(answer, browser, 503, "does not work at the moment")
        assert answer.headers["retry-after"]
        assert (await browser.sign_in(email)).status_code == 303


async def test_a_document_that_leads_elsewhere_is_refused(browser: Browser, provider: OpenIdProvider) -> None:
    for name, value in (
        ("token_endpoint", "http://127.0.0.1/token"), ("authorization_endpoint", "javascript:alert(1)"),
        ("jwks_uri", None), ("userinfo_endpoint", "ftp://127.0.0.1/"),
        ("end_session_endpoint", "javascript:alert(1)"),
    ):  # fmt: skip
        provider.metadata = {name: value}
        _refused(await browser.get("/login/sso"), browser, 503, name)


async def test_a_provider_inside_that_was_not_allowed_is_never_asked(
    platform: Platform, provider: OpenIdProvider
) -> None:
    from calltrace.kit.outbound import OutboundClient, OutboundPolicy

    closed = dataclasses.replace(platform, client=OutboundClient(OutboundPolicy()))
    server: Any = create_server(lambda: _platform(closed, provider))
    async with server.lifespan_context(server):
        browser = make_browser(server)
        _refused(await browser.get("/login/sso"), browser, 503, "not allowed")
    assert provider.asked == []


async def test_without_a_provider_there_is_no_such_page(platform: Platform) -> None:
    server: Any = create_server(lambda: platform)
    async with server.lifespan_context(server):
        browser = make_browser(server)
        assert "/login/sso" not in (await browser.get("/login")).text
        for path in ("/login/sso", "/login/sso/callback?state=x&code=y"):
            assert (await browser.get(path)).status_code == 404
