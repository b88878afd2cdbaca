"""Objects of the store and the rows that vouch for them: nothing is stored, or left behind, unaccounted for.

An object is written down as doomed before it exists, and spared in the transaction of the row that it
belongs to; whoever dies in between leaves a note. What is erased is written down in the same way, in the
transaction of the erasure: the store may be away, or this process may die, and it is still removed.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.session import Database
from calltrace.kit.errors import UnavailableError
from calltrace.recordings import queries
from calltrace.recordings.models import DoomedObject
from calltrace.recordings.vault import Stored, Vault

UNCLAIMED = timedelta(days=1)
"""How long a stored object may wait for its row: far beyond what any worker takes."""
AGAIN_AFTER = timedelta(minutes=5)
"""When an object that could not be removed is tried again, so that it does not hold up the others."""
BATCH = 100

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class ObjectDoomedError(UnavailableError):
    """The stored object may be gone already, because nothing vouched for it in time."""

    code = "object_doomed"
    title = "The stored copy came too late"


async def store(database: Database, vault: Vault, org_id: uuid.UUID, path: Path) -> Stored:
    """Seal a file into the store; it stays only if ``spare`` is called within UNCLAIMED.

    Raises:
        UnavailableError: the store or the database failed; nothing stays behind for good.
    """
    key = f"{org_id}/{uuid.uuid4()}"
    async with database.tenant(org_id) as session:
        await doom(session, org_id, [key], after=UNCLAIMED)
    return await vault.save(path, key)


async def spare(session: AsyncSession, object_key: str) -> None:
    """Keep a stored object for good, in the transaction of the row that it belongs to.

    Raises:
        ObjectDoomedError: its time had run out; it may be gone, so it has to be stored anew.
    """
    in_time = DoomedObject.due_at > func.clock_timestamp()
    statement = delete(DoomedObject).where(DoomedObject.object_key == object_key, in_time)
    if await session.scalar(statement.returning(DoomedObject.object_key)) is None:
        raise ObjectDoomedError("The stored copy was about to be removed; it is stored again.")


async def doom(
    session: AsyncSession, org_id: uuid.UUID, object_keys: Sequence[str], *, after: timedelta = timedelta(0)
) -> None:
    """Have objects removed ``after`` a while; it holds if and only if the session's transaction commits."""
    if not object_keys:
        return
    due = func.clock_timestamp() + after
    rows = [{"org_id": org_id, "object_key": key, "due_at": due} for key in object_keys]
    statement = insert(DoomedObject).values(rows)
    sooner = {"due_at": func.least(DoomedObject.due_at, statement.excluded.due_at)}
    await session.execute(statement.on_conflict_do_update(index_elements=["object_key"], set_=sooner))


async def remove(database: Database, vault: Vault, org_id: uuid.UUID, object_keys: Sequence[str]) -> None:
    """Remove doomed objects now, as far as that is possible; the rest is done by ``sweep``."""
    try:
        for key in object_keys:
            await vault.erase(key)
        async with database.tenant(org_id) as session:
            await _forget(session, object_keys)
    except UnavailableError as error:
        log.warning("object_removal_postponed", objects=len(object_keys), error=error.code)


async def sweep(database: Database, vault: Vault) -> None:
    """Remove every object whose time has come; one that cannot be removed now is tried again later."""
    while True:
        async with database.operator() as session:
            due = await queries.due_objects(session, BATCH)
        gone, failed = await _erase(vault, due)
        async with database.operator() as session:
            await _forget(session, gone)
            await _postpone(session, failed)
        if failed or len(due) < BATCH:
            return


async def _erase(vault: Vault, object_keys: Sequence[str]) -> tuple[list[str], str | None]:
    """What was removed, and the first that could not be: the store is away, or that object is odd."""
    gone: list[str] = []
    for key in object_keys:
        try:
            await vault.erase(key)
        except UnavailableError as error:
            log.warning("object_removal_postponed", objects=1, error=error.code)
            return gone, key
        gone.append(key)
    return gone, None


async def _forget(session: AsyncSession, object_keys: Sequence[str]) -> None:
    if object_keys:
        await session.execute(delete(DoomedObject).where(DoomedObject.object_key.in_(object_keys)))


async def _postpone(session: AsyncSession, object_key: str | None) -> None:
    if object_key is None:
        return
    later = func.clock_timestamp() + AGAIN_AFTER
    match = DoomedObject.object_key == object_key
    await session.execute(update(DoomedObject).where(match).values(due_at=later))
