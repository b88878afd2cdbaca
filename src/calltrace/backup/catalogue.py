"""What a database holds of ours, as its own catalogue tells: right at every revision of the schema."""

from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from calltrace.backup.errors import BackupFailedError
from calltrace.db.tables import all_tables

NO_BACKUP = {"doomed_objects"}
"""Names objects that are about to be removed, not objects that belong to something."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of ours.

    Attributes:
        columns: all that are stored; generated ones make themselves.
        needs: the tables that its foreign keys lead to.
        whole: whether the current role sees every row, whatever policies there are.
        forced: whether row-level security also holds its owner.
    """

    name: str
    columns: tuple[str, ...]
    needs: frozenset[str]
    whole: bool
    forced: bool


async def tables(connection: Any) -> list[Table]:
    """Every table that must be saved, in an order in which they can be filled.

    Ours are those that the models know and those that lead to an organisation. What is kept in unlogged
    tables is of the moment, the queue engine's jobs are made again by housekeeping.
    """
    rows = await connection.fetch(_TABLES)
    known = set(all_tables().tables)
    found = {row["name"]: _table(row) for row in rows}
    ours = {name for name in found if name in known or "organisations" in _reached(found, name)}
    order = TopologicalSorter({name: sorted(found[name].needs & ours) for name in sorted(ours)})
    return [found[name] for name in order.static_order()]


def _table(row: Any) -> Table:
    return Table(
        row["name"],
        tuple(row["columns"]),
        frozenset(row["needs"]) - {row["name"]},
        row["whole"],
        row["forced"],
    )


def _reached(found: dict[str, Table], name: str) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        for one in found[waiting.pop()].needs & found.keys() - reached:
            reached.add(one)
            waiting.append(one)
    return reached


_TABLES = """
WITH bypass AS (SELECT rolsuper OR rolbypassrls AS rls FROM pg_roles WHERE rolname = current_user)
SELECT c.relname::text AS name, c.relforcerowsecurity AS forced,
  ARRAY(SELECT attname::text FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
        ORDER BY attnum) AS columns,
  ARRAY(SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
        WHERE k.conrelid = c.oid AND k.contype = 'f') AS needs,
  NOT c.relrowsecurity OR (SELECT rls FROM bypass) OR (
    EXISTS (SELECT FROM pg_policies p
            WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.permissive = 'PERMISSIVE'
              AND p.cmd IN ('ALL', 'SELECT') AND p.qual = 'true'
              AND p.roles && ARRAY['public', current_user]::name[])
    AND NOT EXISTS (SELECT FROM pg_policies p
            WHERE p.schemaname = 'public' AND p.tablename = c.relname AND p.permissive <> 'PERMISSIVE')
  ) AS whole
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relpersistence = 'p'
ORDER BY c.relname
"""


def refuse_partial(found: list[Table]) -> None:
    """A table of which policies hide rows would be saved in part, and nobody would notice.

    Raises:
        BackupFailedError: naming the tables.
    """
    partial = [one.name for one in found if not one.whole]
    if partial:
        raise BackupFailedError(
            f"Row-level security hides rows of {', '.join(partial)} from the operator's role."
        )


def object_sources(found: list[Table]) -> str | None:
    """SQL of the objects that rows name: ``key``, ``fixed`` (never changes), ``due`` (must be there)."""
    parts = [
        f'SELECT object_key AS key, true AS fixed, true AS due FROM "{one.name}"'  # noqa: S608 - from the catalogue
        " WHERE object_key IS NOT NULL"
        for one in found
        if "object_key" in one.columns and one.name not in NO_BACKUP
    ]
    # What a client puts straight into the store can come, and come again, until an analysis takes it.
    if any(one.name == "uploads" and "direct" in one.columns for one in found):
        parts.append(
            "SELECT object_prefix, false, status = 'used' FROM uploads WHERE direct AND status <> 'spent'"
        )
    return " UNION ALL ".join(parts) or None


def sealed_sources(found: list[Table]) -> list[str]:
    """SQL of the newest and the oldest value of each kind that the secret key seals."""
    return [
        f'SELECT "{column}" FROM "{one.name}" WHERE "{column}" IS NOT NULL'  # noqa: S608 - as above
        f" ORDER BY created_at {direction} LIMIT 1"
        for one in found
        for column in one.columns
        if column.startswith("sealed_") and "created_at" in one.columns
        for direction in ("ASC", "DESC")
    ]
