"""One installation as the command line sees it: its secret key, its database, its first organisation."""

import asyncio
import os
import secrets
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, service
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer, running_dsn
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform, build_platform
from calltrace.settings import Settings

T = TypeVar("T")
_KEY_FILE = "secret.key"


def secret_key(settings: Settings) -> str:
    """``SECRET_KEY``, else the one kept in the data directory, made on the first start (0600)."""
    if settings.secret_key:
        return settings.secret_key
    path = settings.data_dir / _KEY_FILE
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    return path.read_text().strip()


def public_url(settings: Settings, host: str = "127.0.0.1", port: int = 8000) -> str:
    """``PUBLIC_URL``, else from host and port."""
    return settings.public_url.rstrip("/") or f"http://{host}:{port}"


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
def database_url(settings: Settings) -> Generator[str]:
    """An address that answers: the configured server, the running embedded one, else one started for this."""
    running = settings.database_url or running_url(settings)
    if running:
        yield running
        return
    from calltrace.db.migrate import migrate

    with embedded_server(settings, lambda _message: None) as (_server, dsn):
        asyncio.run(migrate(dsn))
        asyncio.run(_first_organisation(dsn))
        yield dsn


async def _first_organisation(dsn: str) -> None:
    database = Database(dsn, pool_size=1)
    try:
        await ensure_default_organisation(database)
    finally:
        await database.close()


async def ensure_default_organisation(database: Database) -> None:
    """A first start makes the organisation ``Default``."""
    async with database.operator() as session:
        if not await queries.organisations(session):
            await service.create_organisation(session, service.DEFAULT_ORGANISATION)


async def ensure_admin(database: Database, settings: Settings) -> str | None:
    """The first owner; answers the password when it was made up just now, to be shown once."""
    async with database.operator() as session:
        organisation = await service.find_organisation(session, service.DEFAULT_ORGANISATION)
        if await queries.user_by_email(session, settings.admin_email):
            return None
        _user, password = await service.create_user(
            session, organisation.id, settings.admin_email, "owner", settings.admin_password or None
        )
    return None if settings.admin_password else password


@asynccontextmanager
async def open_platform(settings: Settings, dsn: str) -> AsyncGenerator[Platform]:
    """The platform's parts for one command."""
    platform = build_platform(settings, dsn, secret_key(settings), public_url(settings))
    try:
        yield platform
    finally:
        await platform.close()


def with_platform(settings: Settings, work: Callable[[Platform], Coroutine[Any, Any, T]]) -> T:
    """Run one asynchronous piece of work against the installation's database."""

    async def run(dsn: str) -> T:
        async with open_platform(settings, dsn) as platform:
            return await work(platform)

    with database_url(settings) as dsn:
        return asyncio.run(run(dsn))


@dataclass(frozen=True, slots=True)
class Scope:
    """One organisation's transaction, for one command."""

    platform: Platform
    org_id: uuid.UUID
    session: AsyncSession


def in_organisation(settings: Settings, org: str, work: Callable[[Scope], Coroutine[Any, Any, T]]) -> T:
    """Run work inside one organisation, named by id or exact name; row-level security holds it there."""

    async def run(platform: Platform) -> T:
        async with platform.database.operator() as session:
            organisation = await service.find_organisation(session, org)
        async with platform.database.tenant(organisation.id) as session:
            return await work(Scope(platform, organisation.id, session))

    return with_platform(settings, run)


def settings_of(context: typer.Context) -> Settings:
    """The settings that the command line was started with."""
    settings = context.find_root().obj
    assert isinstance(settings, Settings)
    return settings
