"""What the database and the disk hold in the end."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from calltrace.db.embedded import running_dsn
from calltrace.db.session import Database

_UNFINISHED = (
    "SELECT (SELECT count(*) FROM analyses WHERE status NOT IN ('completed', 'failed')) AS analyses,"
    " (SELECT count(*) FROM webhook_deliveries WHERE status = 'pending') AS deliveries,"
    " (SELECT count(*) FROM pgqueuer) AS jobs"
)
_ANALYSES = (
    "SELECT a.id::text, a.external_id, a.status, a.error ->> 'code' AS code, a.tries,"
    " a.lost_leases, a.claimed,"
    " (SELECT count(*) FROM evaluations e WHERE e.analysis_id = a.id) AS evaluations,"
    " (SELECT count(*) FROM transcripts t WHERE t.analysis_id = a.id) AS transcripts,"
    " (SELECT k.key FROM idempotency_keys k WHERE k.analysis_id = a.id) AS key FROM analyses a"
)
_DELIVERIES = (
    "SELECT d.id, d.analysis_id::text, d.event, d.status, d.attempts, d.body,"
    " (SELECT count(*) FROM webhook_attempts t WHERE t.delivery_id = d.id) AS written,"
    " (SELECT max(number) FROM webhook_attempts t WHERE t.delivery_id = d.id) AS last,"
    " (SELECT count(*) FROM webhook_attempts t WHERE t.delivery_id = d.id AND t.status = 'delivered')"
    " AS successes FROM webhook_deliveries d"
)
_UNUSED = (
    "SELECT object_key FROM recordings r WHERE NOT EXISTS (SELECT 1 FROM analyses WHERE recording_id = r.id)"
)
_OBJECTS = " UNION ".join(
    f"SELECT object_key FROM {table}" for table in ("recordings", "renditions", "doomed_objects")
)


@dataclass(frozen=True, slots=True)
class Records:
    """Rows as mappings; objects by key."""

    analyses: list[Any]
    deliveries: list[Any]
    unused_recordings: list[str]
    named_objects: set[str]

    def deliveries_of(self) -> dict[str, list[Any]]:
        found = defaultdict[str, list[Any]](list)
        for one in self.deliveries:
            found[one.analysis_id].append(one)
        return found


class Books:
    """Looks into the database beside the running platform."""

    def __init__(self, data: Path) -> None:
        dsn = running_dsn(data / "postgres")
        assert dsn is not None
        self._database = Database(dsn, pool_size=1)

    async def unfinished(self) -> dict[str, int]:
        """What is still to be done, by kind."""
        async with self._database.operator() as session:
            return dict((await session.execute(text(_UNFINISHED))).one()._mapping)  # pyright: ignore[reportPrivateUsage] - a public name of SQLAlchemy

    async def read(self) -> Records:
        async with self._database.operator() as session:
            return Records(
                list(await session.execute(text(_ANALYSES))),
                list(await session.execute(text(_DELIVERIES))),
                list(await session.scalars(text(_UNUSED))),
                set(await session.scalars(text(_OBJECTS))),
            )

    async def close(self) -> None:
        await self._database.close()


def stored_objects(data: Path) -> set[str]:
    """What lies in the object store, half-written pieces included."""
    root = data / "storage"
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def work_files(data: Path) -> list[str]:
    """What workers have on their disk beside their locks."""
    root = data / "work"
    found = (path for path in root.rglob("*") if path.is_file() and path.name not in {"in-use", ".gate"})
    return sorted(str(path.relative_to(root)) for path in found)
