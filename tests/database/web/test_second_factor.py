"""A second factor: set up, asked for, recovered, taken away."""

import html
import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import text

from calltrace.accounts.throttle import PER_PERSON
from calltrace.db.session import Database
from calltrace.kit import clock
from database.web.conftest import PASSWORD, Browser, NewBrowser, NewPerson, hidden
from database.web.people import user_id

PAGE = "/account/second-factor"
_KEY = re.compile(r'<code class="key">([A-Z2-7 ]+)</code>')
_CODES = re.compile(r"data-secret>([a-z2-7\n-]+)</textarea>")


class Phone:
    """An authenticator whose clock stands until a test turns it on: each half minute has one code."""

    def __init__(self, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self._totp, self.ahead = TOTP(key), timedelta()
        start = clock.now()
        monkeypatch.setattr(clock, "now", lambda: start + self.ahead)

    def code(self) -> str:
        return self._totp.at(clock.now())

    def later(self) -> str:
        self.ahead += timedelta(seconds=30)
        return self.code()


async def set_up(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> tuple[Phone, list[str]]:
    """Give somebody a second factor; answers the phone and the recovery codes."""
    shown = await browser.get(PAGE)
    key = _KEY.search(shown.text)
    assert key, shown.text
    phone = Phone(key[1].replace(" ", ""), monkeypatch)
    fields = hidden(shown) | {"code": phone.code(), "currentPassword": PASSWORD}
    done = await browser.send(f"{PAGE}/enable", fields)
    codes = _CODES.search(done.text)
    assert (done.status_code, codes is not None) == (201, True), done.text
    assert codes
    return phone, html.unescape(codes[1]).split()


async def _first_step(browser: Browser, email: str) -> httpx2.Response:
    answer = await browser.sign_in(email)
    assert (answer.status_code, "One more step" in answer.text) == (200, True)
    assert "calltrace_session" not in answer.headers.get("set-cookie", "")
    return answer


async def _second(browser: Browser, first: httpx2.Response, code: str, **changes: str) -> httpx2.Response:
    return await browser.send("/login/second-factor", hidden(first) | {"code": code} | changes)


async def test_it_is_set_up_and_asked_for(
    database: Database,
    org: uuid.UUID,
    admin: Browser,
    new_browser: NewBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = (await admin.get(PAGE)).text
    assert "<svg" in shown.split("<main")[1]
    assert "style=" not in shown
    phone, codes = await set_up(admin, monkeypatch)
    assert len(codes) == 10
    async with database.tenant(org) as session:
        kept = str((await session.execute(text("SELECT users::text FROM users"))).all())
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert "in use" in (await admin.get("/account")).text
    browser = new_browser()
    first = await _first_step(browser, admin.email)
    assert (await browser.get("/account")).status_code == 303, "half way opens nothing"
    opened = await _second(browser, first, phone.later())
    assert opened.status_code == 303
    assert (await browser.get("/account")).status_code == 200


async def test_a_code_is_not_taken_twice(
    admin: Browser, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _codes = await set_up(admin, monkeypatch)
    one, two = new_browser(), new_browser()
    first, second = await _first_step(one, admin.email), await _first_step(two, admin.email)
    assert (await _second(one, first, phone.code())).status_code == 400, "the one of the setup was used"
    code = phone.later()
    assert (await _second(one, first, code)).status_code == 303
    refused = await _second(two, second, code)
    assert (refused.status_code, 'id="code-mistake"' in refused.text) == (400, True)
    assert (await _second(two, second, phone.later())).status_code == 303


async def test_a_recovery_code_opens_once(
    admin: Browser, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _phone, codes = await set_up(admin, monkeypatch)
    browser = new_browser()
    assert (await _second(browser, await _first_step(browser, admin.email), codes[3])).status_code == 303
    assert "9 of your recovery codes are left" in (await browser.get(PAGE)).text
    other = new_browser()
    assert (await _second(other, await _first_step(other, admin.email), codes[3])).status_code == 400


async def test_the_second_step_belongs_to_the_first(
    database: Database,
    org: uuid.UUID,
    admin: Browser,
    new_browser: NewBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phone, _codes = await set_up(admin, monkeypatch)
    browser, other = new_browser(), new_browser()
    first = await _first_step(browser, admin.email)
    await other.get("/login")
    fields = hidden(await other.get("/login")) | {"ticket": hidden(first)["ticket"], "code": phone.later()}
    stolen = await other.send("/login/second-factor", fields)
    assert (stolen.status_code, "too long" in stolen.text) == (401, True)
    for ticket in ("", "nonsense", hidden(first)["ticket"][:-2]):
        assert (await _second(browser, first, phone.code(), ticket=ticket)).status_code == 401
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE users SET password_hash = password_hash || ' '"))
    changed = await _second(browser, first, phone.code())
    assert changed.status_code == 401, "the password was changed meanwhile"


async def test_the_first_step_is_good_for_a_while(
    admin: Browser, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _codes = await set_up(admin, monkeypatch)
    browser = new_browser()
    first = await _first_step(browser, admin.email)
    phone.ahead += timedelta(minutes=11)
    assert (await _second(browser, first, phone.code())).status_code == 401


async def test_guessing_is_throttled_wherever_it_comes_from(
    admin: Browser, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _codes = await set_up(admin, monkeypatch)
    for _ in range(PER_PERSON - 1):  # one try was the setup
        browser = new_browser()
        assert (await _second(browser, await _first_step(browser, admin.email), "000000")).status_code == 400
    browser = new_browser()
    answer = await _second(browser, await _first_step(browser, admin.email), phone.later())
    assert (answer.status_code, "retry-after" in answer.headers) == (429, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "000000"}, "code"),
        ({"currentPassword": "wrong"}, "currentPassword"),
        ({"sealed": "x"}, "code"),
    ],
)
async def test_nothing_is_set_up_that_was_not_shown_to_work(
    admin: Browser, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], field: str
) -> None:
    shown = await admin.get(PAGE)
    key = _KEY.search(shown.text)
    assert key
    phone = Phone(key[1].replace(" ", ""), monkeypatch)
    fields: dict[str, Any] = hidden(shown) | {"code": phone.code(), "currentPassword": PASSWORD}
    refused = await admin.send(f"{PAGE}/enable", fields | changes)
    assert (refused.status_code, f'id="{field}-mistake"' in refused.text) == (400, True)
    if "sealed" not in changes:
        assert _KEY.search(refused.text), "the same key is offered again"
        assert key[1] in refused.text
    assert "none" in (await admin.get("/account")).text


async def test_new_recovery_codes_end_those_of_before(
    admin: Browser, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    _phone, old = await set_up(admin, monkeypatch)
    wrong = await admin.submit(PAGE, {"currentPassword": "wrong"}, to=f"{PAGE}/renew")
    assert wrong.status_code == 400
    done = await admin.submit(PAGE, {"currentPassword": PASSWORD}, to=f"{PAGE}/renew")
    found = _CODES.search(done.text)
    assert found
    browser = new_browser()
    first = await _first_step(browser, admin.email)
    assert (await _second(browser, first, old[0])).status_code == 400
    assert (await _second(browser, first, found[1].split()[0])).status_code == 303


async def test_it_is_taken_away_with_the_password(
    admin: Browser, new_browser: NewBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(admin, monkeypatch)
    refused = await admin.submit(PAGE, {"currentPassword": "wrong"}, to=f"{PAGE}/disable")
    assert refused.status_code == 400
    done = await admin.submit(PAGE, {"currentPassword": PASSWORD}, to=f"{PAGE}/disable")
    assert done.headers["location"] == "/account?done=second-factor-off"
    assert (await new_browser().sign_in(admin.email)).status_code == 303


async def test_an_admin_takes_it_from_somebody_who_lost_it(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson, new_browser: NewBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    agent = await person("agent")
    await set_up(agent, monkeypatch)
    here = f"/admin/users/{await user_id(database, org, agent)}"
    done = await admin.submit(here, to=f"{here}/second-factor")
    assert done.headers["location"] == f"{here}?done=second-factor-removed"
    assert (await new_browser().sign_in(agent.email)).status_code == 303


async def test_an_organisation_asks_everybody_for_one(
    database: Database, org: uuid.UUID, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE organisations SET second_factor_required = true"))
    for path in ("/", "/calls", "/account", "/admin/users"):
        assert (await admin.get(path)).headers["location"] == PAGE
    assert (await admin.send("/account/profile", {"csrf": "x"})).headers["location"] == PAGE
    assert "asks everybody" in (await admin.get(PAGE)).text
    await set_up(admin, monkeypatch)
    assert (await admin.get("/calls")).status_code == 200
    kept = await admin.submit(PAGE, {"currentPassword": PASSWORD}, to=f"{PAGE}/disable")
    assert (kept.status_code, "asks everybody" in kept.text) == (403, True)


def test_the_clock_of_the_phone_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = Phone(random_base32(), monkeypatch)
    before = clock.now()
    assert phone.code() != phone.later()
    assert isinstance(before, datetime)
    assert clock.now() - before >= timedelta(seconds=30)
