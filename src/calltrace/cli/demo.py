"""``calltrace demo``: the whole main job on the sample call, as an integrator sees it. Nothing is mocked."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Annotated, Any

import typer
from rich.console import Console
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from calltrace.analyses.document import AnalysisDocument
from calltrace.cli.loopback import Loopback, Received, https_loopback
from calltrace.cli.report import render
from calltrace.data import sample_call_path
from calltrace.kit.errors import CallTraceError
from calltrace.kit.signatures import hmac_hex, same
from calltrace.settings import without_settings

START_SECONDS, RESULT_SECONDS = 90.0, 300.0
OWNER_PASSWORD_BYTES = 9


class DemoFailedError(CallTraceError):
    """A step of the demo did not do what it should."""

    code = "demo_failed"
    title = "The demo failed"


def demo(
    serve: Annotated[bool, typer.Option("--serve", help="Keep running and print address and login.")] = False,
) -> None:
    """The main job on the sample call: submit, download, transcribe, evaluate, signed webhook."""
    console, began = Console(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="calltrace-demo-") as folder, _stage(Path(folder)) as stage:
        stage.tell(f"platform ready at {stage.url}")
        key = stage.command("keys", "create", "--org", "Default", "--name", "demo")
        events = (
            "--event",
            "analysis.created",
            "--event",
            "analysis.completed",
            "--event",
            "analysis.failed",
        )
        url = f"{stage.loopback.url}/webhook"
        endpoint = stage.command("webhooks", "create", "--org", "Default", "--url", url, *events)
        stage.tell(f"API key {key['prefix']}… and webhook endpoint created")
        document = _run(stage, key["token"], endpoint["secret"])
        console.print()
        render(document, console)
        console.print(f"\nDone in {time.monotonic() - began:.1f} s.")
        if serve:
            stage.keep_running(key["token"])


class Stage:
    """The platform on a temporary data directory, and the integrator's side on loopback.

    It sees none of the caller's settings, and the caller's installation nothing of it.
    """

    def __init__(self, folder: Path, port: int, loopback: Loopback) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.loopback = loopback
        self._port = port
        self._started = time.monotonic()
        self._folder = folder
        self._log = folder / "platform.log"
        self._environment = {
            **without_settings(os.environ),
            "CALLTRACE_DATA_DIR": str(folder / "data"),
            "CALLTRACE_OUTBOUND_ALLOW_CIDRS": "127.0.0.0/8,::1/128",
            "CALLTRACE_OUTBOUND_CA_FILE": str(folder / "ca.pem"),
            "CALLTRACE_ADMIN_PASSWORD": os.urandom(OWNER_PASSWORD_BYTES).hex(),
        }

    def tell(self, message: str) -> None:
        """One step of the story, with the time since the start."""
        sys.stderr.write(f"{time.monotonic() - self._started:6.1f} s  {message}\n")

    def start(self) -> "subprocess.Popen[bytes]":
        """Start ``calltrace up`` as a user would."""
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "calltrace", "up", "--port", str(self._port)],
                env=self._environment, cwd=self._folder, stdout=log, stderr=log,
            )  # fmt: skip

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until the platform is healthy.

        Raises:
            DemoFailedError: it ended, or takes too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self._healthy():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = self._log.read_text(errors="replace")[-2000:]
                raise DemoFailedError(f"The platform did not start: {tail}")
            time.sleep(0.1)

    def command(self, *arguments: str) -> dict[str, Any]:
        """One command of the command line, with its JSON answer."""
        command = [sys.executable, "-m", "calltrace", *arguments, "--json"]
        done = subprocess.run(  # noqa: S603 - our own command
            command, env=self._environment, cwd=self._folder, capture_output=True, check=False
        )
        if done.returncode:
            raise DemoFailedError(done.stderr.decode(errors="replace"))
        return json.loads(done.stdout)

    def request(self, token: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of the public API."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers)  # noqa: S310 - our own address
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise DemoFailedError(f"{path} answered {error.code}: {error.read().decode()}") from error

    def keep_running(self, token: str) -> None:
        """Leave the platform up until Ctrl-C."""
        self.tell(f"still running at {self.url}; API key {token}")
        password = self._environment["CALLTRACE_ADMIN_PASSWORD"]
        self.tell(f"web UI at {self.url}/login: admin@example.com, password {password}; stop with Ctrl-C")
        stopping = threading.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda _number, _frame: stopping.set())
        stopping.wait()

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:  # noqa: S310 - our own address
                return answer.status == 200  # noqa: PLR2004 - OK
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def _stage(folder: Path) -> Generator[Stage]:
    with https_loopback(folder, sample_call_path(), "audio/mpeg") as loopback:
        stage = Stage(folder, _free_port(), loopback)
        process = stage.start()
        try:
            stage.wait(process)
            yield stage
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(stage: Stage, token: str, secret: str) -> AnalysisDocument:
    """Submit the sample, follow it to the end and verify what was announced."""
    body = {
        "fileUrl": f"{stage.loopback.url}/{sample_call_path().name}", "fileName": sample_call_path().name,
        "externalId": "demo-1", "idempotencyKey": "demo-1", "metadata": {"source": "demo"},
    }  # fmt: skip
    accepted = stage.request(token, "/api/v1/analyses", body)
    stage.tell(f"202 accepted: analysis {accepted['analysisId']} is {accepted['status']}")
    _await_events(stage, secret, ("analysis.created", "analysis.completed"))
    answer = stage.request(token, f"/api/v1/analyses/{accepted['analysisId']}")
    return AnalysisDocument.model_validate(answer)


def _await_events(stage: Stage, secret: str, wanted: Sequence[str]) -> None:
    missing, deadline = set(wanted), time.monotonic() + RESULT_SECONDS
    while missing:
        try:
            received = stage.loopback.webhooks.get(timeout=max(0.1, deadline - time.monotonic()))
        except Empty:
            raise DemoFailedError(f"No webhook {', '.join(sorted(missing))} came in time.") from None
        event = verify(received, secret)
        stage.tell(f"webhook {event['event']} received, both signatures verified")
        if event["event"] == "analysis.failed":
            raise DemoFailedError(f"The analysis failed: {event['error']}")
        missing.discard(event["event"])


def verify(received: Received, secret: str) -> dict[str, Any]:
    """Check a delivery as its receiver should: the seed's signature and the Standard Webhooks one.

    Raises:
        DemoFailedError: a signature does not fit.
    """
    signed = received.headers["x-calltrace-timestamp"].encode() + b"." + received.body
    expected = "sha256=" + hmac_hex(secret, signed)
    if not same(expected, received.headers["x-calltrace-signature"]):
        raise DemoFailedError("X-CallTrace-Signature does not fit the body.")
    try:
        Webhook(secret).verify(received.body, received.headers)
    except WebhookVerificationError as error:
        raise DemoFailedError(f"webhook-signature: {error}") from error
    return json.loads(received.body)
