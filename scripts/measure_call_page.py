"""How soon the page of a call of one hour, with 2,000 segments, can be used: in a real Chromium.

``python scripts/measure_call_page.py [TIMES]`` starts ``calltrace up`` on a temporary folder, puts such a
call in, and opens its page again and again; the first time, when the server has not drawn a page yet, is told
apart. What else the machine does counts, too: its load is printed beside.
"""

import os
import re
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
HOUR, SEGMENTS, TIMES = 3600, 2000, 7
sys.path.insert(0, str(ROOT / "tests"))
harness: Any = import_module("whole.harness")
chromium: Any = import_module("whole.browser.chromium")
made_call: Any = import_module("whole.browser.made_call")

USABLE = """() => new Promise(done => {
  const look = () => {
    if (!document.querySelector("call-waveform[role=slider]")) return setTimeout(look, 5);
    const page = performance.getEntriesByType("navigation")[0];
    requestAnimationFrame(() => setTimeout(() => done(
      [page.responseStart, page.domInteractive, performance.now(), page.decodedBodySize])));
  };
  look();
})"""
"""The scripts are in charge and a picture was drawn after that: milliseconds since the address was opened."""


def main() -> int:
    """Exit status 1 when there is no browser."""
    found = chromium.find()
    if found is None:
        print("no Chromium: run scripts/install_test_browser.py, or set CALLTRACE_CHROMIUM", file=sys.stderr)
        return 1
    times = int(sys.argv[1]) if len(sys.argv) > 1 else TIMES
    with tempfile.TemporaryDirectory() as folder, harness.running_world(Path(folder)):
        installation = harness.Installation(Path(folder))
        installation.start()
        try:
            call = made_call.make_call(Path(folder) / "data", installation.url, HOUR, SEGMENTS)
            _measure(installation, found, call, times)
        finally:
            installation.stop()
    return 0


def _measure(installation: Any, found: Any, call: str, times: int) -> None:
    said = re.search(r"First owner: (\S+), password (\S+)", installation.log.read_text())
    assert said, "the first start prints the login"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program, args=list(chromium.ARGUMENTS),
            env={**os.environ, **found.environment},
        )  # fmt: skip
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(f"{installation.url}/login")
        page.get_by_label("E-mail address").fill(said[1])
        page.get_by_label("Password").fill(said[2])
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        rows = [_once(page, f"{installation.url}/calls/{call}") for _ in range(times + 1)]
        browser.close()
    print(f"page of {rows[0][3] / 1000:.0f} kB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for name, row in [("first", rows[0])] + [
        ("later", one) for one in sorted(rows[1:], key=lambda one: one[2])
    ]:
        print(f"{name}: answered {row[0]:.0f} ms, read {row[1]:.0f} ms, usable {row[2]:.0f} ms")


def _once(page: Page, address: str) -> list[float]:
    page.goto(address, wait_until="commit")
    found: Any = page.evaluate(USABLE)
    return [float(one) for one in found]


if __name__ == "__main__":
    sys.exit(main())
