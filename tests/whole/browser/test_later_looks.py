"""Alerts, saved views and the signature checker as pictures, and by keyboard; see ``test_looks``."""

import json
import re

from playwright.sync_api import Page, expect

from whole.browser.conftest import Seat
from whole.browser.looks import Look, look
from whole.browser.test_webhooks import create
from whole.conftest import Stage
from whole.harness import wait_for

__all__ = ["look"]
CHECKER = "/admin/integrations/signature"


def _rule(look: Look) -> str:
    """A rule that matches every call, tried on past calls and saved; its name."""
    page, name = look.seat.page, f"Long calls, {look.name}"
    look.open("/alerts/rules/new", "alert-rule-new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Duration").first.click()
    page.get_by_role("button", name="Remove score 1").click()
    page.get_by_label(re.compile("Number")).fill("1")
    page.get_by_role("button", name=re.compile("[Tt]ry")).first.click()
    look.check("alert-rule-tried")
    page.get_by_role("button", name="Create rule").click()
    page.get_by_text("The rule was saved.").wait_for()
    return name


def test_alerts(look: Look, stage: Stage, two_heard: tuple[str, str]) -> None:
    look.open("/alerts/rules", "alert-rules")
    name = _rule(look)
    look.check("alert-rules-one")
    page = look.seat.page
    stage.client.evaluate_again(two_heard[1])
    wait_for(lambda: look.seat.go("/alerts").get_by_text(name).count(), "the alert is raised")
    look.check("alerts")
    page.get_by_role("button", name=re.compile("[Aa]cknowledge")).first.click()
    page.get_by_text("The alert was acknowledged.").wait_for()
    look.check("alerts-acknowledged")
    page.goto(f"{look.seat.url}/alerts/rules")
    page.get_by_role("link", name=name).first.click()
    look.check("alert-rule")


def test_views_and_the_signature_checker(look: Look, stage: Stage, heard: str) -> None:
    page = look.seat.page
    look.open("/calls/views", "views-none", _forget_views)
    look.open("/calls?status=completed&scoreFrom=10", "calls-to-save")
    page.get_by_role("link", name="Save as view").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    look.check("view-new")
    page.get_by_label("Name", exact=True).fill("Good ones of this week, all teams")
    page.get_by_role("checkbox", name="Language").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("th.w-language")).to_have_count(1)
    expect(page.locator(f'a[href="/calls/{heard}"]')).to_be_visible()
    look.check("calls-view")
    look.open("/calls/views", "views")
    look.open(CHECKER, "signature-blank")
    _delivered(look.seat, stage)
    look.check("signature-refused")


def _forget_views(page: Page) -> None:
    while page.get_by_role("button", name=re.compile("^Delete")).count():
        page.get_by_role("button", name=re.compile("^Delete")).first.click()
        page.get_by_text("The view was deleted.").wait_for()


def _delivered(seat: Seat, stage: Stage) -> None:
    """A test event that a receiver got, printed nicely before its signature was checked."""
    page, url = seat.page, f"{stage.world.url}/checked"
    before = len(stage.world.received)
    create(seat, url)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "delivered")
    headers, body = next(one for one in stage.world.received[before:] if b"webhook.ping" in one[1])
    seat.go(CHECKER)
    page.get_by_label("Endpoint").select_option(label=f"{url} (calltrace, live)")
    page.get_by_label("Headers").fill("\n".join(f"{name}: {value}" for name, value in headers.items()))
    page.get_by_label("Raw body").fill(json.dumps(json.loads(body), indent=2))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("written anew").first).to_be_visible()
