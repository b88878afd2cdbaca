"""Make the pictures of ``docs/images``: main pages of a real installation with sample data, light, as WebP.

``python scripts/docs_screenshots.py`` starts ``calltrace up`` on a temporary folder, lets it hear the sample
call, and takes the pictures with the Chromium of the browser tests. It takes some minutes.
"""

import os
import re
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import av
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 860
MOST_BYTES = 60_000
AGENTS = ("Ada Moreau", "Jonas Keller", "Priya Nair")
CALLS = (
    ("Broadband outage.mp3", 0, 1.0), ("Invoice question.mp3", 1, 1.0), ("Moving house.mp3", 2, 0.6),
    ("Cancellation.mp3", 0, 0.5), ("New router.mp3", 1, 0.8),
)  # fmt: skip
"""Name, agent, and how much of the sample call it is."""
sys.path.insert(0, str(ROOT / "tests"))
harness: Any = import_module("whole.harness")
opened: Any = av.open
chromium: Any = import_module("whole.browser.chromium")


def main() -> int:
    """Exit status 1 when there is no browser, or a picture is too large."""
    found = chromium.find()
    if found is None:
        print("no Chromium: run scripts/install_test_browser.py, or set CALLTRACE_CHROMIUM", file=sys.stderr)
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, harness.running_world(Path(folder)) as world:
        sample = (ROOT / "src" / "calltrace" / "data" / "sample_call.mp3").read_bytes()
        world.files = {
            f"/{number}": sample[: int(len(sample) * part)] for number, (_, _, part) in enumerate(CALLS)
        }
        installation = harness.Installation(Path(folder))
        installation.start()
        try:
            call = fill(installation, world)
            sizes = shoot(installation, found, call)
        finally:
            installation.stop()
    for name, size in sizes.items():
        print(f"{name}: {size} bytes")
    return 1 if max(sizes.values()) > MOST_BYTES else 0


def fill(installation: Any, world: Any) -> str:
    """Agents and calls; the id of the first call."""
    run, org = installation.json, ("--org", "Default")
    agents = [run("agents", "create", name, *org)["id"] for name in AGENTS]
    run("webhooks", "create", *org, "--url", f"{world.url}/hooks/crm", "--event", "analysis.completed")
    client = harness.Client(installation, run("keys", "create", *org, "--name", "crm")["token"])
    sent = [
        client.submit(
            f"{world.url}/{number}", fileName=name, agentId=agents[agent], externalId=f"crm-{4711 + number}"
        )
        for number, (name, agent, _part) in enumerate(CALLS)
    ]
    for one in sent:
        client.finished(one["analysisId"], 900)
    return str(sent[0]["analysisId"])


def shoot(installation: Any, found: Any, call: str) -> dict[str, int]:
    """The pictures, by name, and how many bytes each has."""
    said = re.search(r"First owner: (\S+), password (\S+)", installation.log.read_text())
    assert said, "the first start prints the login"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.program,
            args=list(chromium.ARGUMENTS),
            env={**os.environ, **found.environment},
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(60_000)
        sign_in(page, installation.url, said[1], said[2])
        sizes: dict[str, int] = {}
        for name, (path, then) in pages(call).items():
            page.goto(installation.url + path)
            then(page)
            page.wait_for_timeout(500)
            sizes[name] = write(page.screenshot(), TARGET / f"{name}.webp")
        browser.close()
    return sizes


def sign_in(page: Page, url: str, email: str, password: str) -> None:
    """As the first owner."""
    page.goto(f"{url}/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/login" not in address)


def pages(call: str) -> dict[str, tuple[str, Callable[[Page], object]]]:
    """What is pictured, and what is done there first."""

    def nothing(_page: Page) -> None:
        """The page as it opens."""

    return {
        "calls": ("/calls", nothing),
        "call": (f"/calls/{call}", lambda page: page.locator(".quote").first.click()),
        "insights": ("/insights", lambda page: page.locator(".tiles").wait_for()),
        "scorecard": ("/scorecards/ready/sales", nothing),
        "signature": ("/admin/integrations/signature", nothing),
        "settings": ("/admin/settings", nothing),
    }


def write(png: bytes, path: Path) -> int:
    """A picture as WebP; answers its size in bytes."""
    with opened(BytesIO(png)) as source:
        frame = next(source.decode(video=0)).reformat(format="yuv420p")
    with opened(str(path), "w", format="webp") as target:
        stream = target.add_stream("libwebp", options={"quality": "82", "compression_level": "6"})
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            target.mux(packet)
    return path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
