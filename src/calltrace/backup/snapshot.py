"""The database at one moment: every table of ours through one read-only snapshot, next to running work."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from calltrace.backup import catalogue
from calltrace.backup.catalogue import Table
from calltrace.backup.errors import BackupFailedError
from calltrace.backup.files import PackedFile
from calltrace.backup.manifest import TableEntry
from calltrace.db.connections import connect
from calltrace.db.session import OPERATOR_ROLE

Moved = Callable[[str, int, int], None]
"""Called with the current step, how much of it is done, and how much it is in all."""

WANTED = "wanted.jsonl.gz"
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was read; the rows are in files by then.

    Attributes:
        objects: how many the rows name; the file ``wanted`` tells which, ordered by name.
    """

    moment: datetime
    revision: str
    installation: str | None
    tables: list[TableEntry]
    sealed_samples: list[str]
    objects: int
    wanted: Path


async def take(dsn: str, state: Path, moved: Moved) -> Snapshot:
    """Write every table, and which objects they name, into the folder ``state``.

    Raises:
        BackupFailedError: there is no schema, a policy hides rows, or the disk is full.
        OSError, asyncpg errors: the database went away.
    """
    async with _reading(dsn) as connection:
        revision = await _revision(connection)
        await connection.execute(f"SET LOCAL ROLE {OPERATOR_ROLE}")
        found = await catalogue.tables(connection)
        catalogue.refuse_partial(found)
        names = ", ".join(f'"{one.name}"' for one in found)
        await connection.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")  # nobody migrates meanwhile
        entries: list[TableEntry] = []
        for number, table in enumerate(found):
            moved("database", number, len(found))
            entries.append(await _save(connection, table, state))
        objects = await _list_objects(connection, found, state / WANTED)
        first = "SELECT id FROM organisations ORDER BY created_at, id LIMIT 1"
        installation = await connection.fetchval(first)
        return Snapshot(
            await connection.fetchval("SELECT now()"), revision, installation and str(installation), entries,
            await _samples(connection, found), objects, state / WANTED,
        )  # fmt: skip


@asynccontextmanager
async def _reading(dsn: str) -> AsyncGenerator[Any]:
    connection: Any = await connect(dsn, None)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def _revision(connection: Any) -> str:
    try:
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        revision = None
    if revision is None:
        raise BackupFailedError("The database has no schema: there is nothing to back up.")
    return revision


async def _save(connection: Any, table: Table, state: Path) -> TableEntry:
    file = PackedFile(state / f"{table.name}.copy.gz")
    columns = ", ".join(f'"{column}"' for column in table.columns)
    query = f'SELECT {columns} FROM "{table.name}"'  # noqa: S608 - names of the catalogue
    answer: str = await connection.copy_from_query(query, output=file.write, format="binary")
    rows = int(answer.rpartition(" ")[2])
    return TableEntry(table=table.name, columns=list(table.columns), rows=rows, file=await file.close())


async def _list_objects(connection: Any, found: list[Table], path: Path) -> int:
    """Write ``[name, key, fixed, due]`` of each object, ordered by name: the SHA-256 of its key."""
    file, total = PackedFile(path), 0
    sources = catalogue.object_sources(found)
    if sources:
        query = (
            "SELECT encode(sha256(convert_to(key, 'UTF8')), 'hex') AS name, key, bool_and(fixed) AS fixed,"  # noqa: S608 - names of the catalogue
            f" bool_or(due) AS due FROM ({sources}) AS named GROUP BY key ORDER BY 1"
        )
        async for row in connection.cursor(query, prefetch=_BATCH):
            await file.line(list(row))
            total += 1
    await file.close()
    return total


async def _samples(connection: Any, found: list[Table]) -> list[str]:
    values = [await connection.fetchval(query) for query in catalogue.sealed_sources(found)]
    return sorted({value for value in values if value})


async def still_named(dsn: str, keys: list[str]) -> list[str]:
    """Which of these objects rows name now, so that they should be in the store."""
    async with _reading(dsn) as connection:
        await connection.execute(f"SET LOCAL ROLE {OPERATOR_ROLE}")
        sources = catalogue.object_sources(await catalogue.tables(connection))
        query = f"SELECT DISTINCT key FROM ({sources}) AS named WHERE due AND key = ANY($1) ORDER BY key"  # noqa: S608 - as above
        return [row["key"] for row in await connection.fetch(query, keys)]
