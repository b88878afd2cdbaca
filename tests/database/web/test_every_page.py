"""What holds for every page that there is and will be, read from the routes and not from a list."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from calltrace.web.app import create_web
from database.web.conftest import Browser, NewBrowser, NewPerson, hidden

OPEN = {
    "/login", "/login/second-factor", "/logout", "/docs", "/docs/{contract}", "/problems/{code}",
    "/forgot-password", "/reset-password", "/invitation", "/login/sso", "/login/sso/callback",
    "/login/sso/out",
    "/verify-email",
}  # fmt: skip
"""Pages for whoever is not signed in; what belongs to them is tested where they are."""


def _routes(method: str) -> Iterator[str]:
    for route in _flat(create_web().routes):
        if method in (route.methods or ()) and not route.path.startswith("/static"):
            yield route.path


def _flat(routes: Any) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _flat(getattr(getattr(route, "original_router", route), "routes", ()))


def _named(path: str, name: str) -> str:
    return "/".join(name if part.startswith("{") else part for part in path.split("/"))


def _filled(path: str) -> str:
    return _named(path, str(uuid.uuid4()))


PAGES, FORMS = sorted(set(_routes("GET"))), sorted(set(_routes("POST")))


def test_the_routes_are_found() -> None:
    assert {"/login", "/account", "/admin/integrations/api-keys/{key_id}/revoke"} <= set(PAGES)
    assert {"/login", "/logout", "/account/password", "/admin/integrations/api-keys/new"} <= set(FORMS)


@pytest.mark.parametrize("path", [path for path in PAGES if path not in OPEN])
async def test_nobody_sees_a_page_without_signing_in(new_browser: NewBrowser, path: str) -> None:
    path = _filled(path)
    answer = await new_browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"] in {f"/login?next={path}", "/login"}


@pytest.mark.parametrize("path", [path for path in FORMS if path not in OPEN])
async def test_nobody_sends_a_form_without_signing_in(new_browser: NewBrowser, path: str) -> None:
    answer = await new_browser().send(_filled(path), {"csrf": "x"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_from_elsewhere_is_refused(person: NewPerson, path: str) -> None:
    admin = await person("owner")
    token = hidden(await admin.get("/logout"))["csrf"]
    fields = {"csrf": token, "email": admin.email, "password": "x", "name": "x", "scopes": "calls:read"}
    path = _filled(path)
    answers = [
        await admin.send(path, fields | {"csrf": ""}),
        await admin.send(path, fields | {"csrf": token[::-1]}),
        await admin.send(path, fields, Origin="https://evil.test"),
        await admin.send(path, fields, Origin="https://calls.test:444"),
        await admin.send(path, fields, Origin="null"),
        await admin.client.post(path, data=fields),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert all("This form was not accepted" in answer.text for answer in answers)


@pytest.mark.accepts("CT-002")
@pytest.mark.parametrize("role", ["supervisor", "reviewer", "agent"])
async def test_integrations_are_for_owners_and_admins_only(person: NewPerson, role: str) -> None:
    browser = await person(role)
    token = hidden(await browser.get("/logout"))["csrf"]
    for path in PAGES:
        if path.startswith("/admin") or path in {"/account/api-keys", "/account/webhooks"}:
            assert (await browser.get(_filled(path))).status_code == 403, path
    for path in FORMS:
        if path.startswith("/admin"):
            assert (await browser.send(_filled(path), {"csrf": token})).status_code == 403, path
    home = await browser.get("/account")
    assert "/admin/integrations" not in home.text


@pytest.mark.accepts("CT-002")
@pytest.mark.parametrize("role", ["owner", "admin"])
async def test_owners_and_admins_see_integrations(person: NewPerson, role: str) -> None:
    browser = await person(role)
    assert (await browser.get("/")).headers["location"] == "/welcome", "there is no call yet"
    assert 'href="/admin/integrations"' in (await browser.get("/account")).text


@pytest.mark.parametrize("role", ["owner", "admin", "supervisor", "reviewer"])
async def test_whoever_judges_calls_begins_with_them(person: NewPerson, role: str) -> None:
    browser = await person(role)
    begins = "/welcome" if role in {"owner", "admin"} else "/calls"
    assert (await browser.get("/")).headers["location"] == begins
    assert (await browser.get("/calls")).status_code == 200
    assert 'href="/calls"' in (await browser.get("/account")).text


async def test_agents_begin_with_calls_and_judge_none(person: NewPerson) -> None:
    browser = await person("agent")
    token = hidden(await browser.get("/logout"))["csrf"]
    assert (await browser.get("/")).headers["location"] == "/calls"
    shown = await browser.get("/calls")
    assert "Nobody said yet which agent you are." in shown.text
    assert 'href="/reviews"' not in shown.text
    judging = [path for path in PAGES if path.startswith("/reviews") or path == "/calls/upload"]
    assert len(judging) >= 4
    for path in judging:
        answer = await browser.get(_filled(path))
        assert answer.status_code == 403, path
        assert "owners, admins, supervisors and reviewers" in answer.text
    for path in FORMS:
        if path.startswith("/reviews") or path == "/calls/upload":
            assert (await browser.send(_filled(path), {"csrf": token})).status_code == 403, path


async def test_an_agent_sees_nothing_of_scorecards(person: NewPerson) -> None:
    browser = await person("agent")
    token = hidden(await browser.get("/logout"))["csrf"]
    assert 'href="/scorecards"' not in (await browser.get("/account")).text
    pages = [path for path in PAGES if path.startswith("/scorecards")]
    assert len(pages) >= 15
    for path in pages:
        answer = await browser.get(_filled(path))
        assert answer.status_code == 403, path
        reasons = ("Scorecards are for", "change scorecards", "Scorecards are tried")
        assert any(reason in answer.text for reason in reasons)
    for path in FORMS:
        if path.startswith("/scorecards"):
            assert (await browser.send(_filled(path), {"csrf": token})).status_code == 403, path


TRYING = {f"/scorecards/{{scorecard_id}}{end}" for end in (
    "/try", "/backtests", "/backtests/{backtest_id}/cancel",
)}  # fmt: skip
"""What whoever judges calls may do with scorecards, without changing any."""


@pytest.mark.parametrize("role", ["supervisor", "reviewer"])
async def test_scorecards_are_changed_by_owners_and_admins_only(person: NewPerson, role: str) -> None:
    browser = await person(role)
    token = hidden(await browser.get("/logout"))["csrf"]
    shown = await browser.get("/scorecards")
    assert shown.status_code == 200
    assert "<form" not in shown.text.split("<main")[1]
    changing = [path for path in FORMS if path.startswith("/scorecards") and path not in TRYING]
    assert len(changing) >= 10
    for path in changing:
        assert (await browser.send(_filled(path), {"csrf": token})).status_code == 403, path
    for path in TRYING:
        tried = (await browser.send(_filled(path), {"csrf": token})).status_code
        assert (tried == 403) == (role == "supervisor"), path


async def test_a_supervisor_reads_scorecards_and_nothing_that_tells_of_calls_of_other_teams(
    person: NewPerson,
) -> None:
    browser = await person("supervisor")
    pages = [path for path in PAGES if "/backtests" in path or path.endswith("/try")]
    assert len(pages) >= 4
    for path in pages:
        answer = await browser.get(_filled(path))
        assert answer.status_code == 403, path
        assert "tried on calls by owners, admins and reviewers" in answer.text


OF_SOMETHING = (
    "/calls/", "/reviews/", "/admin/teams/", "/admin/users/", "/projects/", "/campaigns/", "/call-centers/",
    "/engagements/",
)  # fmt: skip
OF_CALLS = [path for path in FORMS if path.startswith(OF_SOMETHING) and "{" in path]


@pytest.mark.parametrize("path", OF_CALLS)
async def test_what_does_not_exist_is_404_for_every_form_on_calls(admin: Browser, path: str) -> None:
    token = hidden(await admin.get("/logout"))["csrf"]
    fields = {
        "csrf": token, "decision": "confirm", "revision": "0", "text": "x", "reason": "x",
        "outcome": "rejected", "name": "x", "kind": "needs_review",
        "role": "agent",
    }  # fmt: skip
    for verb in ("claim", "assign"):
        address = _filled(path.replace("{verb}", verb))
        assert (await admin.send(address, fields)).status_code == 404, address


@pytest.mark.parametrize("path", [path for path in PAGES if "{" in path])
async def test_what_does_not_exist_is_404_for_every_page_of_one_thing(admin: Browser, path: str) -> None:
    for name in (str(uuid.uuid4()), "nonsense", "%00", "a" * 500):
        answer = await admin.get(_named(path, name))
        assert answer.status_code == 404, (path, name)
        assert answer.headers["content-type"].startswith("text/html")


async def test_pages_carry_the_security_headers(admin: Browser) -> None:
    for path in ("/login", "/account", "/nowhere", "/admin/integrations/api-keys/new"):
        answer = await admin.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"]
        assert answer.headers["x-request-id"].startswith("req_")
        assert " style=" not in answer.text
        assert "<script>" not in answer.text
        assert "http://" not in answer.text.replace("http://www.w3.org", "")
