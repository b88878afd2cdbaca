"""The own password and the own sessions, through the page."""

import uuid

import pytest
from sqlalchemy import text

from calltrace.accounts import throttle
from calltrace.accounts.throttle import PER_PERSON
from calltrace.db.session import Database
from database.conftest import NewOrg
from database.web.conftest import PASSWORD, Browser, NewBrowser, NewPerson, hidden
from database.web.letters import letters, newest_link

NEW = "a new and longer one"
FIELDS = {"currentPassword": PASSWORD, "newPassword": NEW, "repeatedPassword": NEW}


async def _alive(browser: Browser) -> bool:
    return (await browser.get("/account")).status_code == 200


async def test_a_new_password_signs_out_everywhere_else(admin: Browser, new_browser: NewBrowser) -> None:
    elsewhere, later = new_browser(), new_browser()
    await elsewhere.sign_in(admin.email)
    answer = await admin.submit("/account", FIELDS, to="/account/password")
    assert answer.headers["location"] == "/account?done=password-changed"
    assert await _alive(admin)
    assert not await _alive(elsewhere)
    assert (await later.sign_in(admin.email)).status_code == 401
    assert (await later.sign_in(admin.email, NEW)).status_code == 303


@pytest.mark.parametrize(
    ("changes", "field", "detail"),
    [({"currentPassword": "wrong"}, "currentPassword", "not your current password"),
     ({"newPassword": "short", "repeatedPassword": "short"}, "newPassword", "at least 8"),
     ({"newPassword": "x" * 1025, "repeatedPassword": "x" * 1025}, "newPassword", "at most 1024"),
     ({"repeatedPassword": "another one"}, "repeatedPassword", "not the same")],
    ids=["wrong", "short", "long", "different"],
)  # fmt: skip
async def test_a_password_that_will_not_do_is_said_at_the_field(
    admin: Browser, new_browser: NewBrowser, changes: dict[str, str], field: str, detail: str
) -> None:
    answer = await admin.submit("/account", FIELDS | changes, to="/account/password")
    assert answer.status_code == 400
    assert f'id="{field}-mistake"' in answer.text
    assert detail in answer.text
    assert NEW not in answer.text
    assert (await new_browser().sign_in(admin.email)).status_code == 303, "the old one is still right"


async def test_the_current_password_cannot_be_guessed_in_an_open_session(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "WINDOW_SECONDS", 10**9)  # no window ends while the test runs
    statuses = [
        (
            await admin.submit("/account", FIELDS | {"currentPassword": "no"}, to="/account/password")
        ).status_code
        for _ in range(PER_PERSON + 1)
    ]
    assert statuses == [400] * PER_PERSON + [429]
    refused = await admin.submit("/account", FIELDS, to="/account/password")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)


async def test_sessions_are_listed_and_ended_one_by_one(admin: Browser, new_browser: NewBrowser) -> None:
    elsewhere = new_browser()
    elsewhere.client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"
    await elsewhere.sign_in(admin.email)
    page = (await admin.get("/account")).text
    assert "Firefox on Linux" in page
    assert page.count("this one") == 1
    path = next(part for part in page.split('"') if part.endswith("/end"))
    answer = await admin.submit("/account", to=path)
    assert answer.headers["location"] == "/account?done=session-ended"
    assert not await _alive(elsewhere)
    assert await _alive(admin)


async def test_all_other_sessions_are_ended_at_once(admin: Browser, new_browser: NewBrowser) -> None:
    others = [new_browser(), new_browser()]
    for other in others:
        await other.sign_in(admin.email)
    await admin.submit("/account", to="/account/sessions/end-others")
    assert [await _alive(one) for one in (admin, *others)] == [True, False, False]


async def test_a_colleagues_session_does_not_exist(
    admin: Browser, person: NewPerson, database: Database, org: uuid.UUID
) -> None:
    colleague = await person("owner")
    async with database.tenant(org) as session:
        query = "SELECT s.id FROM web_sessions s JOIN users u ON u.id = s.user_id WHERE u.email = :email"
        found = await session.scalar(text(query), {"email": colleague.email})
    csrf = hidden(await admin.get("/account"))
    assert (await admin.send(f"/account/sessions/{found}/end", csrf)).status_code == 404
    assert (await admin.send("/account/sessions/nonsense/end", csrf)).status_code == 404
    assert await _alive(colleague)


async def test_who_signed_in_and_out_and_changed_what_is_in_the_audit_trail(
    admin: Browser, new_browser: NewBrowser, database: Database, org: uuid.UUID
) -> None:
    elsewhere = new_browser()
    await elsewhere.sign_in(admin.email)
    await admin.submit("/account", FIELDS, to="/account/password")
    await admin.submit("/logout")
    query = text("SELECT action, actor_kind, actor FROM audit_entries ORDER BY created_at, id")
    async with database.tenant(org) as session:
        entries = [tuple(row) for row in (await session.execute(query)).all()]
    assert entries.pop(0) == ("user.created", "operator", "command line")
    assert [action for action, _kind, _actor in entries] == [
        "session.created", "session.created", "user.password_changed", "session.revoked", "session.revoked"
    ]  # fmt: skip
    assert {(kind, actor) for _action, kind, actor in entries} == {("user", admin.email)}


async def test_another_address_opens_the_account_and_the_old_one_is_told(
    admin: Browser, database: Database, org: uuid.UUID, new_browser: NewBrowser
) -> None:
    before, email = admin.email, f"{uuid.uuid4()}@v.test"
    await new_browser().submit("/forgot-password", {"email": before})
    stale = await newest_link(database, org, before)
    answer = await admin.submit("/account/email", {"email": email, "currentPassword": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=address-changed")
    assert email in (await admin.get("/account")).text
    assert (await new_browser().sign_in(before)).status_code == 401
    assert (await new_browser().sign_in(email)).status_code == 303
    assert email in ((await letters(database, org, before))[-1].body or "")
    assert (await new_browser().get(stale)).status_code == 400, "its link lies in the old mailbox"


async def test_an_address_that_will_not_do_is_said_at_the_field(
    admin: Browser, person: NewPerson, new_org: NewOrg
) -> None:
    stranger = await person("owner", await new_org())
    for changes, field, detail, status in (
        ({"email": "nobody"}, "email", "is not an e-mail address", 400),
        ({"email": stranger.email.upper()}, "email", "Somebody else signs in", 409),
        ({"currentPassword": "wrong"}, "currentPassword", "not your current password", 400),
    ):
        fields = {"email": f"{uuid.uuid4()}@v.test", "currentPassword": PASSWORD} | changes
        answer = await admin.submit("/account/email", fields)
        assert (answer.status_code, f'id="{field}-mistake"' in answer.text) == (status, True)
        assert detail in answer.text
    assert admin.email in (await admin.get("/account")).text


async def test_a_telephone_number_is_kept_as_it_is_dialled(admin: Browser) -> None:
    fields = {"name": "Ada", "phoneNumber": "+44 (20) 7946-0018"}
    assert (await admin.submit("/account", fields, to="/account/profile")).status_code == 303
    assert 'value="+442079460018"' in (await admin.get("/account")).text
    wrong = await admin.submit("/account", fields | {"phoneNumber": "020 7946"}, to="/account/profile")
    assert (wrong.status_code, 'id="phoneNumber-mistake"' in wrong.text) == (400, True)
    assert 'value="020 7946"' in wrong.text
