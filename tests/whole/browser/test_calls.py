"""A person sends a recording, hears it, and looks into its score, in a real browser on the real platform."""

import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, StorageState, expect

from calltrace.data import sample_call_path
from whole.browser.conftest import NewSeat, Seat, until
from whole.harness import PATIENCE

LONG_MS = PATIENCE * 1000
"""Hearing two minutes of speech takes as long as the machine is busy."""


def _playing(page: Page) -> tuple[float, bool]:
    state: Any = page.evaluate(
        "(() => { const a = document.querySelector('audio'); return [a.currentTime, a.paused]; })()"
    )
    return state[0], state[1]


def _plays_at(page: Page, seconds: float) -> None:
    """The player has come to a moment, or is a little after it."""
    until(page, f"Math.abs(document.querySelector('audio').currentTime - {seconds} - 2) < 2.1")


def _press(page: Page, key: str) -> float:
    """Press a key of a call that stands still; where that leads to, before much of it is played."""
    at: Any = page.evaluate(
        """key => {
            const audio = document.querySelector("audio");
            audio.pause();
            document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            const at = audio.currentTime;
            audio.pause();
            return at;
        }""",
        key,
    )
    return at


def test_a_recording_is_uploaded_followed_heard_and_corrected(new_seat: NewSeat, password: str) -> None:
    seat = new_seat()
    page = seat.sign_in(password)
    seat.go("/calls")  # an installation without a call begins at /welcome
    expect(page.get_by_role("heading", name="Calls", level=1)).to_be_visible()
    page.get_by_text("Upload", exact=True).first.click()
    page.get_by_label("Recordings").set_input_files(sample_call_path())
    page.locator("form[data-upload]").get_by_role("button", name="Upload").click()
    row = page.locator("[data-state=done]")
    expect(row).to_contain_text("sample_call.mp3")
    with page.expect_request(lambda request: "/calls/events?id=" in request.url):
        row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="sample_call.mp3")).to_be_visible()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=LONG_MS)  # no reload

    expect(page.locator(".total")).not_to_have_text("no score")
    page.keyboard.press("Space")
    until(page, "document.querySelector('audio').currentTime > 0.3")
    page.keyboard.press("Space")
    assert _playing(page)[1], "the same key pauses"

    quote = page.locator(".quote").first
    start = float(quote.get_attribute("data-seek") or "")
    quote.click()
    _plays_at(page, start)
    expect(page.locator(".line[aria-current]")).to_have_count(1)
    assert quote.get_attribute("href") == "#" + str(page.locator(".line[aria-current]").get_attribute("id"))

    speaker = page.locator(".turn .speaker").first
    before = speaker.inner_text()
    page.get_by_role("button", name="Swap agent and customer").click()
    expect(page.get_by_role("status").filter(has_text="changed places")).to_be_visible()
    expect(speaker).not_to_have_text(before)
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=LONG_MS)
    history = page.get_by_role("region", name="Evaluations").get_by_role("listitem")
    expect(history).to_have_count(2)
    expect(history.first).to_contain_text("shown")


def test_the_keys_lead_through_a_call(admin: Seat, heard: str) -> None:
    page = admin.go(f"/calls/{heard}")
    until(page, "document.querySelector('audio').readyState > 0")
    lines = page.locator(".line")
    starts = [float(lines.nth(at).get_attribute("data-start") or "") for at in range(3)]
    page.keyboard.press("ArrowDown")
    _plays_at(page, starts[0])
    assert _press(page, "ArrowDown") == pytest.approx(starts[1], abs=0.05)
    assert _press(page, "ArrowUp") == pytest.approx(starts[0], abs=0.05)
    assert _press(page, "ArrowRight") == pytest.approx(starts[0] + 5, abs=0.05)
    assert _press(page, "ArrowLeft") == pytest.approx(starts[0], abs=0.05)
    quotes = page.locator(".quote")
    in_order = sorted(float(one.get_attribute("data-seek") or "") for one in quotes.all())
    assert [_press(page, "n"), _press(page, "n")] == pytest.approx(in_order[:2], abs=0.05)
    expect(page.locator(".quote[aria-current]")).to_have_count(1)
    lines.nth(2).locator(".words").click()
    _plays_at(page, starts[2])


def test_words_are_searched_for(admin: Seat, heard: str) -> None:
    page = admin.go(f"/calls/{heard}")
    word = page.locator(".line .words").nth(4).inner_text().split()[0].strip(",.?!")
    page.keyboard.press("/")
    page.keyboard.type(f"{word.upper()} n/ ")  # keys of the page are letters here
    expect(page.get_by_role("searchbox", name="Search in the transcript")).to_have_value(
        f"{word.upper()} n/ "
    )
    expect(page.locator("[data-hits]")).to_have_text("not found")
    page.get_by_role("searchbox", name="Search in the transcript").fill(word.upper())
    expect(page.locator("[data-hits]")).to_contain_text("1 of")
    assert page.locator(".line[data-hit]").count() >= 1
    page.keyboard.press("Escape")
    expect(page.locator(".line[data-hit]")).to_have_count(0)
    admin.go("/calls").get_by_role("searchbox", name="Search").fill(word.upper())
    page.get_by_role("button", name="Filter").click()
    row = page.locator(".calls tbody tr").filter(has_text="sample call.mp3")
    expect(row.locator("mark").first).to_have_text(word, ignore_case=True)
    with page.expect_navigation():
        row.get_by_role("link").first.click()
    expect(page.get_by_role("searchbox", name="Search in the transcript")).to_have_value(
        re.compile(word, re.IGNORECASE)
    )
    expect(page.locator("[data-hits]")).to_contain_text("1 of")
    expect(page.locator('.line[data-hit="now"]')).to_be_in_viewport()


def test_a_recording_is_uploaded_and_read_without_scripts(
    new_seat: NewSeat, cookies: StorageState, heard: str
) -> None:
    seat = new_seat(cookies, java_script_enabled=False)
    page = seat.go("/calls")
    page.get_by_text("Upload", exact=True).first.click()
    page.get_by_label("Recordings").set_input_files(
        [FilePayload(name="not audio.wav", mimeType="audio/wav", buffer=b"not a recording at all" * 100)]
    )
    page.locator("form[data-upload]").get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="not audio.wav")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="taken in")).to_be_visible()
    page = seat.go("/calls")
    page.get_by_role("searchbox", name="Search").fill("call-47")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".calls tbody tr")).to_have_count(1)
    page.get_by_role("link", name="sample call.mp3").click()
    assert heard in page.url
    page.locator(".quote").first.click()
    assert "#seg-" in page.url, "a finding leads to its line"


def test_several_files_show_their_progress_and_join_the_list(admin: Seat) -> None:
    page = admin.go("/calls")
    page.get_by_text("Upload", exact=True).first.click()
    broken = b"RIFF....WAVE no more than that" * 50
    page.get_by_label("Recordings").set_input_files(
        [FilePayload(name=f"part {number}.wav", mimeType="audio/wav", buffer=broken) for number in (1, 2)]
        + [FilePayload(name="page.html", mimeType="text/html", buffer=broken)]
    )
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("[data-state=done]")).to_have_count(2)
    expect(page.locator("[data-state=failed]")).to_contain_text("not audio")
    rows = page.locator(".calls tbody tr").filter(has_text="part ")
    expect(rows).to_have_count(2)
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=LONG_MS)
    expect(rows.filter(has_text="failed")).to_have_count(2)


def test_recordings_are_dropped_anywhere_on_the_page(admin: Seat) -> None:
    page = admin.go("/calls")
    files = page.evaluate_handle("""() => {
        const dropped = new DataTransfer();
        for (const name of ["a.wav", "b.wav"]) dropped.items.add(new File(["x"], name));
        return dropped;
    }""")
    page.dispatch_event("h1", "dragover", {"dataTransfer": files})
    expect(page.locator("[data-drop]")).to_be_visible()
    page.dispatch_event("h1", "drop", {"dataTransfer": files})
    assert page.evaluate("document.getElementById('file').files.length") == 2
    expect(page.get_by_role("button", name="Recordings")).to_be_focused()


def test_a_format_that_no_browser_plays_is_played_from_the_copy(admin: Seat) -> None:
    page = admin.go("/calls")
    page.get_by_text("Upload", exact=True).first.click()
    silence = FilePayload(name="bare.ulaw", mimeType="application/octet-stream", buffer=b"\xff\x7f" * 8000)
    page.get_by_label("Recordings").set_input_files([silence])
    page.locator("form[data-upload]").get_by_role("button", name="Upload").click()
    page.locator("[data-state=done]").get_by_role("link").click()
    expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=LONG_MS)
    expect(page.get_by_text("Nothing was said.")).to_be_visible()
    until(page, "document.querySelector('audio').readyState > 0")
    assert page.evaluate("document.querySelector('audio').duration") == pytest.approx(2.0, abs=0.1)
    expect(page.get_by_text("This browser cannot play the format of the recording.")).to_be_hidden()
    page.evaluate("document.querySelector('audio').dispatchEvent(new Event('error'))")
    expect(page.get_by_text("This browser cannot play the format of the recording.")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_stays_where_it_is_while_a_call_is_heard(
    new_seat: NewSeat, cookies: StorageState, heard: str, width: int
) -> None:
    seat = new_seat(cookies, viewport={"width": width, "height": 844})
    page = seat.go(f"/calls/{heard}")
    until(page, "document.querySelector('audio').readyState > 0")
    lines = page.locator(".line")
    last = lines.nth(lines.count() - 1)
    page.evaluate("document.querySelector('audio').currentTime = 110")
    expect(page.locator(".line[aria-current]")).to_have_count(1)
    expect(lines.first).not_to_be_in_viewport()
    assert page.evaluate("scrollY") == 0, "the transcript moves in its box, the page does not"
    assert last.is_visible()
