"""``calltrace serve``: only the API and the web UI."""

import socket
from contextlib import suppress

import typer
import uvicorn
from uvicorn.config import STARTUP_FAILURE

from calltrace.analyses.watching import Watchers
from calltrace.cli import instance
from calltrace.cli.options import HostOption, PortOption
from calltrace.cli.service import start_service, with_shared_database
from calltrace.pipeline.context import build_platform
from calltrace.server import create_server


class _Server(uvicorn.Server):
    """Lets those go who watch analyses before it waits for what is under way: they would stay for hours."""

    def __init__(self, config: uvicorn.Config, watchers: Watchers) -> None:
        super().__init__(config)
        self._watchers = watchers

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: end streams, then what uvicorn does."""
        self._watchers.close()
        await super().shutdown(sockets)


def serve(context: typer.Context, host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Only the API and the web UI, for several machines."""
    settings = start_service(context)

    def run(dsn: str) -> None:
        key, url = instance.secret_key(settings), instance.public_url(settings, host, port)
        watchers = Watchers()
        app = create_server(lambda: build_platform(settings, dsn, key, url), watchers, settings.hosts)
        config = uvicorn.Config(
            app, host=host, port=port, log_config=None, access_log=False, proxy_headers=False,
            server_header=False, timeout_graceful_shutdown=int(settings.drain_seconds) or 1,
        )  # fmt: skip
        server = _Server(config, watchers)
        with suppress(KeyboardInterrupt):  # raised again when everything has ended
            server.run()
        if not server.started:
            raise SystemExit(STARTUP_FAILURE)

    with_shared_database(settings, run)
