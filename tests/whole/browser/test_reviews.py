"""People over the machine, in a real browser: teams, a review with an override, an appeal."""

import pytest
from playwright.sync_api import Locator, Page, StorageState, expect

from whole.browser.conftest import NewSeat, Seat
from whole.browser.looks import WIDTHS, Look, new_look
from whole.browser.office import FIRST, Office

Badges = dict[str, StorageState]


def _criterion(page: Page, number: int) -> Locator:
    return page.locator("[data-criterion]").nth(number)


def test_a_supervisor_sees_the_own_team_and_no_other(
    admin: Seat, new_seat: NewSeat, office: Office, badges: Badges
) -> None:
    page = admin.go("/admin/teams/new")
    page.get_by_label("Name").fill("North")
    page.get_by_label(Office.email("supervisor")).check()
    page.get_by_label(FIRST).check()
    page.get_by_role("button", name="Create team").click()
    expect(page.get_by_role("link", name="North", exact=True)).to_be_visible()
    supervisor = new_seat(badges["supervisor"])
    seen = supervisor.go("/calls")
    expect(seen.get_by_role("link", name="Call of Jane.mp3")).to_be_visible()
    expect(seen.get_by_text("Call of Zoe.mp3")).to_have_count(0)
    supervisor.go(f"/calls/{office.other}")
    expect(seen.get_by_text("There is no call with this id, or you may not see it.")).to_be_visible()
    supervisor.go("/reviews")
    expect(seen.get_by_text("Call of Jane.mp3")).to_be_visible()
    expect(seen.get_by_text("Call of Zoe.mp3")).to_have_count(0)


def test_a_call_is_reviewed_by_keyboard_and_overridden(
    new_seat: NewSeat, office: Office, badges: Badges
) -> None:
    page = new_seat(badges["reviewer"]).go("/reviews")
    page.get_by_role("button", name="Take Call of Zoe.mp3").click()
    page.wait_for_url(f"**/calls/{office.other}*")
    page.keyboard.press("?")
    expect(page.get_by_text("confirm the criterion")).to_be_visible()
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(_criterion(page, 0)).to_have_attribute("aria-current", "true")
    page.keyboard.press("o")
    form = _criterion(page, 0).locator("form.sheet").first
    expect(form.get_by_label("Points")).to_be_hidden()
    form.get_by_role("radio", name="Partly met").check()
    form.get_by_label("Points").fill("1")
    form.get_by_label("Reason").fill("The name is missing.")
    form.get_by_role("button", name="Override").click()
    expect(_criterion(page, 0).locator(".human")).to_contain_text("The name is missing.")
    expect(_criterion(page, 0).locator(".machine")).to_be_visible()
    total = page.locator("[data-criterion]").count()
    for number in range(1, total):
        with page.expect_navigation():
            page.keyboard.press("c")
        expect(_criterion(page, number).locator(".human")).to_contain_text("confirmed by")
    expect(page.get_by_text(f"{total} of {total} decided")).to_be_visible()
    page.get_by_role("button", name="Finish review").click()
    expect(page.get_by_text("The review is finished.")).to_be_visible()


def test_what_two_people_decide_at_once_is_not_lost(
    admin: Seat, new_seat: NewSeat, office: Office, badges: Badges
) -> None:
    reviewer = new_seat(badges["reviewer"])
    slow, fast = reviewer.go(f"/calls/{office.other}"), admin.go(f"/calls/{office.other}")
    for page, reason in ((slow, "Slow and long."), (fast, "Fast.")):
        _criterion(page, 1).locator("[data-override] > summary").click()
        _criterion(page, 1).get_by_role("radio", name="Not met").check()
        _criterion(page, 1).get_by_label("Reason").fill(reason)
    _criterion(fast, 1).get_by_role("button", name="Override", exact=True).click()
    expect(_criterion(fast, 1).locator(".human")).to_contain_text("Fast.")
    _criterion(slow, 1).get_by_role("button", name="Override", exact=True).click()
    expect(_criterion(slow, 1).get_by_role("alert")).to_be_visible()
    expect(_criterion(slow, 1)).to_contain_text("“Fast.”")
    expect(_criterion(slow, 1).get_by_label("Reason")).to_have_value("Slow and long.")
    _criterion(slow, 1).get_by_role("button", name="Override", exact=True).click()
    expect(_criterion(slow, 1).locator(".human")).to_contain_text("Slow and long.")


def test_an_agent_appeals_and_the_supervisor_decides(
    new_seat: NewSeat, office: Office, badges: Badges
) -> None:
    agent = new_seat(badges["agent"]).go(f"/calls/{office.call}")
    agent.get_by_role("button", name="I have seen it").click()
    expect(agent.get_by_text("You have acknowledged this result.")).to_be_visible()
    line = _criterion(agent, 0)
    line.locator("summary", has_text="Appeal").click()
    line.get_by_label("Why is this wrong?").fill("I did say my name.")
    line.get_by_role("button", name="Appeal").click()
    expect(_criterion(agent, 0)).to_contain_text("Somebody else decides on it")
    page = new_seat(badges["supervisor"]).go("/reviews/appeals")
    page.get_by_role("link", name="Decide").click()
    expect(page.get_by_text("What holds instead")).to_be_hidden()
    page.get_by_role("radio", name="Uphold").check()
    page.get_by_role("radio", name="Not met").check()
    page.get_by_label("Reason").fill("It is said in the first line.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("The appeal is decided.")).to_be_visible()
    agent.reload()
    expect(_criterion(agent, 0)).to_contain_text("Appeal upheld")
    expect(_criterion(agent, 0)).to_contain_text("It is said in the first line.")


def test_comments_are_written_where_they_belong(admin: Seat, office: Office) -> None:
    page = admin.go(f"/calls/{office.call}")
    page.locator(".line").nth(1).hover()
    page.locator(".line").nth(1).locator(".note").click()
    form = page.locator("#note")
    form.get_by_role("textbox").fill("This could be warmer.")
    form.get_by_role("radio", name="Agent may see it").check()
    form.get_by_role("button", name="Comment").click()
    expect(page.locator(".turns .comment")).to_contain_text("This could be warmer.")
    page.get_by_role("link", name="Edit").click()
    page.locator(".turns .comment").get_by_role("textbox").fill("Warmer.")
    page.locator(".turns .comment").get_by_role("button", name="Comment").click()
    expect(page.locator(".turns .comment-text")).to_have_text("Warmer.")


@pytest.fixture(params=WIDTHS)
def looks(
    request: pytest.FixtureRequest, new_seat: NewSeat, cookies: StorageState, badges: Badges
) -> dict[str, Look]:
    everybody = {"admin": cookies, **badges}
    return {role: new_look(new_seat, found, request.param) for role, found in everybody.items()}


def test_the_pages_of_reviews(looks: dict[str, Look], office: Office) -> None:
    admin, agent, supervisor = looks["admin"], looks["agent"], looks["supervisor"]
    admin.open(f"/calls/{office.call}", "call-admin", _open_an_override)
    admin.open(f"/calls/{office.other}", "call-reviewed")
    agent.open(f"/calls/{office.call}", "call-agent")
    agent.open("/calls", "calls-agent")
    supervisor.open("/calls", "calls-supervisor")
    for show in ("open", "mine", "done"):
        supervisor.open(f"/reviews?show={show}", f"reviews-{show}")
    admin.open("/reviews", "reviews-admin", _open_assigning)
    for show in ("open", "upheld"):
        admin.open(f"/reviews/appeals?show={show}", f"appeals-{show}")
    admin.open("/reviews/agreement", "agreement")
    admin.open("/reviews/rules", "rules")
    admin.open("/reviews/rules/new", "rule-new", _submit_a_bad_rule)
    admin.open("/admin/teams", "teams")
    admin.open("/admin/teams/new", "team-new")


def test_an_appeal_that_is_open(looks: dict[str, Look], office: Office) -> None:
    agent, supervisor = looks["agent"], looks["supervisor"]
    page = agent.seat.go(f"/calls/{office.call}")
    line = page.locator("[data-criterion]").filter(has=page.locator("summary", has_text="Appeal")).first
    line.locator("summary", has_text="Appeal").click()
    agent.check("call-appealing")
    line.get_by_label("Why is this wrong?").fill(
        "I told the customer twice, at the beginning and at the end."
    )
    line.get_by_role("button", name="Appeal").click()
    expect(page.get_by_text("The appeal was made.")).to_be_visible()
    agent.check("call-appealed")
    page = supervisor.seat.go("/reviews/appeals")
    page.get_by_role("link", name="Decide").first.click()
    page.get_by_role("radio", name="Uphold").check()
    supervisor.check("appeal")


def _open_an_override(page: Page) -> None:
    page.locator("[data-override] > summary").nth(1).click()
    page.locator("[data-override][open]").get_by_role("radio", name="Partly met").check()


def _open_assigning(page: Page) -> None:
    page.locator("summary", has_text="Assign").first.click()


def _submit_a_bad_rule(page: Page) -> None:
    page.get_by_label("Name").fill("Low")
    page.get_by_text("Low score").click()
    page.get_by_label("Number").fill("a lot")
    page.get_by_role("button", name="Create rule").click()
    page.get_by_role("alert").wait_for()
