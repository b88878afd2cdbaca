"""An hour of a call with two thousand lines: heard by its waveform, its lines, its findings and its keys."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, StorageState, expect

from whole.browser.conftest import NewSeat, Seat, until
from whole.browser.made_call import make_call
from whole.conftest import Stage

HOUR = 3600


@pytest.fixture(scope="module")
def long_call(stage: Stage) -> str:
    data = Path(stage.installation.environment["CALLTRACE_DATA_DIR"])
    return make_call(data, stage.installation.url, HOUR, 2000)


def _at(page: Page) -> float:
    found: Any = page.evaluate("document.querySelector('audio').currentTime")
    return float(found)


def test_an_hour_is_led_through_by_its_waveform_and_by_keys(admin: Seat, long_call: str) -> None:
    page = admin.go(f"/calls/{long_call}")
    wave = page.get_by_role("slider", name="Moment of the call")
    expect(wave.locator("canvas")).to_be_visible()
    until(page, "document.querySelector('audio').readyState > 0")

    box = wave.bounding_box()
    assert box
    wave.click(position={"x": box["width"] / 2, "y": 20})
    until(page, f"Math.abs(document.querySelector('audio').currentTime - {HOUR / 2}) < 20")
    line = page.locator(".line[aria-current]")
    expect(line).to_be_in_viewport()
    assert abs(float(line.get_attribute("data-start") or "") - HOUR / 2) < 20
    page.keyboard.press("Space")

    page.keyboard.press("n")
    quote = page.locator(".quote[aria-current]")
    start = float(quote.get_attribute("data-seek") or "")
    expect(page.locator(".wave-found")).to_have_attribute("data-start", f"{start:g}")
    until(page, f"Math.abs(document.querySelector('audio').currentTime - {start}) < 4")
    page.keyboard.press("Space")

    for _ in range(2):
        page.keyboard.press(">")
    expect(page.get_by_role("status").filter(has_text="Speed")).to_have_text("Speed 1.5")
    page.keyboard.press("<")
    expect(page.get_by_role("status").filter(has_text="Speed")).to_have_text("Speed 1.25")

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("next finding")
    before = _at(page)
    page.keyboard.press("ArrowRight")
    assert _at(page) == before, "keys are the list's while it is open"
    page.keyboard.press("?")
    expect(keys).to_be_hidden()

    wave.focus()
    page.keyboard.press("End")
    until(page, f"document.querySelector('audio').currentTime > {HOUR - 5}")
    page.keyboard.press("Home")
    until(page, "document.querySelector('audio').currentTime < 5")


def test_without_scripts_the_strip_of_the_server_is_there(
    new_seat: NewSeat, cookies: StorageState, long_call: str
) -> None:
    page = new_seat(cookies, java_script_enabled=False).go(f"/calls/{long_call}")
    expect(page.get_by_role("img", name="When agent and customer speak")).to_be_visible()
    expect(page.locator(".line")).to_have_count(1880)
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()
