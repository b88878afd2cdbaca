"""Somebody builds, tries, back-tests and publishes a scorecard, in a real browser on the real platform."""

import re

from playwright.sync_api import Page, StorageState, expect

from whole.browser.conftest import NewSeat, Seat, until
from whole.harness import PATIENCE

LONG_MS = PATIENCE * 1000


def copied(seat: Seat, name: str) -> str:
    """A draft of one's own, begun with the one that ships: the address of its page."""
    page = seat.go("/scorecards")
    page.get_by_role("button", name=f"Copy {name}").click()
    page.get_by_role("heading", name="Add a criterion").wait_for()
    return page.url.removeprefix(seat.url).split("/edit")[0]


def add_greeting(page: Page, name: str = "Says good day") -> None:
    """One more criterion, by its form."""
    page.get_by_role("link", name="Said Something is said").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Key", exact=True).fill("says_good_day")
    page.get_by_label("Words", exact=True).first.fill("good (day|morning|afternoon)\nhello")
    page.get_by_role("button", name="Add to the draft").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_a_scorecard_is_built_tried_back_tested_and_published(
    admin: Seat, two_heard: tuple[str, str]
) -> None:
    here = copied(admin, "General service call")
    page = admin.page
    add_greeting(page)

    first = page.locator(".ask h3 a").first
    before = first.inner_text()
    page.get_by_role("button", name=f"Move {before} down").click()
    expect(first).not_to_have_text(before)  # in place
    expect(page.get_by_role("button", name=f"Move {before} down")).to_be_focused()
    page.get_by_role("button", name=f"Move {before} up").click()
    expect(first).to_have_text(before)

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("sample call.mp3").first.check()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="How the call is judged")).to_be_visible(timeout=LONG_MS)
    ours = page.locator(".criterion").filter(has_text="Says good day")
    expect(ours).to_be_visible()
    assert f"/calls/{two_heard[0]}#seg-" in (page.locator(".quote").first.get_attribute("href") or "")

    page.get_by_role("link", name="Back-tests").click()
    page.get_by_role("button", name="Start back-test").click()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=LONG_MS)
    expect(page.get_by_role("heading", name=re.compile(r"Back-test of \d+ calls"))).to_be_visible()
    expect(page.get_by_role("region", name="Criteria").get_by_role("listitem")).not_to_have_count(0)
    page.get_by_role("link", name="Review and publish").click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="was published")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("version 1")
    assert page.url.startswith(admin.url + here)


def test_a_scorecard_is_built_without_scripts(new_seat: NewSeat, cookies: StorageState) -> None:
    seat = new_seat(cookies, java_script_enabled=False)
    page = seat.page
    copied(seat, "Sales call")
    add_greeting(page, "Says hello")
    first = page.locator(".ask h3 a").first
    before = first.inner_text()
    page.get_by_role("button", name=f"Move {before} down").click()
    expect(first).not_to_have_text(before)
    expect(page.get_by_role("status").filter(has_text="draft was saved")).to_be_visible()
    page.get_by_role("button", name="Remove Says hello").click()
    expect(page.get_by_role("link", name="Says hello")).to_have_count(0)


def test_a_fault_leads_to_its_line(admin: Seat) -> None:
    here = copied(admin, "Sales call")
    page = admin.go(f"{here}/yaml")
    text = page.get_by_role("textbox", name="The draft")
    written = text.input_value().replace("points: 10", "points: ten", 1)
    text.fill(written)
    page.get_by_role("button", name="Save the draft").click()
    place = page.locator(".fault-place")
    expect(place).to_have_count(1)
    place.click()
    selected = "document.getElementById('text').value.slice(text.selectionStart, text.selectionEnd)"
    until(page, f"{selected}.includes('points: ten')")
    assert text.input_value() == written


def test_of_two_who_build_the_second_sees_what_the_first_did(
    new_seat: NewSeat, cookies: StorageState
) -> None:
    one = new_seat(cookies)
    here = copied(one, "Sales call")
    other = new_seat(cookies)
    other.go(f"{here}/edit")
    add_greeting(one.page)
    first = other.page.locator(".ask h3 a").first.inner_text()
    other.page.get_by_role("button", name=f"Move {first} down").click()
    expect(other.page.get_by_role("heading", name="Somebody else saved meanwhile")).to_be_visible()
    other.page.get_by_role("button", name="Save mine all the same").click()
    expect(other.page.get_by_role("link", name="Says good day")).to_be_visible()
    expect(other.page.locator(".ask h3 a").first).not_to_have_text(first)
