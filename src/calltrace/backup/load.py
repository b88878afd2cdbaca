"""The rows of a backup into an empty database: all in one transaction, or none."""

from pathlib import Path
from typing import Any

import asyncpg

from calltrace.backup import catalogue
from calltrace.backup.catalogue import Table
from calltrace.backup.errors import BackupDamagedError, RestoreFailedError
from calltrace.backup.files import unpacked
from calltrace.backup.manifest import Manifest, TableEntry
from calltrace.backup.snapshot import Moved
from calltrace.backup.target import refuse_unless_empty
from calltrace.db.connections import connect


async def load(dsn: str, state: Path, manifest: Manifest, moved: Moved) -> None:
    """Fill the tables; the schema is at the backup's revision. Constraints hold, and all rows are counted.

    Raises:
        BackupDamagedError: tables, columns or rows are not those that the manifest tells of.
        RestoreRefusedError: somebody filled the database meanwhile.
        RestoreFailedError: the database refused something; nothing was written.
    """
    connection: Any = await connect(dsn, None)
    try:
        async with connection.transaction():
            found = await catalogue.tables(connection)
            _check_tables(found, manifest)
            await refuse_unless_empty(connection)
            await _fill(connection, found, state, manifest, moved)
        await connection.execute("ANALYZE")
    except asyncpg.PostgresError as error:
        raise RestoreFailedError(f"The database refused the backup: {error}") from error
    finally:
        await connection.close()


def _check_tables(found: list[Table], manifest: Manifest) -> None:
    ours = {one.name: set(one.columns) for one in found}
    theirs = {one.table: set(one.columns) for one in manifest.tables}
    if ours != theirs:
        odd = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        raise BackupDamagedError(
            f"The backup's tables are not those of revision {manifest.revision}: {', '.join(odd)}."
        )


async def _fill(connection: Any, found: list[Table], state: Path, manifest: Manifest, moved: Moved) -> None:
    """Policies would hold the tables' owner too, and COPY knows none: they are lifted until the commit.

    So are triggers of ours: what they would write is in the backup. Foreign keys hold.
    """
    for one in found:
        await connection.execute(f'ALTER TABLE "{one.name}" DISABLE TRIGGER USER')
    forced = [one.name for one in found if one.forced]
    for name in forced:
        await connection.execute(f'ALTER TABLE "{name}" NO FORCE ROW LEVEL SECURITY')
    for number, entry in enumerate(manifest.tables):
        moved("database", number, len(manifest.tables))
        await _copy(connection, state, entry)
    for name in forced:
        await connection.execute(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY')
    for one in found:
        await connection.execute(f'ALTER TABLE "{one.name}" ENABLE TRIGGER USER')


async def _copy(connection: Any, state: Path, entry: TableEntry) -> None:
    answer: str = await connection.copy_to_table(
        entry.table, schema_name="public", columns=entry.columns, format="binary",
        source=unpacked(state / entry.file.name),
    )  # fmt: skip
    rows = int(answer.rpartition(" ")[2])
    if rows != entry.rows:
        raise BackupDamagedError(
            f"{entry.table} has {rows} rows in the backup, and should have {entry.rows}."
        )
