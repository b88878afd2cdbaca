"""``calltrace up`` and ``migrate``: everything on one machine."""

import asyncio
import signal
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from calltrace.cli import instance
from calltrace.cli.options import HostOption, PortOption
from calltrace.cli.output import say
from calltrace.cli.supervise import SUPERVISED, Service
from calltrace.db.embedded import EmbeddedServer
from calltrace.db.session import Database
from calltrace.kit import logs, threads
from calltrace.kit.errors import CallTraceError
from calltrace.pipeline.identity import WORKER_NAME
from calltrace.settings import Settings
from calltrace.web.tongues import tongue_of

READY_SECONDS = 60.0
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
DATABASE_PAUSE = 5.0
"""Between two tries to start a database server that does not start."""


def up(
    context: typer.Context,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    data_dir: Annotated[Path | None, typer.Option(help="Where everything is kept.")] = None,
    workers: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
) -> None:
    """Everything on one machine: database, migrations, API, web UI, background workers."""
    settings = instance.settings_of(context)
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir})
    logs.configure(settings.log_level, settings.log_format)
    tongue_of(settings.ui_language)  # refused before anything is started
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.database_url:
        _run_all(settings, settings.database_url, None, host, port, workers)
        return
    with instance.embedded_server(settings, say) as (server, dsn):
        _run_all(settings, dsn, server, host, port, workers)


def _run_all(
    settings: Settings, dsn: str, server: EmbeddedServer | None, host: str, port: int, workers: int
) -> None:
    environment = {
        "CALLTRACE_DATABASE_URL": dsn,
        "CALLTRACE_DATA_DIR": str(settings.data_dir.absolute()),
        "CALLTRACE_SECRET_KEY": instance.secret_key(settings),
        "CALLTRACE_PUBLIC_URL": instance.public_url(settings, host, port),
        "CALLTRACE_ASR_THREADS": str(settings.asr_threads or max(1, threads.default() // workers)),
        SUPERVISED: "1",
    }
    stop = settings.drain_seconds + 10
    services = [Service("api", ("serve", "--host", host, "--port", str(port)), environment, stop)]
    services += [_worker(number + 1, settings, environment, stop) for number in range(workers)]
    asyncio.run(_prepare(settings, dsn))
    url = instance.local_url(settings, host, port)
    if host in EVERYWHERE and not settings.public_url:
        say(f"PUBLIC_URL is not set: links in mails and webhooks lead to {url}, which others cannot open.")
    asyncio.run(_supervise(services, server, url, f"{settings.public_url.rstrip('/') or url}/login"))


def _worker(number: int, settings: Settings, environment: dict[str, str], stop: float) -> Service:
    """A worker whose name outlives its process: it takes back what its predecessor held."""
    name = f"worker-{number}"
    own = {**environment, WORKER_NAME: f"{settings.data_dir.absolute()}:{name}"}
    return Service(name, ("work",), own, stop)


async def _prepare(settings: Settings, dsn: str) -> None:
    """Schema, first organisation, first owner."""
    await instance.prepare(dsn)
    database = Database(dsn, pool_size=1)
    try:
        password = await instance.ensure_admin(database, settings)
    finally:
        await database.close()
    if password:
        say(f"First owner: {settings.admin_email}, password {password} (shown this once)")


async def _supervise(services: list[Service], server: EmbeddedServer | None, url: str, pages: str) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stopping.set)
    tasks = [asyncio.create_task(service.run(stopping)) for service in services]
    tasks.append(asyncio.create_task(_announce(url, pages, stopping)))
    if server is not None:
        tasks.append(asyncio.create_task(_keep_database(server, stopping)))
    await asyncio.gather(*tasks)
    say("Stopped.")


async def _keep_database(server: EmbeddedServer, stopping: asyncio.Event) -> None:
    """Start the embedded server again when it died, and again when that fails: a full disk may get room."""
    while not stopping.is_set():
        pause = 1.0
        try:
            if await asyncio.to_thread(server.ensure):
                say("The database server had died and was started again.")
        except (CallTraceError, OSError) as error:
            pause = DATABASE_PAUSE
            say(f"The database server cannot be started, again in {pause:.0f} s: {error}")
        await _pause(stopping, pause)


async def _announce(url: str, pages: str, stopping: asyncio.Event) -> None:
    """Say when API and web UI answer, and where people sign in."""
    for _ in range(int(READY_SECONDS / 0.2)):
        if stopping.is_set():
            return
        if await asyncio.to_thread(_healthy, url):
            say(f"Call Trace is ready at {url}; people sign in at {pages}")
            return
        await _pause(stopping, 0.2)
    say(f"The API does not answer at {url} yet; see the log above.")


def _to_ourselves() -> ssl.SSLContext:
    """The certificate names whom others call, and that is not loopback."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_OURSELVES = _to_ourselves()


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2, context=_OURSELVES) as answer:  # noqa: S310 - our own address
            return answer.status == 200  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError):
        return False


async def _pause(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


def migrate(context: typer.Context) -> None:
    """Bring the database schema up to date."""
    settings = instance.settings_of(context)
    if settings.database_url:
        typer.echo(f"The schema is at revision {asyncio.run(instance.prepare(settings.database_url))}.")
        return
    with instance.database_url(settings, create=True) as dsn:
        typer.echo(f"The schema is at revision {asyncio.run(instance.prepare(dsn))}.")
