"""One installation as the command line sees it: its secret key, its database, its first organisation."""

import asyncio
import os
import secrets
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import typer
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, service
from calltrace.accounts.audit import SYSTEM
from calltrace.db.connections import connect
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer, running_dsn
from calltrace.db.session import Database
from calltrace.kit.errors import ConfigurationError
from calltrace.settings import Settings

if TYPE_CHECKING:
    from calltrace.pipeline.context import Platform

T = TypeVar("T")
_KEY_FILE = "secret.key"
_HAS_SCHEMA = "SELECT to_regclass('public.organisations') IS NOT NULL"
READY_SECONDS = 15.0
"""How long a command waits for a platform that is just starting."""


def secret_key(settings: Settings) -> str:
    """``SECRET_KEY``, else the one kept in the data directory, made on the first start (0600)."""
    if settings.secret_key:
        return settings.secret_key
    path = key_file(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        _make_key(path)
    return path.read_text().strip()


def key_file(settings: Settings) -> Path:
    """Where the key of a data directory is kept."""
    return settings.data_dir.absolute() / _KEY_FILE


def _make_key(path: Path) -> None:
    """Write a new key whole and durably before anybody can read it; of two at once, one wins."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".key-") as file:  # made 0600
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(file.name, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def public_url(settings: Settings, host: str = "127.0.0.1", port: int = 8000) -> str:
    """``PUBLIC_URL``, else from host and port, as they are reached from this machine."""
    return settings.public_url.rstrip("/") or local_url(settings, host, port)


def local_url(settings: Settings, host: str, port: int) -> str:
    """Where the server is reached from this machine: one that listens everywhere does so on loopback, too."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"{scheme(settings)}://{f'[{reached}]' if ':' in reached else reached}:{port}"


def scheme(settings: Settings) -> str:
    """What the server of this installation speaks."""
    return "https" if settings.tls_cert_file else "http"


@contextmanager
def embedded_server(settings: Settings, say: Callable[[str], None]) -> Generator[tuple[EmbeddedServer, str]]:
    """The embedded server, running, and its address."""
    server = EmbeddedServer(EmbeddedConfig(settings.data_dir.absolute() / "postgres", settings.pg_bin), say)
    try:
        yield server, server.start()
    finally:
        server.stop()


def running_url(settings: Settings) -> str | None:
    """The address of the embedded server that `calltrace up` runs on this data directory."""
    return running_dsn(settings.data_dir.absolute() / "postgres")


@contextmanager
def database_url(settings: Settings, *, create: bool = False, as_it_is: bool = False) -> Generator[str]:
    """An address that answers: the configured server, the running embedded one, else one started for this.

    Args:
        settings: of the installation.
        create: make an installation if there is none.
        as_it_is: leave the schema of a server that is started for this at the revision it is at.

    Raises:
        ConfigurationError: nothing is installed here and ``create`` is not set, or the schema is not there.
    """
    running = settings.database_url or running_url(settings)
    if running:
        asyncio.run(_wait_until_ready(running))
        yield running
        return
    if not create and not (settings.data_dir / "postgres").exists():
        raise ConfigurationError(
            f"There is no installation in {settings.data_dir}:"
            " start `calltrace up`, or set CALLTRACE_DATA_DIR."
        )
    with embedded_server(settings, lambda _message: None) as (_server, dsn):
        if not as_it_is:
            asyncio.run(prepare(dsn))
        yield dsn


async def _wait_until_ready(dsn: str) -> None:
    """A platform that is just starting answers in a moment; one without a schema needs to be told so."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            connection = await connect(dsn, None)
            break
        except (OSError, asyncpg.PostgresError) as error:
            if time.monotonic() > deadline:
                raise ConfigurationError(f"The database does not answer: {error}") from error
            await asyncio.sleep(0.3)
    try:
        while not await connection.fetchval(_HAS_SCHEMA):  # pyright: ignore[reportUnknownMemberType] - as above
            if time.monotonic() > deadline:
                raise ConfigurationError("The database has no schema yet: run `calltrace migrate`.")
            await asyncio.sleep(0.3)
    finally:
        await connection.close()  # pyright: ignore[reportUnknownMemberType] - asyncpg ships no complete types


async def prepare(dsn: str) -> str:
    """Bring the schema up to date and make the first organisation; answers the revision."""
    from calltrace.db.migrate import migrate

    revision = await migrate(dsn)
    database = Database(dsn, pool_size=1)
    try:
        await ensure_default_organisation(database)
    finally:
        await database.close()
    return revision


async def ensure_default_organisation(database: Database) -> None:
    """A first start makes the organisation ``Default``."""
    async with database.operator() as session:
        if not await queries.organisations(session):
            await service.create_organisation(session, service.DEFAULT_ORGANISATION, actor=SYSTEM)


async def ensure_admin(database: Database, settings: Settings) -> str | None:
    """The first owner; answers the password when it was made up just now, to be shown once.

    Of the organisation of the first start, whatever it is called by now, and only while it never had any
    people: an owner who was sent away does not come back with the next start.
    """
    async with database.operator() as session:
        first = (await queries.organisations(session))[0]
        await queries.locked_organisation(session, first.id)
        if await queries.ever_had_people(session, first.id):
            return None
        if await queries.user_by_email(session, settings.admin_email):
            return None
        _user, password = await service.create_user(
            session, first.id, settings.admin_email, "owner", settings.admin_password or None, SYSTEM
        )
    return None if settings.admin_password else password


@asynccontextmanager
async def open_platform(settings: Settings, dsn: str) -> "AsyncGenerator[Platform]":
    """The platform's parts for one command; loaded only then, so that a supervisor starts fast."""
    from calltrace.pipeline.context import build_platform

    platform = build_platform(settings, dsn, secret_key(settings), public_url(settings))
    try:
        yield platform
    finally:
        await platform.close()


def with_platform(settings: Settings, work: "Callable[[Platform], Coroutine[Any, Any, T]]") -> T:
    """Run one asynchronous piece of work against the installation's database."""

    async def run(dsn: str) -> T:
        async with open_platform(settings, dsn) as platform:
            return await work(platform)

    with database_url(settings) as dsn:
        return asyncio.run(run(dsn))


@dataclass(frozen=True, slots=True)
class Scope:
    """One organisation's transaction, for one command."""

    platform: "Platform"
    org_id: uuid.UUID
    session: AsyncSession


def in_organisation(settings: Settings, org: str, work: Callable[[Scope], Coroutine[Any, Any, T]]) -> T:
    """Run work inside one organisation, named by id or exact name; row-level security holds it there."""

    async def run(platform: "Platform", org_id: uuid.UUID) -> T:
        async with platform.database.tenant(org_id) as session:
            return await work(Scope(platform, org_id, session))

    return for_organisation(settings, org, run)


def for_organisation(
    settings: Settings, org: str, work: "Callable[[Platform, uuid.UUID], Coroutine[Any, Any, T]]"
) -> T:
    """Run work for one organisation, named by id or exact name, that has transactions of its own."""

    async def run(platform: "Platform") -> T:
        async with platform.database.operator() as session:
            organisation = await service.find_organisation(session, org)
        return await work(platform, organisation.id)

    return with_platform(settings, run)


def settings_of(context: typer.Context) -> Settings:
    """The settings that the command line was started with."""
    settings = context.find_root().obj
    assert isinstance(settings, Settings)
    return settings
