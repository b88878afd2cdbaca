"""What an open page is told: calls that came in are shown when asked for, and nobody is disturbed."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from whole.browser.conftest import Seat
from whole.browser.made_call import make_call
from whole.conftest import Stage

AT_WORK = """() => {
  const words = document.querySelectorAll(".line .words")[3];
  getSelection().selectAllChildren(words);
  document.querySelector(".sum summary").focus();
  window.heard = document.querySelector("audio");
  window.chosen = document.querySelector(".quote[aria-current]");
}"""
"""Words are selected, and the keyboard is somewhere."""
STILL = """() => [String(getSelection()), document.activeElement.matches(".sum summary"),
  document.querySelector(".sum").open,
  window.chosen.isConnected && window.chosen.hasAttribute("aria-current"), window.heard.isConnected]"""


@pytest.fixture
def silent(stage: Stage) -> Generator[Stage]:
    """The receiver of webhooks answers nobody, until it is let."""
    stage.world.gate.clear()
    yield stage
    stage.world.gate.set()


def test_a_new_call_is_announced_and_the_page_of_one_changes_under_nobodys_hands(
    admin: Seat, silent: Stage
) -> None:
    data = Path(silent.installation.environment["CALLTRACE_DATA_DIR"])
    first = make_call(data, silent.installation.url, 60, 40)
    page = admin.go("/calls")
    rows = page.locator(".calls tbody tr")
    expect(rows.first.get_by_role("link")).to_have_attribute("href", f"/calls/{first}")
    made = make_call(data, silent.installation.url, 120, 60)
    news = page.get_by_role("status").get_by_role("link", name="1 new call")
    expect(news).to_be_visible()
    expect(rows.first.get_by_role("link")).to_have_attribute("href", f"/calls/{first}")
    place = rows.first.bounding_box()
    news.click()
    expect(rows.first.get_by_role("link")).to_have_attribute("href", f"/calls/{made}")
    expect(news).to_be_hidden()
    after = rows.first.bounding_box()
    assert place
    assert after
    assert (after["x"], after["y"]) == (place["x"], place["y"])

    page = admin.go(f"/calls/{made}")
    region, sent = page.locator("#call"), page.get_by_role("region", name="Webhook deliveries")
    expect(region).to_have_attribute("data-live", "pending")
    expect(sent).to_contain_text("pending")
    page.keyboard.press("n")
    page.get_by_text("How the score comes about").click()
    page.evaluate(AT_WORK)
    before: Any = page.evaluate(STILL)
    assert before[0]
    assert before[1:] == [True] * 4
    silent.world.gate.set()
    expect(sent).to_contain_text("1 attempt")
    expect(region).to_have_attribute("data-live", "done")
    expect(sent).not_to_contain_text("pending")
    assert page.evaluate(STILL) == before
