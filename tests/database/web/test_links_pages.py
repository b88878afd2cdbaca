"""Links of messages: a forgotten password, an invitation."""

import uuid
from typing import Any

import pytest

from calltrace.accounts import throttle
from calltrace.accounts.throttle import PER_PERSON, PER_RECIPIENT
from calltrace.db.session import Database
from database.doors import new_place
from database.web.conftest import PASSWORD, Browser, NewBrowser, NewPerson, new_user
from database.web.letters import letters, newest_link

NEW = "a new and longer one"
FIELDS = {"newPassword": NEW, "repeatedPassword": NEW}


async def test_a_forgotten_password_is_replaced_by_a_link(
    database: Database, org: uuid.UUID, person: NewPerson, new_browser: NewBrowser
) -> None:
    elsewhere = await person("agent")
    email, browser = elsewhere.email, new_browser()
    assert 'href="/forgot-password"' in (await browser.get("/login")).text
    asked = await browser.submit("/forgot-password", {"email": f" {email.upper()} "})
    assert (asked.status_code, "on its way" in asked.text) == (200, True)
    link = await newest_link(database, org, email)
    assert link.startswith("/reset-password?token=")
    assert email in (await browser.get(link)).text
    done = await browser.submit(link, FIELDS, to="/reset-password")
    assert (done.status_code, done.headers["location"]) == (303, "/login?done=password-set")
    assert (await elsewhere.get("/account")).status_code == 303, "every session of before ended"
    assert (await new_browser().sign_in(email)).status_code == 401
    assert (await new_browser().sign_in(email, NEW)).status_code == 303
    again = await browser.get(link)
    assert (again.status_code, "This link does not work" in again.text) == (400, True)


async def test_an_unknown_address_gets_the_same_answer_and_no_letter(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    known, unknown = await new_user(database, org), f"{uuid.uuid4()}@nowhere.test"
    pages: list[tuple[int, str]] = []
    for email in (known, unknown):
        answer = await new_browser().submit("/forgot-password", {"email": email})
        pages.append((answer.status_code, answer.text.replace(email, "")))
    assert pages[0] == pages[1]
    assert len(await letters(database, org, known)) == 1
    assert await letters(database, org, unknown) == []


async def test_nobody_who_was_deactivated_gets_a_link(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson, new_browser: NewBrowser
) -> None:
    agent = await person("agent")
    await admin.submit(
        f"{await _page_of(admin, agent.email)}", to=f"{await _page_of(admin, agent.email)}/deactivate"
    )
    await new_browser().submit("/forgot-password", {"email": agent.email})
    assert await letters(database, org, agent.email) == []


async def _page_of(admin: Browser, email: str) -> str:
    shown = (await admin.get(f"/admin/users?text={email}")).text
    return shown.split('<h3 class="row-title"><a href="')[1].split('"')[0]


async def test_one_address_is_not_flooded_whoever_asks(
    database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    email = await new_user(database, org)
    for _ in range(PER_RECIPIENT + 2):
        answer = await new_browser().submit("/forgot-password", {"email": email})
        assert answer.status_code == 200, "and nobody is told"
    assert len(await letters(database, org, email)) == PER_RECIPIENT


async def test_whoever_asks_for_many_links_is_told_to_wait(new_browser: NewBrowser) -> None:
    browser = new_browser(peer=new_place())
    for _ in range(PER_PERSON):
        assert (
            await browser.submit("/forgot-password", {"email": f"{uuid.uuid4()}@n.test"})
        ).status_code == 200
    answer = await browser.submit("/forgot-password", {"email": "x@n.test"})
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"newPassword": "short", "repeatedPassword": "short"}, "newPassword"),
     ({"repeatedPassword": "another one"}, "repeatedPassword")],
)  # fmt: skip
async def test_a_password_that_will_not_do_leaves_the_link_good(
    database: Database, org: uuid.UUID, new_browser: NewBrowser, changes: dict[str, Any], field: str
) -> None:
    email, browser = await new_user(database, org), new_browser()
    await browser.submit("/forgot-password", {"email": email})
    link = await newest_link(database, org, email)
    refused = await browser.submit(link, FIELDS | changes | {"email": email}, to="/reset-password")
    assert (refused.status_code, f'id="{field}-mistake"' in refused.text) == (400, True)
    assert NEW not in refused.text
    assert email in refused.text
    assert (await browser.submit(link, FIELDS, to="/reset-password")).status_code == 303


@pytest.mark.parametrize("path", ["/reset-password", "/invitation", "/verify-email"])
@pytest.mark.parametrize("query", ["", "?token=", "?token=%00", "?token=nonsense"])
async def test_a_link_that_is_none_says_so(new_browser: NewBrowser, path: str, query: str) -> None:
    answer = await new_browser().get(path + query)
    assert (answer.status_code, "This link does not work" in answer.text) == (400, True)


async def test_trying_many_links_is_slowed_down(
    new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_PLACE", 2)
    browser = new_browser(peer=new_place())
    seen = [(await browser.get(f"/reset-password?token={n}")).status_code for n in range(3)]
    assert seen == [400, 400, 429]


async def test_an_invitation_makes_somebody_who_is_signed_in(
    database: Database, org: uuid.UUID, admin: Browser, new_browser: NewBrowser
) -> None:
    email = f"{uuid.uuid4()}@v.test"
    made = await admin.submit("/admin/users/new", {"email": email, "role": "reviewer"})
    assert made.status_code == 201
    link = await newest_link(database, org, email)
    assert f"https://calls.test{link}" in made.text, "without a mail server the admin hands it over"
    letter = (await letters(database, org, email))[0]
    assert admin.email in (letter.body or "")
    browser = new_browser()
    assert (await browser.sign_in(email, "")).status_code == 401
    joined = await browser.submit(link, FIELDS | {"name": "Jane Okonkwo"}, to="/invitation")
    assert (joined.status_code, joined.headers["location"]) == (303, "/")
    account = (await browser.get("/account")).text
    assert email in account
    assert "Jane Okonkwo" in account
    assert (await new_browser().sign_in(email, NEW)).status_code == 303
    assert (await new_browser().get(link)).status_code == 400


async def test_an_address_is_confirmed_by_a_button_and_not_by_opening_the_link(
    database: Database, org: uuid.UUID, admin: Browser, new_browser: NewBrowser
) -> None:
    email = f"{uuid.uuid4()}@v.test"
    await admin.submit("/account/email", {"email": email, "currentPassword": PASSWORD})
    assert "not confirmed" in (await admin.get("/account")).text
    await admin.submit("/account", to="/account/email/again")
    first, link = [_link(one.body) for one in await letters(database, org, email)]
    browser = new_browser()
    assert (await browser.get(first)).status_code == 400, "the newer one took its place"
    for _ in range(2):
        shown = await browser.get(link)
        assert (shown.status_code, email in shown.text) == (200, True)
    done = await browser.submit(link, to="/verify-email")
    assert (done.status_code, done.headers["location"]) == (303, "/login?done=address-confirmed")
    assert "Your address is confirmed" in (await browser.get(done.headers["location"])).text
    assert "not confirmed" not in (await admin.get("/account")).text
    again = await browser.get(link)
    assert (again.status_code, "within a day" in again.text) == (400, True)


def _link(body: str | None) -> str:
    return "/verify-email" + (body or "").partition("https://calls.test/verify-email")[2].split()[0]
