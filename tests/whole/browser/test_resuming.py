"""A recording that breaks off goes on where it stopped: by itself, and after the page was left."""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, StorageState, expect

from calltrace.data import sample_call_path
from whole.browser.broken_line import line_to
from whole.browser.conftest import NewSeat, Seat
from whole.conftest import Stage
from whole.harness import PATIENCE

MB = 1 << 20
SECONDS_OF_SPEECH = 60_000
"""Bytes of the sample call that are some seconds of it."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A few seconds of speech behind a tag of 24 MB that holds nothing (ID3v2.3, one PRIV frame)."""
    size = 24 * MB
    frame = b"PRIV" + size.to_bytes(4, "big") + b"\0\0" + bytes(range(256)) * (size // 256)
    spread = bytes((len(frame) >> shift) & 127 for shift in (21, 14, 7, 0))
    sound = sample_call_path().read_bytes()[:SECONDS_OF_SPEECH]
    made = tmp_path / "long call.mp3"
    made.write_bytes(b"ID3\x03\0\0" + spread + frame + sound)
    return made


def _choose(page: Page, path: Path) -> None:
    page.get_by_label("Recordings").set_input_files(path)
    page.locator("form[data-upload]").get_by_role("button", name="Upload", exact=True).click()


def _patched(seat: Seat) -> list[int]:
    """Where the pieces begin that are sent from now on."""
    offsets = list[int]()

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    seat.page.on("request", note)
    return offsets


def test_a_cut_line_and_a_page_that_is_left_lose_nothing(
    new_seat: NewSeat, cookies: StorageState, stage: Stage, large: Path
) -> None:
    with line_to(urlsplit(stage.installation.url).port or 0) as line:
        seat = new_seat(cookies)
        seat.url = line.url
        page, offsets = seat.go("/calls/upload"), _patched(seat)
        line.allow(9 * MB)
        _choose(page, large)
        row = page.locator("[data-uploads] li")
        expect(row.get_by_role("status")).to_have_text("paused, goes on by itself")
        assert line.cut.is_set()
        line.allow(7 * MB, held=True)
        assert line.cut.wait(60)
        page.get_by_role("button", name="Pause long call.mp3").click()
        expect(row.get_by_role("status")).to_have_text("paused")
        expect(page.get_by_role("button", name="Resume long call.mp3")).to_be_focused()
        assert offsets[0] == 0
        assert 8 * MB <= offsets[-1] <= 9 * MB, "it goes on with what the server has"
        line.mend()

        page.reload()
        expect(row).to_contain_text("choose the file again to go on")
        before = len(offsets)
        _choose(page, large)
        expect(page.locator("[data-state=done]")).to_contain_text("long call.mp3")
        expect(row).to_have_count(1)
        assert offsets[before] > 9 * MB, "what was sent is not sent again"
        with page.expect_navigation():
            page.locator("[data-state=done]").get_by_role("link").click()
        page.goto(stage.installation.url + urlsplit(page.url).path)
        expect(page.locator("[data-live]")).to_have_attribute("data-live", "done", timeout=PATIENCE * 1000)
        expect(page.locator(".turn").first).to_be_visible()
        kept = page.request.get(page.url.partition("?")[0] + "/recording").body()
        assert hashlib.sha256(kept).digest() == hashlib.sha256(large.read_bytes()).digest()
        page.close()  # before the line ends: its event stream would complain of that
        seat.complaints = [one for one in seat.complaints if not _of_the_cut(one, stage)]


def _of_the_cut(complaint: str, stage: Stage) -> bool:
    """The browser tells of each request that was cut off; the call is opened at the platform's address."""
    return "net::ERR_" in complaint or f"asked another host: {stage.installation.url}" in complaint


def test_a_file_is_given_up(new_seat: NewSeat, cookies: StorageState, stage: Stage, large: Path) -> None:
    with line_to(urlsplit(stage.installation.url).port or 0) as line:
        seat = new_seat(cookies)
        seat.url = line.url
        page = seat.go("/calls/upload")
        line.allow(2 * MB, held=True)
        _choose(page, large)
        assert line.cut.wait(30)
        with page.expect_request(lambda request: request.method == "DELETE") as gone:
            page.get_by_role("button", name="Cancel long call.mp3").click()
            line.mend()
        expect(page.locator("[data-uploads] li")).to_have_count(0)
        expect(page.get_by_label("Recordings")).to_be_focused()
        assert page.request.head(gone.value.url).status == 404
        page.reload()
        expect(page.locator("[data-uploads] li")).to_have_count(0)
        page.close()
        seat.complaints = [one for one in seat.complaints if "net::ERR_" not in one]
