"""The database that a backup goes into: empty, nobody else at work on it, its schema not too new."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from calltrace.backup.errors import RestoreRefusedError
from calltrace.db.connections import connect
from calltrace.db.migrate import older_revisions

_LOCK = 0x72657374  # "rest": one restore at a time into a database
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'calltrace'
"""


@asynccontextmanager
async def reserved(dsn: str, revision: str) -> AsyncGenerator[None]:
    """Keep other restores away while the block lasts.

    Args:
        dsn: the database.
        revision: what the backup's schema is at.

    Raises:
        RestoreRefusedError: the database is not empty, is being used, or its schema is newer.
    """
    connection: Any = await connect(dsn, None)
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            raise RestoreRefusedError("Another restore is at work on this database.")
        if await connection.fetchval(_OTHERS):
            raise RestoreRefusedError(
                "The database is being used: stop every `calltrace` that works with it."
            )
        await refuse_unless_empty(connection)
        await _refuse_newer(connection, revision)
        yield
    finally:
        await connection.close()


async def refuse_unless_empty(connection: Any) -> None:
    """Everything belongs to an organisation: without one there is nothing that could be harmed.

    Raises:
        RestoreRefusedError: there is one.
    """
    if not await connection.fetchval("SELECT to_regclass('public.organisations') IS NOT NULL"):
        return
    if await _has_organisations(connection):
        raise RestoreRefusedError(
            "This installation is not empty, and a restore replaces nothing: restore into a new"
            " CALLTRACE_DATA_DIR or an empty database."
        )


async def _has_organisations(connection: Any) -> bool:
    """Asked past the policies, which let the owner of the table see nothing."""
    async with connection.transaction():
        await connection.execute("SET LOCAL ROLE calltrace_operator")
        found = await connection.fetchval("SELECT EXISTS (SELECT FROM organisations)")
        await connection.execute("RESET ROLE")  # an outer transaction would keep it
        return found


async def _refuse_newer(connection: Any, revision: str) -> None:
    if not await connection.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL"):
        return
    present = await connection.fetchval("SELECT version_num FROM alembic_version")
    if present and present not in older_revisions(revision):
        raise RestoreRefusedError(
            f"The schema of this database is at revision {present}, newer than the backup's, {revision}:"
            " restore into an empty database."
        )
