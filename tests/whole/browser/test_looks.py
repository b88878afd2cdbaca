"""Every page, wide and narrow, in light and dark (``looks``)."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from whole.browser.conftest import until
from whole.browser.looks import Look, look
from whole.browser.office import FIRST, Office
from whole.browser.test_scorecards import add_greeting, copied
from whole.browser.test_webhooks import NOBODY, create
from whole.conftest import Stage

__all__ = ["look"]
KEYS = "/admin/integrations/api-keys"
HOOKS = "/admin/integrations/webhooks"
DELIVERIES = "/admin/integrations/deliveries"


def _fill_key(page: Page) -> None:
    page.get_by_label("Name").fill("Dialler of the branch in Łódź, production, operations team")
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Create API key").click()
    page.get_by_role("heading", name="API key created").wait_for()


def test_the_api_reference(look: Look) -> None:
    look.seat.go("/docs")
    look.check("reference", colours=False)
    look.open("/docs/auralytik", "reference-auralytik")


def test_the_pages_of_signing_in(look: Look) -> None:
    look.seat.page.context.clear_cookies()
    look.open("/login", "login")
    look.seat.page.get_by_label("E-mail address").fill(
        "somebody.with.a.very.long.name@subsidiary.example.com"
    )
    look.seat.page.get_by_label("Password").fill("not the password")
    look.seat.page.get_by_role("button", name="Sign in").click()
    expect(look.seat.page.get_by_role("alert")).to_be_visible()
    look.check("login-refused")


def test_the_pages_of_an_admin(look: Look) -> None:
    look.open(f"{KEYS}/new", "key-new")
    look.open(f"{KEYS}/new", "key-created", _fill_key)
    look.open(KEYS, "keys")
    page = look.seat.page
    page.get_by_role("link", name="Rotate Dialler").first.click()
    look.check("key-rotate")
    look.seat.go(KEYS).get_by_role("link", name="Revoke Dialler").first.click()
    look.check("key-revoke")
    page.get_by_role("button", name="Revoke this key").click()
    look.check("keys-revoked")
    look.open(f"{KEYS}/new", "key-mistakes", _submit_mistakes)
    look.open("/account", "account")
    look.open("/logout", "logout")
    look.open("/no/such/page", "not-found")


def test_the_pages_of_webhooks(look: Look, stage: Stage) -> None:
    page = look.seat.page
    look.open(f"{HOOKS}/new", "endpoint-new")
    page.get_by_label("URL").fill("http://crm.example.com/hook")
    page.get_by_role("button", name="Create endpoint").click()
    page.get_by_role("alert").wait_for()
    look.check("endpoint-mistakes")
    url = f"{stage.world.url}/a/rather/long/path/of/a/receiver/{look.name}"
    create(look.seat, url)
    look.check("endpoint-secret")
    page.get_by_role("link", name="I have copied it").click()
    look.check("endpoint-fresh")
    page.get_by_role("button", name="Send a test event").click()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "delivered")
    look.check("delivery")
    page.get_by_role("link", name=url).click()
    look.check("endpoint")
    for verb in ("edit", "rotate", "delete"):
        look.open(f"{page.url.removeprefix(look.seat.url).split('?')[0]}/{verb}", f"endpoint-{verb}")
        page.go_back()


def test_the_pages_of_a_receiver_that_is_not_there(look: Look) -> None:
    page = look.seat.page
    create(look.seat, NOBODY)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("button", name="Send a test event").click()
    page.get_by_text("Attempt 1").wait_for()
    look.check("delivery-failing")
    page.get_by_role("link", name=NOBODY).click()
    look.check("endpoint-failing")
    page.get_by_role("button", name="Disable").click()
    page.get_by_text("Disabled since").wait_for()
    look.check("endpoint-disabled")
    page.get_by_role("link", name="webhook.ping").click()
    look.check("delivery-failed")
    look.open(HOOKS, "endpoints")
    look.open(DELIVERIES, "deliveries")
    look.open(f"{DELIVERIES}?event=analysis.failed&status=delivered", "deliveries-none")


def test_the_list_of_calls(look: Look, stage: Stage, heard: str) -> None:
    failed = stage.client.submit(
        f"{stage.world.url}/page.mp3", externalId="a-rather-long-external-id-of-a-crm"
    )
    assert stage.client.finished(failed["analysisId"])["status"] == "failed"
    look.open("/calls", "calls")
    expect(look.seat.page.locator(f'a[href="/calls/{heard}"]')).to_have_text("sample call.mp3")
    page = look.seat.page
    for box in page.get_by_role("checkbox", name="Choose ").all()[:2]:
        box.check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    look.check("calls-ticked")
    page.get_by_role("button", name="Export…").click()
    page.get_by_role("heading", name="Export calls", exact=True).wait_for()
    look.check("calls-export")
    page.get_by_role("link", name="Back to the calls").click()
    for box in page.get_by_role("checkbox", name="Choose ").all()[:2]:
        box.check()
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("heading", name="Erase 2 calls?").wait_for()
    look.check("calls-erase")
    look.open("/calls?text=thank+call", "calls-found")
    look.open("/calls?text=thank+qzqzq", "calls-not-found")
    look.open("/calls?status=completed&scoreFrom=10", "calls-narrowed")
    look.open("/calls?status=queued&named=nothing", "calls-none")
    look.open("/calls?mode=test", "calls-first")
    look.open("/calls/upload", "calls-upload", _upload_what_is_none)
    page.route("**/calls/uploads", lambda route: route.abort())
    look.open("/calls/upload", "calls-upload-waits", _upload_what_waits)
    page.unroute_all()
    look.seat.complaints = [one for one in look.seat.complaints if "net::ERR_FAILED" not in one]
    look.open(f"/calls/{failed['analysisId']}", "call-failed")


def test_a_call(look: Look, heard: str) -> None:
    page = look.seat.go(f"/calls/{heard}")
    until(page, "document.querySelector('audio').readyState > 0")
    look.check("call")
    page.get_by_text("How the score comes about").click()
    page.get_by_role("button", name="Keys").click()
    look.check("call-keys")
    page.keyboard.press("Escape")
    page.locator(".quote").first.click()
    until(page, "document.querySelector('.line[aria-current]')")
    look.check("call-heard")


@pytest.mark.usefixtures("two_heard")
def test_scorecards(look: Look) -> None:
    page = look.seat.page
    look.open("/scorecards/ready/sales", "scorecard-ready")
    here = copied(look.seat, "Sales call")
    look.check("scorecard-copied")
    add_greeting(page)
    page.get_by_role("button", name="Remove Greeting").click()
    expect(page.get_by_role("link", name="Greeting", exact=True)).to_have_count(0)
    look.open("/scorecards", "scorecards")
    look.open(f"{here}/edit", "scorecard-edit")
    look.open(f"{here}/edit/criteria/says_good_day", "criterion")
    page.get_by_label("Points").fill("ten")
    page.get_by_label("Words", exact=True).first.fill("(((")
    page.get_by_role("button", name="Save", exact=True).last.click()
    page.get_by_role("alert").wait_for()
    look.check("criterion-mistakes")
    look.open(f"{here}/edit/new?kind=question", "criterion-question")
    look.open(f"{here}/yaml", "scorecard-yaml", _write_faults)
    look.open("/scorecards/import", "scorecard-import")
    page.goto(f"{look.seat.url}{here}/publish")
    page.get_by_role("button", name="Publish", exact=True).click()
    look.open(here, "scorecard")
    page.goto(f"{look.seat.url}{here}/edit")
    page.get_by_role("button", name="Remove Says good day").click()
    expect(page.get_by_role("link", name="Says good day")).to_have_count(0)
    look.open(f"{here}/versions", "scorecard-versions")
    look.open(f"{here}/publish", "scorecard-publish")
    look.open(f"{here}/discard", "scorecard-discard")
    look.open(f"{here}/use", "scorecard-use")
    look.open(f"{here}/try", "scorecard-try")
    page.get_by_label("sample call.mp3").first.check()
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("heading", name="How the call is judged").wait_for()
    look.check("scorecard-tried")
    look.open(f"{here}/backtests", "backtests")
    page.get_by_role("button", name="Start back-test").click()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done")
    look.check("backtest")


def _write_faults(page: Page) -> None:
    text = page.get_by_role("textbox", name="The draft")
    text.fill(text.input_value().replace("points: 10", "points: ten", 2).replace("key: sales_call", "kee: x"))
    page.get_by_role("button", name="Save the draft").click()
    page.locator(".faults").wait_for()


def _upload_what_is_none(page: Page) -> None:
    page.get_by_label("Recordings").set_input_files(
        [FilePayload(name="empty.wav", mimeType="audio/wav", buffer=b"")]
    )
    page.locator("form[data-upload]").get_by_role("button", name="Upload").click()
    expect(page.locator("[data-state=failed]")).to_have_count(1)


def _upload_what_waits(page: Page) -> None:
    files = [
        FilePayload(name=name, mimeType="audio/wav", buffer=b"x" * 9)
        for name in (f"{'a rather long name ' * 5}.wav", "another.wav")
    ]
    page.get_by_label("Recordings").set_input_files(files)
    page.locator("form[data-upload]").get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("paused, goes on by itself")).to_have_count(2)
    page.get_by_role("button", name="Pause another.wav").click()


def _submit_mistakes(page: Page) -> None:
    page.get_by_label("Name").fill("x")
    page.get_by_label("Allowed addresses").fill("everywhere")
    page.get_by_role("button", name="Create API key").click()
    page.get_by_role("alert").wait_for()


def test_insights(look: Look, office: Office) -> None:
    page = look.seat.page
    look.open("/insights", "insights", lambda _page: page.locator(".tiles").wait_for())
    look.open("/insights?from=2001-01-01&to=2001-01-31", "insights-none")
    page.goto(f"{look.seat.url}/insights")
    page.locator(".tile a").first.click()
    page.get_by_text("took place from").wait_for()
    look.check("calls-counted")
    look.open("/insights", "insights-export", lambda _page: page.get_by_role("button", name="Export").click())
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=60_000)
    look.check("exports")
    look.open("/agents", "agents")
    look.open(f"/agents/{office.ids[FIRST]}", "agent")
    page.get_by_label(f"To {FIRST}").fill("Say your name before you ask for theirs.\nThe rest went well.")
    page.get_by_role("button", name="Write").click()
    page.get_by_text("The note was written.").wait_for()
    look.check("agent-note")
