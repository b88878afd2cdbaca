"""``calltrace serve``: only the API and the web UI."""

import typer
import uvicorn

from calltrace.cli import instance
from calltrace.cli.options import HostOption, PortOption
from calltrace.cli.service import start_service, with_shared_database
from calltrace.pipeline.context import build_platform
from calltrace.server import create_server


def serve(context: typer.Context, host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Only the API and the web UI, for several machines."""
    settings = start_service(context)

    def run(dsn: str) -> None:
        key, url = instance.secret_key(settings), instance.public_url(settings, host, port)
        app = create_server(lambda: build_platform(settings, dsn, key, url))
        uvicorn.run(
            app, host=host, port=port, log_config=None, access_log=False, proxy_headers=False,
            server_header=False, timeout_graceful_shutdown=int(settings.drain_seconds) or 1,
        )  # fmt: skip

    with_shared_database(settings, run)
