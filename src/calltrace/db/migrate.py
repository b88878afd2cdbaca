"""Bringing a database up to date: roles, our tables, the queue engine's tables, grants."""

from importlib.resources import files
from typing import cast

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from calltrace.db import rls
from calltrace.db.session import APP_ROLE, OPERATOR_ROLE, make_engine
from calltrace.kit.errors import ConfigurationError

MINIMUM_VERSION = 150_000
_LOCK = 0x63616C6C  # "call": one migration at a time on a server
_QUEUE_TABLES = "pgqueuer, pgqueuer_log, pgqueuer_statistics, pgqueuer_schedules"
_QUEUE_GRANTS = (
    f"GRANT SELECT, INSERT, UPDATE, DELETE ON {_QUEUE_TABLES} TO {APP_ROLE}, {OPERATOR_ROLE}",
    f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}, {OPERATOR_ROLE}",
)


def alembic_config(connection: Connection) -> Config:
    """Alembic over an open connection; nothing is read from files."""
    config = Config()
    config.set_main_option("script_location", str(files("calltrace.db") / "migrations"))
    config.attributes["connection"] = connection
    return config


async def migrate(dsn: str, revision: str = "head") -> str:
    """Bring the schema up to date and answer the revision it is at. Safe to run at the same time twice.

    Args:
        dsn: the database.
        revision: where to stop; a schema that is further stays as it is.

    Raises:
        ConfigurationError: the server is too old, or its role may not create what is needed.
    """
    engine = make_engine(dsn, None, pool_size=1)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            try:
                return await _migrate(connection, revision)
            finally:
                await connection.rollback()
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
    finally:
        await engine.dispose()


async def _migrate(connection: AsyncConnection, revision: str) -> str:
    await _check_version(connection)
    await _create_roles(connection)
    await connection.run_sync(lambda sync: command.upgrade(alembic_config(sync), revision))
    await connection.commit()
    await _install_queue(connection)
    return await connection.run_sync(current_revision) or "none"


def current_revision(connection: Connection) -> str | None:
    """The revision a database is at; ``None`` when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str | None:
    """The revision this version of the software wants."""
    return _scripts().get_current_head()


def older_revisions(revision: str = "head") -> frozenset[str]:
    """A revision and all that lead to it; none if this version of the software does not know it."""
    try:
        return frozenset(one.revision for one in _scripts().iterate_revisions(revision, "base"))
    except CommandError:
        return frozenset()


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(files("calltrace.db") / "migrations"))
    return ScriptDirectory.from_config(config)


async def _check_version(connection: AsyncConnection) -> None:
    version = int(await connection.scalar(text("SHOW server_version_num")) or 0)
    if version < MINIMUM_VERSION:
        raise ConfigurationError(f"PostgreSQL 15 or newer is needed; this server is {version // 10_000}.")


async def _create_roles(connection: AsyncConnection) -> None:
    try:
        for statement in rls.create_roles():
            await connection.execute(text(statement))
        await connection.commit()
    except Exception as error:
        await connection.rollback()
        raise ConfigurationError(
            f"The database role cannot create the roles {APP_ROLE} and {OPERATOR_ROLE}; give it CREATEROLE,"
            f" or let an administrator create both (NOLOGIN) and grant them to it. ({error})"
        ) from error


async def _install_queue(connection: AsyncConnection) -> None:
    raw = await connection.get_raw_connection()
    queries = Queries(AsyncpgDriver(cast("asyncpg.Connection", raw.driver_connection)))
    if await queries.schema_is_installed():
        await queries.apply_upgrade()
    else:
        await queries.install()
    for statement in _QUEUE_GRANTS:
        await connection.execute(text(statement))
    await connection.commit()
