"""Administration in a real browser: the first run, people and their links, a second factor."""

import re
import time
import uuid
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from pyotp.totp import TOTP

from whole.browser.conftest import NewSeat, Seat
from whole.conftest import Stage

SCORED = 150_000
"""Milliseconds that the sample call may take on a shared machine; alone it is a fraction of that."""
PLACES = """[...document.querySelectorAll(".tile")].map((one) => {
    const box = one.getBoundingClientRect();
    return [box.x, box.y, box.width, box.height];
})"""


@dataclass(frozen=True)
class Owner:
    """The owner of an organisation in which nothing has happened yet."""

    email: str
    password: str
    org: str


@pytest.fixture
def owner(stage: Stage) -> Owner:
    return new_owner(stage)


def new_owner(stage: Stage) -> Owner:
    run, name = stage.installation.json, uuid.uuid4().hex[:8]
    org = run("orgs", "create", f"Harbor Broadband {name}")["id"]
    email = f"olivia.{name}@harbor.example"
    made = run("users", "create", email, "--org", org, "--role", "owner")
    return Owner(email, made["password"], org)


def secret(page: Page, label: str) -> str:
    return page.get_by_label(label).input_value()


def invite(seat: Seat, email: str, role: str) -> str:
    """Invite somebody; answers the link's path."""
    page = seat.go("/admin/users/new")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label(role, exact=True).check()
    page.get_by_role("button", name="Send the invitation").click()
    return secret(page, f"Link for {email}").removeprefix(seat.url)


def key_of(page: Page) -> TOTP:
    """The authenticator that scanned the page."""
    return TOTP(page.locator("code.key").inner_text().replace(" ", ""))


def next_code(totp: TOTP, last: str) -> str:
    """A code that was not used yet."""
    while (code := totp.now()) == last:
        time.sleep(1)
    return code


def test_from_an_empty_organisation_to_the_first_score(new_seat: NewSeat, owner: Owner) -> None:
    page = new_seat().sign_in(owner.password, owner.email)
    expect(page.get_by_role("heading", name="Welcome to Call Trace")).to_be_visible()
    page.get_by_role("button", name="Analyse the sample").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("link", name="See the call")).to_be_visible(timeout=SCORED)
    expect(page.locator(".first-score .big")).to_have_text(re.compile(r"\d"))
    page.get_by_role("link", name="See the call").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("sample call")
    page.goto(new_seat().url)  # signed out elsewhere: the sign-in page
    page.get_by_role("link", name="Calls", exact=True).click()
    expect(page.get_by_role("link", name="sample call.mp3")).to_be_visible()


def test_somebody_is_invited_joins_and_is_shut_out(new_seat: NewSeat, owner: Owner) -> None:
    admin, guest = new_seat(), new_seat()
    admin.sign_in(owner.password, owner.email)
    email = f"jane.{uuid.uuid4().hex[:8]}@harbor.example"
    link = invite(admin, email, "Reviewer")
    page = guest.go(link)
    page.get_by_label("Your name").fill("Jane Okonkwo")
    page.get_by_label("Password", exact=True).fill("a sentence to keep in mind")
    page.get_by_label("Password once more").fill("a sentence to keep in mind")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Calls")).to_be_visible()
    expect(guest.go(link).get_by_role("heading", name="This link does not work")).to_be_visible()
    shown = admin.go("/admin/users")
    shown.get_by_role("link", name="Manage Jane Okonkwo").click()
    shown.get_by_label("Supervisor", exact=True).check()
    shown.get_by_role("button", name="Save", exact=True).click()
    expect(shown.get_by_text("The person was saved.")).to_be_visible()
    expect(guest.go("/account").locator(".facts")).to_contain_text("supervisor")
    shown.get_by_role("link", name="Deactivate").click()
    shown.get_by_role("button", name="Deactivate").click()
    expect(shown.get_by_text("signed out everywhere.")).to_be_visible()
    expect(guest.go("/calls").get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_second_factor_is_set_up_and_asked_for(new_seat: NewSeat, owner: Owner) -> None:
    seat, elsewhere = new_seat(), new_seat()
    seat.sign_in(owner.password, owner.email)
    page = seat.go("/account")
    page.get_by_role("link", name="Set up the second factor").click()
    expect(page.locator("svg.qr")).to_be_visible()
    totp = key_of(page)
    used = totp.now()
    page.get_by_label("Code").fill(used)
    page.get_by_label("Current password").fill(owner.password)
    page.get_by_role("button", name="Turn it on").click()
    codes = secret(page, "Recovery codes").split()
    assert len(codes) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator(".facts")).to_contain_text("in use")
    other = elsewhere.go("/login")
    other.get_by_label("E-mail address").fill(owner.email)
    other.get_by_label("Password").fill(owner.password)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="One more step")).to_be_visible()
    other.get_by_label("Code").fill(used)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("alert")).to_contain_text("used already")
    other.get_by_label("Code").fill(next_code(totp, used))
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="Welcome to Call Trace")).to_be_visible()


def test_health_looks_again_without_moving_anything(new_seat: NewSeat, owner: Owner) -> None:
    seat = new_seat()
    seat.sign_in(owner.password, owner.email)
    page = seat.go("/admin/health")
    expect(page.get_by_text("alive", exact=True).first).to_be_visible()
    before = page.evaluate(PLACES)
    with page.expect_response(lambda answer: answer.url.endswith("/admin/health")):
        pass  # the page looks again by itself
    page.wait_for_timeout(1000)
    assert page.evaluate(PLACES) == before
    page.get_by_role("button", name="Check everything").click()
    expect(page.get_by_text("an object was written, read and deleted")).to_be_visible()
