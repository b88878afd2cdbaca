"""A person connects a receiver and watches what is sent to it, in a real browser on the real platform."""

import json
import re

import pytest
from playwright.sync_api import StorageState, expect
from standardwebhooks.webhooks import Webhook

from whole.browser.conftest import NewSeat, Seat
from whole.conftest import Stage

LIST = "/admin/integrations/webhooks"
NOBODY = "https://localhost:1/hook"


def create(seat: Seat, url: str) -> str:
    """A new endpoint by its form; answers the secret that is shown."""
    page = seat.go(LIST)
    page.get_by_role("link", name="New endpoint").click()
    page.get_by_label("URL").fill(url)
    page.get_by_role("button", name="Create endpoint").click()
    return page.get_by_label(f"Secret of {url}").input_value()


@pytest.mark.accepts("CT-110", "CT-124", "CT-125", "CT-130", "CT-133")
def test_a_test_event_arrives_and_its_delivery_is_seen(admin: Seat, stage: Stage) -> None:
    url = f"{stage.world.url}/browser"
    secret = create(admin, url)
    assert secret.startswith("whsec_")
    page = admin.page
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("heading", name="webhook.ping")).to_be_visible()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "delivered")  # without a reload
    attempt = page.get_by_role("listitem").filter(has_text="Attempt 1")
    expect(attempt).to_contain_text("HTTP 204")
    shown = re.search(r"whd_\w{26}", page.url)
    assert shown
    received = [one for one in stage.world.received if one[0]["x-calltrace-delivery"] == shown[0]]
    assert len(received) == 1
    assert Webhook(secret).verify(received[0][1], received[0][0])
    assert json.loads(received[0][1])["event"] == "webhook.ping"
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("listitem").filter(has_text="Attempt 2")).to_contain_text("delivered")


@pytest.mark.accepts("CT-121", "CT-125")
def test_a_receiver_that_is_not_there_is_seen_failing(admin: Seat) -> None:
    create(admin, NOBODY)
    page = admin.page
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test event").click()
    expect(page.get_by_role("listitem").filter(has_text="Attempt 1")).to_contain_text("url_unreachable")
    page.get_by_role("link", name=NOBODY).click()
    expect(page.get_by_text("Failing since")).to_be_visible()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("Disabled since")).to_be_visible()
    page.get_by_role("link", name="webhook.ping").click()
    expect(page.get_by_text("The endpoint is disabled")).to_be_visible()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "failed")


def test_deliveries_are_found_without_scripts(new_seat: NewSeat, cookies: StorageState, stage: Stage) -> None:
    seat = new_seat(cookies, java_script_enabled=False)
    url = f"{stage.world.url}/no-scripts"
    create(seat, url)
    seat.page.get_by_role("link", name="I have copied it").click()
    seat.page.get_by_role("button", name="Send a test event").click()
    page = seat.go("/admin/integrations/deliveries")
    page.get_by_label("Endpoint").select_option(url)
    page.get_by_label("Event").select_option("webhook.ping")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("table").get_by_role("link", name="webhook.ping")).to_have_count(1)
    page.get_by_label("Status").select_option("failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("No delivery is like that.")).to_be_visible()
