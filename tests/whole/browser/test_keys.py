"""A person makes an API key, uses it and takes it back, in a real browser against the real platform."""

import re

import httpx2
import pytest
from playwright.sync_api import Error, StorageState, expect

from whole.browser.conftest import EMAIL, NewSeat, Seat
from whole.conftest import Stage

LIST = "/admin/integrations/api-keys"
TOKEN = re.compile(r"ct_live_\w{46}")


def _create(seat: Seat, name: str) -> str:
    page = seat.go(LIST)
    page.get_by_role("link", name="New API key").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create API key").click()
    token = page.get_by_label(f"Token of {name}").input_value()
    assert TOKEN.fullmatch(token)
    return token


def _status(stage: Stage, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.get(f"{stage.installation.url}/api/v1/analyses", headers=headers, timeout=30).status_code


@pytest.mark.accepts("CT-001", "CT-007", "CT-012", "CT-015", "CT-016")
def test_a_key_works_until_it_is_revoked(admin: Seat, stage: Stage) -> None:
    token = _create(admin, "story one")
    assert _status(stage, token) == 200
    page = admin.go(LIST)
    row = page.get_by_role("listitem").filter(has_text="story one")
    expect(row).to_contain_text("last used")
    row.get_by_role("link", name="Revoke story one").click()
    page.get_by_role("button", name="Revoke this key").click()
    expect(page.get_by_role("status")).to_contain_text("opens nothing any more")
    assert _status(stage, token) == 401
    assert "done=" not in page.url, "a reload does not say it again"


@pytest.mark.accepts("CT-007", "CT-008")
def test_neither_reload_nor_the_back_button_brings_the_token_back(admin: Seat) -> None:
    token = _create(admin, "shown once")
    page = admin.page
    page.reload()  # sends the form again
    expect(page.get_by_role("heading", name="This form was sent before")).to_be_visible()
    assert token not in page.content()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_text("shown once")).to_have_count(1)
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # it was not kept: the browser asks for the form again
        page.go_back()
    expect(page.get_by_label("Token of shown once")).to_have_count(0)


def test_the_token_can_be_copied(new_seat: NewSeat, cookies: StorageState) -> None:
    seat = new_seat(cookies, permissions=["clipboard-read", "clipboard-write"])
    token = _create(seat, "copied")
    seat.page.get_by_role("button", name="Copy").click()
    expect(seat.page.get_by_text("Copied.")).to_be_visible()
    assert seat.page.evaluate("navigator.clipboard.readText()") == token


def test_everything_works_without_scripts(new_seat: NewSeat, password: str, stage: Stage) -> None:
    seat = new_seat(java_script_enabled=False)
    seat.sign_in(password)
    token = _create(seat, "no scripts")
    assert not seat.page.get_by_role("button", name="Copy").is_visible()
    assert _status(stage, token) == 200
    page = seat.go(LIST)
    page.get_by_role("link", name="Revoke no scripts").click()
    page.get_by_role("button", name="Revoke this key").click()
    assert _status(stage, token) == 401


def test_everything_works_with_the_keyboard_alone(seat: Seat, password: str) -> None:
    page = seat.go("/login?next=/admin/integrations/api-keys/new")
    for text in (EMAIL, password):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "INPUT":
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New API key")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    _tab_to(seat, "name")
    page.keyboard.type("by keyboard")
    _tab_to(seat, "scope-3")
    page.keyboard.press("Space")
    _tab_to(seat, "lifetime-permanent")
    page.keyboard.press("ArrowDown")
    assert page.locator("#lifetime-date").is_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Token of by keyboard")).to_be_visible()
    expect(page.get_by_text("calls:read")).to_be_visible()


def _tab_to(seat: Seat, wanted: str) -> None:
    """Move on until an element has the focus; every one on the way shows it."""
    for _ in range(40):
        seat.page.keyboard.press("Tab")
        here, outline = seat.page.evaluate(
            "[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert outline != "none", f"no visible focus on {here}"
        if here == wanted:
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def test_a_mistake_takes_the_focus_and_leads_to_its_field(admin: Seat) -> None:
    page = admin.go(f"{LIST}/new")
    page.get_by_label("Name").fill("mistaken")
    for name in ("analysis:write", "analysis:read"):
        page.get_by_role("checkbox", name=re.compile(name)).uncheck()
    page.get_by_label("Last day (UTC)").fill("2099-01-01")
    assert page.locator("#lifetime-date").is_checked(), "a date is meant"
    page.get_by_role("button", name="Create API key").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    alert.get_by_role("link", name="Choose at least one scope.").click()
    expect(page.locator("#scopes")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("mistaken")
    expect(page.get_by_label("Last day (UTC)")).to_have_value("2099-01-01")
