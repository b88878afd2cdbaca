"""The whole platform as a child process, and the outside world on loopback: files and a receiver over TLS."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import trustme

PATIENCE = 120.0


def wait_for(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = PATIENCE) -> Any:
    """Poll until the condition is true, and answer its value; ``what`` may be made when it is told."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.1)
    raise AssertionError(f"did not happen in {seconds:.0f} s: {what() if callable(what) else what}")


def _open_gate() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


@dataclass
class World:
    """Serves files by path and takes webhooks.

    ``down`` makes the receiver answer 503, ``statuses`` something else for some paths; while ``gate`` is
    clear it answers nobody at all.
    """

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    refused: int = 0
    down: bool = False
    statuses: dict[str, int] = field(default_factory=dict[str, int])
    waiting: int = 0
    gate: threading.Event = field(default_factory=_open_gate)

    def events(self, analysis_id: str) -> list[str]:
        bodies = [json.loads(body) for _headers, body in self.received]
        return [body["event"] for body in bodies if body.get("analysisId") == analysis_id]


Handler = type[BaseHTTPRequestHandler]


@contextmanager
def running_world(folder: Path, behaviour: "Callable[[World], Handler] | None" = None) -> Generator[World]:
    """A TLS server on loopback; ``folder/ca.pem`` is the authority that vouches for it."""
    world, authority = World(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType] - also takes pyOpenSSL's
    server = ThreadingHTTPServer(("127.0.0.1", 0), (behaviour or well_behaved)(world))
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    world.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield world
    server.shutdown()
    server.server_close()
    thread.join()


def well_behaved(world: World) -> Handler:
    class WellBehaved(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = world.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", "audio/mpeg")
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            with suppress(OSError):  # a probe hangs up after the first bytes
                self.wfile.write(content or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            world.waiting += 1
            world.gate.wait()
            world.waiting -= 1
            status = world.statuses.get(self.path, 503 if world.down else 204)
            if status == 204:
                world.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
            else:
                world.refused += 1
            self.answer(status)

        def answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    return WellBehaved


class Installation:
    """One data directory and the ``calltrace up`` that runs on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "up.log"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CALLTRACE_")},
            "CALLTRACE_DATA_DIR": str(folder / "data"),
            "CALLTRACE_OUTBOUND_ALLOW_CIDRS": "127.0.0.0/8,::1/128",
            "CALLTRACE_OUTBOUND_CA_FILE": str(folder / "ca.pem"),
            "CALLTRACE_LOG_FORMAT": "json",
            "CALLTRACE_LEASE_SECONDS": "4",
            "CALLTRACE_DRAIN_SECONDS": "2",
            "CALLTRACE_PROCESSING_RETRY_SCHEDULE": "1,1,1",
            "CALLTRACE_WEBHOOK_RETRY_SCHEDULE": "1,2,3",
            **{f"CALLTRACE_{name.upper()}": value for name, value in settings.items()},
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, workers: int = 1) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "calltrace", "up", "--port", str(self.port)]
            command += ["--workers", str(workers)]
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self.healthy, lambda: f"the platform starts\n{self.log.read_text()[-3000:]}")

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def healthy(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return httpx2.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def command(
        self, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "calltrace", *arguments]
        return subprocess.run(
            command,
            env=self.environment | (environment or {}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        done = self.command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def service_pid(self, name: str) -> int:
        """The process id of a service's latest start."""
        pids = [event["pid"] for event in self.events("service_started") if event["service"] == name]
        return pids[-1]

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the platform logged under one name."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event.get("event") == name]


class Client:
    """An integrator with a key of its own."""

    def __init__(self, installation: Installation, token: str) -> None:
        self._url = f"{installation.url}/api/v1/analyses"
        self.headers = {"Authorization": f"Bearer {token}"}

    def submit(self, url: str | None, **fields: Any) -> dict[str, Any]:
        body = {"fileUrl": url, **fields}
        answer = httpx2.post(self._url, json=body, headers=self.headers, timeout=30)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def get(self, analysis_id: str) -> dict[str, Any]:
        answer = httpx2.get(f"{self._url}/{analysis_id}", headers=self.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def list(self, **filters: str) -> list[dict[str, Any]]:
        return httpx2.get(self._url, params=filters, headers=self.headers, timeout=30).json()["data"]

    def finished(self, analysis_id: str, seconds: float = PATIENCE) -> dict[str, Any]:
        def done() -> dict[str, Any] | None:
            shown = self.get(analysis_id)
            return shown if shown["status"] in {"completed", "failed"} else None

        return wait_for(done, f"analysis {analysis_id} ends", seconds)

    def evaluate_again(self, analysis_id: str) -> None:
        answer = httpx2.post(
            f"{self._url}/{analysis_id}/evaluations", json={}, headers=self.headers, timeout=30
        )
        assert answer.status_code == 202, answer.text

    def reaches(self, analysis_id: str, stage: str) -> None:
        wait_for(lambda: self.get(analysis_id)["progress"]["stage"] == stage, f"stage {stage}")
