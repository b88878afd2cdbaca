"""The menu: beside the page on a wide screen, behind a button on a narrow one."""

import pytest
from playwright.sync_api import Page, StorageState, expect

from whole.browser.conftest import NewSeat


def _open(new_seat: NewSeat, cookies: StorageState, width: int, height: int) -> Page:
    return new_seat(cookies, viewport={"width": width, "height": height}).go("/account")


def test_on_a_phone_it_opens_closes_and_leads_on(new_seat: NewSeat, cookies: StorageState) -> None:
    page = _open(new_seat, cookies, 390, 844)
    button, calls = page.get_by_role("button", name="Menu"), page.get_by_role("link", name="Calls")
    expect(calls).to_be_hidden()
    button.click()
    expect(page.get_by_role("link", name="Account")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(calls).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(calls).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()


@pytest.mark.parametrize("height", [1000, 620])
def test_beside_the_page_all_of_it_is_on_the_screen(
    new_seat: NewSeat, cookies: StorageState, height: int
) -> None:
    page = _open(new_seat, cookies, 1280, height)
    expect(page.get_by_role("button", name="Menu")).to_be_hidden()
    for name in ("Calls", "Account"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_in_viewport(ratio=1)
    account = page.get_by_role("link", name="Account", exact=True).bounding_box()
    out = page.get_by_role("button", name="Sign out", exact=True).bounding_box()
    assert account
    assert out
    assert account["y"] + account["height"] <= out["y"]
