"""The pages of administration, account and first run as pictures; see ``test_looks``."""

import uuid

from playwright.sync_api import Page, expect

from whole.browser.conftest import NewSeat
from whole.browser.looks import Look, look
from whole.browser.test_admin import Owner, invite, key_of, new_owner, next_code, secret
from whole.conftest import Stage

__all__ = ["look"]


def _other(look: Look, stage: Stage) -> Owner:
    """Sign in as the owner of an empty organisation."""
    look.seat.page.context.clear_cookies()
    owner = new_owner(stage)
    look.seat.sign_in(owner.password, owner.email)
    return owner


def test_the_first_run(look: Look, stage: Stage) -> None:
    _other(look, stage)
    look.open("/welcome", "welcome")
    page = look.seat.page
    page.get_by_role("button", name="Make a key").click()
    page.get_by_label("Command").wait_for()
    look.check("welcome-key")
    look.open("/welcome", "welcome-progress", _sample)


def _sample(page: Page) -> None:
    page.get_by_role("button", name="Analyse the sample").click()
    page.get_by_role("progressbar").wait_for()


def test_people(look: Look, stage: Stage) -> None:
    owner = _other(look, stage)
    page = look.seat.page
    look.open("/admin/users/new", "person-new")
    page.get_by_label("E-mail address").fill("nobody")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.get_by_role("button", name="Send the invitation").click()
    page.get_by_role("alert").wait_for()
    look.check("person-mistakes")
    email = f"a.rather.long.address.of.a.person.{uuid.uuid4().hex[:8]}@subsidiary.harbor.example"
    link = invite(look.seat, email, "Supervisor")
    look.check("person-invited")
    look.open("/admin/users", "people")
    page.get_by_role("link", name=f"Manage {email}").click()
    look.check("person")
    here = page.url.removeprefix(look.seat.url)
    look.open(f"{here}/deactivate", "person-deactivate")
    page.get_by_role("button", name="Deactivate").click()
    look.check("person-deactivated")
    look.open(f"{here}/delete", "person-delete")
    look.open("/admin/users?text=nobody+like+this", "people-none")
    look.open("/account", "account-profile")
    look.open("/account/email", "account-email")
    page.goto(f"{look.seat.url}{here}")
    page.get_by_role("button", name="Reactivate").click()
    page.get_by_role("button", name="Send again").click()
    link = secret(page, f"Link for {email}").removeprefix(look.seat.url)
    page.context.clear_cookies()
    look.open(link, "invitation")
    look.open("/invitation?token=x", "link-refused")
    look.open("/verify-email?token=x", "address-refused")
    look.open("/forgot-password", "forgot")
    page.get_by_label("E-mail address").fill(owner.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    look.check("forgot-asked")


def test_a_second_factor(look: Look, stage: Stage) -> None:
    owner = _other(look, stage)
    page = look.seat.page
    look.open("/account/second-factor", "factor-setup")
    totp = key_of(page)
    used = totp.now()
    page.get_by_label("Code").fill(used)
    page.get_by_label("Current password").fill(owner.password)
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_label("Recovery codes").wait_for()
    look.check("factor-codes")
    look.open("/account/second-factor", "factor")
    page.context.clear_cookies()
    look.seat.go("/login")
    page.get_by_label("E-mail address").fill(owner.email)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code").wait_for()
    look.check("factor-asked")
    page.get_by_label("Code").fill(next_code(totp, used))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/welcome")


def test_settings_trail_and_health(look: Look, stage: Stage, new_seat: NewSeat) -> None:
    del new_seat
    _other(look, stage)
    page = look.seat.page
    look.open("/admin/settings", "settings")
    page.get_by_label("Vocabulary").fill("x" * 90)
    page.locator("form[action$=hearing] button").click()
    page.get_by_role("alert").wait_for()
    look.check("settings-mistakes")
    page.goto(f"{look.seat.url}/admin/settings")
    page.get_by_text("settings", exact=False).last.wait_for()
    page.get_by_text("Any language").click()
    page.locator("summary", has_text="settings").click()
    look.check("settings-operator")
    look.open("/admin/audit", "audit")
    look.open("/admin/audit?who=nobody", "audit-none")
    look.open("/billing", "billing")
    look.open("/admin/health", "health")
    page.get_by_role("button", name="Check everything").click()
    page.get_by_text("What was checked just now").wait_for()
    look.check("health-checked")
