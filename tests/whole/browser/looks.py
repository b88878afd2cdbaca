"""Judging a page that is open: accessible, nothing cut off, nothing beside the screen, in light and in dark.

The same holds for a language with longer words, and whoever is at a keyboard sees where they are.
With CALLTRACE_SCREENSHOTS set to a folder, each page leaves its pictures there.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, StorageState, expect

from whole.browser.conftest import NewSeat, Seat
from whole.browser.measured import cut_off, cut_off_when_longer, without_visible_focus

WIDTHS = (1280, 390)
_HEIGHT = 844
_TALL = 20_000
"""Pixels of a page that makes no picture."""
_ALL_ELSE: Mapping[str, Any] = {
    "rules": {"color-contrast": {"enabled": False}}, "resultTypes": ["violations"],
}  # fmt: skip
_CONTRAST: Mapping[str, Any] = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


class Look:
    """Somebody's browser of one width."""

    def __init__(self, seat: Seat, width: int) -> None:
        self.seat = seat
        self.name = str(width)

    def check(self, name: str, *, colours: bool = True) -> None:
        """Judge the page that is open; of one that is very long, the colours are looked at elsewhere."""
        page = self.seat.page
        page.wait_for_load_state()  # a function would be evaluated, which the pages' policy forbids
        assert cut_off(page) == [], name
        assert cut_off_when_longer(page) == [], f"{name}, in longer words"
        assert without_visible_focus(page) == [], f"{name}, by keyboard"
        self._ask_axe(name, _ALL_ELSE)
        expect(page.locator("h1")).to_have_count(1)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            self._take(name, scheme)
            if colours:
                self._ask_axe(f"{name}, {scheme}", _CONTRAST)

    def _ask_axe(self, name: str, options: Mapping[str, Any]) -> None:
        axe: Any = Axe()  # its parameters are half typed
        found = axe.run(self.seat.page, options=options)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"

    def open(self, path: str, name: str, then: Callable[[Page], object] = lambda _page: None) -> None:
        """Go somewhere, do something there, and judge it."""
        then(self.seat.go(path))
        self.check(name)

    def _take(self, name: str, scheme: str) -> None:
        if folder := os.environ.get("CALLTRACE_SCREENSHOTS"):
            page, path = self.seat.page, Path(folder) / f"{name}-{scheme}-{self.name}.png"
            page.screenshot(path=path, full_page=page.evaluate("document.body.scrollHeight") < _TALL)


def new_look(new_seat: NewSeat, cookies: StorageState, width: int) -> Look:
    """A browser of a width; nothing in it moves, so that no colour is looked at on its way to another."""
    size = {"width": width, "height": _HEIGHT}
    return Look(new_seat(cookies, color_scheme="light", reduced_motion="reduce", viewport=size), width)


@pytest.fixture(params=WIDTHS)
def look(request: pytest.FixtureRequest, new_seat: NewSeat, cookies: StorageState) -> Look:
    """The first owner's browser, once of each width."""
    return new_look(new_seat, cookies, request.param)
