"""A real Chromium in front of a real ``calltrace up``."""

import os
import re
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    StorageState,
    expect,
    sync_playwright,
)

from whole.browser.chromium import ARGUMENTS, find
from whole.browser.office import PEOPLE, Office, open_office
from whole.conftest import Stage, running_stage, sample_files
from whole.harness import running_world

EMAIL = "admin@example.com"
MISSING = "no Chromium: run scripts/install_test_browser.py, or set CALLTRACE_CHROMIUM"


@pytest.fixture(scope="module")
def chromium() -> Generator[Browser]:
    """One for each module: while it runs, its event loop leaves no room for the one of asynchronous tests."""
    found = find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program, args=list(ARGUMENTS), env={**os.environ, **found.environment}
        )
        expect.set_options(timeout=30_000)  # machines are shared
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stage]:
    """Of its own: the endpoints made here would be told of every call of the other tests, too."""
    folder = tmp_path_factory.mktemp("browser")
    with running_world(folder) as world, running_stage(world, folder) as stage:
        world.files = sample_files()
        yield stage


@pytest.fixture(scope="session")
def heard(stage: Stage) -> str:
    """The sample call, heard and judged: its id."""
    sent = stage.client.submit(stage.call, fileName="sample call.mp3", externalId="crm-call-4711")
    shown = stage.client.finished(sent["analysisId"])
    assert shown["status"] == "completed", shown["error"]
    return sent["analysisId"]


@pytest.fixture(scope="session")
def two_heard(stage: Stage, heard: str) -> tuple[str, str]:
    """The sample call, and the first minute of it: what takes more than one call."""
    sent = stage.client.submit(stage.short_call, fileName="first minute.mp3")
    assert stage.client.finished(sent["analysisId"])["status"] == "completed"
    return heard, sent["analysisId"]


@pytest.fixture(scope="session")
def password(stage: Stage) -> str:
    """What ``calltrace up`` printed at its first start."""
    found = re.search(rf"First owner: {EMAIL}, password (\S+)", stage.installation.log.read_text())
    assert found, "the first start prints the login"
    return found[1]


@dataclass
class Seat:
    """Somebody at a browser of their own, and everything that the browser complained about."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list[str])

    def go(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, password: str, email: str = EMAIL) -> Page:
        self.go("/login")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self.page


NewSeat = Callable[..., Seat]


def until(page: Page, condition: str, seconds: float = 30) -> None:
    """Wait for a condition in the page; ``wait_for_function`` would need a looser Content-Security-Policy."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"did not happen in {seconds:.0f} s: {condition}"
        page.wait_for_timeout(100)


@dataclass
class Reception:
    """Signs everybody in once: whoever signs in for every module is throttled on a quick machine."""

    url: str
    known: dict[str, StorageState] = field(default_factory=dict[str, StorageState])

    def badge(self, chromium: Browser, email: str, password: str) -> StorageState:
        if email not in self.known:
            context = chromium.new_context()
            Seat(context.new_page(), self.url).sign_in(password, email)
            self.known[email] = context.storage_state()
            context.close()
        return self.known[email]


@pytest.fixture(scope="session")
def reception(stage: Stage) -> Reception:
    return Reception(stage.installation.url)


@pytest.fixture(scope="module")
def cookies(chromium: Browser, reception: Reception, password: str) -> StorageState:
    """Of the first owner, signed in."""
    return reception.badge(chromium, EMAIL, password)


@pytest.fixture(scope="session")
def office(stage: Stage) -> Office:
    return open_office(stage)


@pytest.fixture(scope="module")
def badges(chromium: Browser, reception: Reception, office: Office) -> dict[str, StorageState]:
    """By role, the cookies of somebody who is signed in."""
    return {role: reception.badge(chromium, Office.email(role), office.passwords[role]) for role in PEOPLE}


@pytest.fixture
def new_seat(chromium: Browser, stage: Stage) -> Generator[NewSeat]:
    """Browsers without history. At the end none may have complained, or asked another host for anything."""
    contexts: list[BrowserContext] = []
    seats: list[Seat] = []

    def make(cookies: StorageState | None = None, **options: Any) -> Seat:
        context = chromium.new_context(storage_state=cookies, **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        seat = Seat(context.new_page(), stage.installation.url)
        _listen(seat)
        seats.append(seat)
        return seat

    yield make
    for context in contexts:
        context.close()
    assert [seat.complaints for seat in seats] == [[]] * len(seats)


def _listen(seat: Seat) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _expected(message):
            seat.complaints.append(f"console: {message.text} {message.location}")

    def on_request(request: Request) -> None:
        if not request.url.startswith(seat.url):
            seat.complaints.append(f"asked another host: {request.url}")

    seat.page.on("console", on_console)
    seat.page.on("pageerror", lambda error: seat.complaints.append(f"script: {error}"))
    seat.page.on("request", on_request)


def _expected(message: ConsoleMessage) -> bool:
    """The browser itself says for each page with an error status that it has one."""
    return "Failed to load resource: the server responded with a status of 4" in message.text


@pytest.fixture
def seat(new_seat: NewSeat) -> Seat:
    return new_seat()


@pytest.fixture
def admin(new_seat: NewSeat, cookies: StorageState) -> Seat:
    return new_seat(cookies)
