"""``calltrace serve``: only the API and the web UI."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import typer
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from calltrace.analyses.watching import Watchers
from calltrace.cli import instance
from calltrace.cli.options import HostOption, PortOption
from calltrace.cli.service import start_service, with_shared_database
from calltrace.kit.errors import ConfigurationError
from calltrace.kit.garbage import keep_all, uncollected
from calltrace.kit.words import speak
from calltrace.pipeline.context import build_platform
from calltrace.settings import Settings
from calltrace.web.tongues import tongue_of


class _Server(uvicorn.Server):
    """Lets those go who watch analyses before it waits for what is under way: they would stay for hours."""

    def __init__(self, config: uvicorn.Config, watchers: Watchers) -> None:
        super().__init__(config)
        self._watchers = watchers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; what was made until then lives for ever."""
        await super().startup(sockets)
        keep_all()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: end streams, then what uvicorn does."""
        self._watchers.close()
        await super().shutdown(sockets)


def tls_of(settings: Settings) -> dict[str, Any]:
    """TLS 1.2 and newer, where a certificate is set."""
    if settings.tls_cert_file is None:
        return {}

    def context(_config: uvicorn.Config, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        try:
            made = usual()
        except OSError as error:  # also what is no certificate, or another key's
            raise ConfigurationError(f"TLS_CERT_FILE, TLS_KEY_FILE: {error}") from error
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        return made

    files = {"ssl_certfile": settings.tls_cert_file, "ssl_keyfile": settings.tls_key_file}
    return files | {"ssl_context_factory": context}


def serve(context: typer.Context, host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Only the API and the web UI, for several machines."""
    with uncollected():  # every route of every contract: seconds that help pages spare
        from calltrace.server import create_server

    settings = start_service(context)
    speak(tongue_of(settings.ui_language))

    def run(dsn: str) -> None:
        key, url = instance.secret_key(settings), instance.public_url(settings, host, port)
        watchers = Watchers()
        app = create_server(
            lambda: build_platform(settings, dsn, key, url),
            watchers,
            settings.hosts,
            settings.trusted_proxies,
        )
        config = uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, proxy_headers=False,
            server_header=False, timeout_graceful_shutdown=int(settings.drain_seconds) or 1,
            **tls_of(settings),
        )  # fmt: skip
        server = _Server(config, watchers)
        with suppress(KeyboardInterrupt):  # raised again when everything has ended
            server.run()
        if not server.started:
            raise SystemExit(STARTUP_FAILURE)

    with_shared_database(settings, run)
