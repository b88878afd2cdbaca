"""How an installation is doing at this moment: what waits, who works, how much room there is.

Numbers are of all organisations together, and say nothing of any of them. They come from a few statements
that are cheap enough to be asked every other second; what calls other servers is in ``checks``.
"""

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db import jobs
from calltrace.db.clock import database_now
from calltrace.kit.words import Words
from calltrace.pipeline import life, milestones
from calltrace.pipeline.context import Platform
from calltrace.settings import Settings

KINDS: Mapping[str, str] = {
    jobs.PROCESS: "calls", jobs.EVALUATE: "evaluations", jobs.EVALUATE_BATCH: "batches",
    jobs.EXPORT: "exports", jobs.SEND_MAIL: "messages",
}  # fmt: skip
LATE = timedelta(minutes=5)
"""From when on waiting is worth a look, where there are workers."""
LEAST_FREE = 0.1
"""Share of a disk that should be free."""
_QUEUES = text("""
    SELECT entrypoint, count(*) FILTER (WHERE status = 'queued') AS waiting,
           count(*) FILTER (WHERE status = 'picked') AS running,
           count(*) FILTER (WHERE status = 'failed') AS held,
           min(GREATEST(created, execute_after)) FILTER (WHERE status = 'queued' AND execute_after <= now())
               AS oldest
    FROM pgqueuer GROUP BY entrypoint
""")
_WORKERS = text("""
    SELECT w.id, w.name, w.version, w.started_at, w.seen_at, p.entrypoint, count(p.id) AS jobs
    FROM workers AS w
    LEFT JOIN pgqueuer AS p ON p.queue_manager_id = w.id AND p.status = 'picked'
    GROUP BY w.id, p.entrypoint ORDER BY w.name, w.started_at
""")
_DELIVERIES = text("""
    SELECT count(*) AS waiting,
           min(next_attempt_at) FILTER (WHERE next_attempt_at <= clock_timestamp()) AS oldest,
           (SELECT count(*) FROM webhook_endpoints
            WHERE failing_since IS NOT NULL AND disabled_at IS NULL AND deleted_at IS NULL) AS failing
    FROM webhook_deliveries WHERE status = 'pending'
""")


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of work. ``waits`` is since when the oldest that is due waits; ``None`` when none is."""

    kind: str
    waiting: int = 0
    running: int = 0
    held: int = 0
    waits: timedelta | None = None


@dataclass(slots=True)
class Worker:
    """One worker, and how many jobs of each kind it has in hand."""

    name: str
    version: str
    started_at: datetime
    seen_at: datetime
    alive: bool
    doing: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Room:
    """A disk: ``what`` is kept there, and how much of it is free, in bytes."""

    what: str
    free: int
    total: int

    @property
    def scarce(self) -> bool:
        """Whether somebody should look after it."""
        return self.free < LEAST_FREE * self.total


@dataclass(frozen=True, slots=True)
class Health:
    """All of it.

    Attributes:
        answered: how long the database took for these questions.
        deliveries: webhooks that wait, of all organisations.
        failing: endpoints at which every attempt fails.
        backup: when the last backup was made, as far as it is known here.
        at: the moment, by the database's clock.
    """

    answered: timedelta
    queues: Sequence[Queue]
    deliveries: Queue
    failing: int
    workers: Sequence[Worker]
    rooms: Sequence[Room]
    backup: datetime | None
    at: datetime

    @property
    def alive(self) -> int:
        """How many workers are there."""
        return sum(one.alive for one in self.workers)

    @property
    def worries(self) -> list[str]:
        """What somebody should look after, in sentences."""
        found: list[str] = (
            [] if self.alive else [Words("No worker is there: nothing is heard, evaluated or delivered.")]
        )
        late = [one.kind for one in (*self.queues, self.deliveries) if one.waits and one.waits > LATE]
        if late and self.alive:
            found.append(
                Words(
                    "Work waits for more than %(minutes)s minutes: %(kinds)s.",
                    minutes=LATE.seconds // 60,
                    kinds=", ".join(late),
                )
            )
        found += [
            Words("Little room is left for %(what)s.", what=one.what) for one in self.rooms if one.scarce
        ]
        if self.failing:
            found.append(
                Words.plural(
                    "Webhooks fail at %(count)s endpoint.",
                    "Webhooks fail at %(count)s endpoints.",
                    self.failing,
                )
            )
        return found


async def health(platform: Platform) -> Health:
    """Look at it now."""
    began = time.monotonic()
    async with platform.database.operator() as session:
        at = await database_now(session)
        queues = await _queues(session, at)
        workers = await _workers(session, at)
        sent = (await session.execute(_DELIVERIES)).one()
        backup = await milestones.last(session, milestones.BACKUP)
    answered = timedelta(seconds=time.monotonic() - began)
    deliveries = Queue("deliveries", sent.waiting, waits=at - sent.oldest if sent.oldest else None)
    rooms = await asyncio.to_thread(_rooms, platform.settings)
    return Health(
        answered, queues, deliveries, sent.failing, workers, rooms, backup.at if backup else None, at
    )


async def _queues(session: AsyncSession, at: datetime) -> list[Queue]:
    rows = {row.entrypoint: row for row in (await session.execute(_QUEUES)).all()}
    found = list[Queue]()
    for entrypoint, kind in KINDS.items():
        row = rows.get(entrypoint)
        if row is None:
            found.append(Queue(kind))
            continue
        waits = max(at - row.oldest, timedelta()) if row.oldest else None
        found.append(Queue(kind, row.waiting, row.running, row.held, waits))
    return found


async def _workers(session: AsyncSession, at: datetime) -> list[Worker]:
    found: dict[object, Worker] = {}
    for row in (await session.execute(_WORKERS)).all():
        alive = at - row.seen_at <= life.ALIVE
        known = found.setdefault(row.id, Worker(row.name, row.version, row.started_at, row.seen_at, alive))
        if row.entrypoint and alive:
            known.doing[KINDS.get(row.entrypoint, row.entrypoint)] = row.jobs
    return list(found.values())


def _rooms(settings: Settings) -> list[Room]:
    """The disks of this machine on which something is kept; an object store tells nothing of its own."""
    places = {Words("the data directory"): settings.data_dir.absolute()}
    parts = urlsplit(settings.effective_storage_url)
    if parts.scheme == "file":
        places[Words("recordings")] = Path(unquote(parts.path))
    found: dict[int, Room] = {}
    for what, place in places.items():
        near = next((one for one in (place, *place.parents) if one.exists()), None)
        if near is None:
            continue
        device, room = near.stat().st_dev, shutil.disk_usage(near)
        known = found.get(device)
        found[device] = Room(
            Words("%(one)s and %(other)s", one=known.what, other=what) if known else what,
            room.free,
            room.total,
        )
    return list(found.values())
