"""Signs of life of a worker, for those who look after the installation. Nothing is decided by them."""

import asyncio
import os
import socket
import uuid
from datetime import timedelta

import structlog
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace import __version__
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.pipeline.identity import WORKER_NAME
from calltrace.pipeline.models import WorkerSign

EVERY_SECONDS = 10.0
ALIVE = timedelta(seconds=35)
"""Three signs may be missed before a worker counts as silent."""
KEPT = timedelta(days=1)

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def worker_name() -> str:
    """Machine and process; a supervised worker has a name of its own instead of a process id."""
    supervised = os.environ.get(WORKER_NAME, "").rpartition(":")[2]
    return f"{socket.gethostname()} {supervised or f'process {os.getpid()}'}"[:200]


async def show_life(database: Database, identity: uuid.UUID) -> None:
    """Say for ever that this worker is there; at the end, that it is not any more."""
    begun = False
    try:
        while True:
            try:
                async with database.operator() as session:
                    await sign(session, identity, worker_name(), begins=not begun)
                begun = True
            except DatabaseAwayError as error:
                log.warning("sign_of_life_missed", error=error.detail)
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        await asyncio.shield(_leave(database, identity))


async def _leave(database: Database, identity: uuid.UUID) -> None:
    try:
        async with database.operator() as session:
            await session.execute(delete(WorkerSign).where(WorkerSign.id == identity))
    except DatabaseAwayError as error:
        log.warning("sign_of_life_missed", error=error.detail)


async def sign(session: AsyncSession, identity: uuid.UUID, name: str, *, begins: bool) -> None:
    """Write one sign of life down (operator session)."""
    row = {"id": identity, "name": name, "version": __version__}
    now = {"seen_at": func.clock_timestamp()} | ({"started_at": func.clock_timestamp()} if begins else {})
    made = insert(WorkerSign).values(**row)
    await session.execute(made.on_conflict_do_update(index_elements=["id"], set_={**row, **now}))


async def forget(session: AsyncSession) -> None:
    """Delete the signs of those that are gone for long (operator session)."""
    await session.execute(delete(WorkerSign).where(WorkerSign.seen_at < func.clock_timestamp() - KEPT))
