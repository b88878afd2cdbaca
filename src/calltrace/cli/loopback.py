"""A small HTTPS server on loopback for the demo: serves one file and receives webhooks."""

import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import trustme


@dataclass(frozen=True, slots=True)
class Received:
    """One webhook as it came in."""

    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Loopback:
    """The running server: its address and what it received."""

    url: str
    webhooks: "Queue[Received]" = field(default_factory=Queue["Received"])


@contextmanager
def https_loopback(folder: Path, file: Path, content_type: str) -> Generator[Loopback]:
    """Serve ``file`` under its name and take webhooks at ``/webhook``; ``folder`` gets ``ca.pem``."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)  # pyright: ignore[reportUnknownMemberType] - half typed
    loopback = Loopback("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(loopback, file, content_type))
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    loopback.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(loopback: Loopback, file: Path, content_type: str) -> type[BaseHTTPRequestHandler]:
    content = file.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        """Answers for one file and one webhook receiver."""

        def do_GET(self) -> None:
            """Serve the file, nothing else."""
            if self.path != f"/{file.name}":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(OSError):  # a probe hangs up after the first bytes
                self.wfile.write(content)

        def do_POST(self) -> None:
            """Take a webhook."""
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            loopback.webhooks.put(
                Received({name.lower(): value for name, value in self.headers.items()}, body)
            )
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing: the demo prints what matters."""

    return Handler
