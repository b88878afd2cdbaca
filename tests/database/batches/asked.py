"""Batches that were asked for, and what the database says of them."""

import uuid
from typing import Any

from sqlalchemy import text

from calltrace.batches import queries, service, shown
from calltrace.batches.models import Batch
from calltrace.batches.selection import Selection
from calltrace.batches.service import Asked
from calltrace.db.session import Database


async def backtest(
    database: Database,
    org: uuid.UUID,
    scorecard_id: uuid.UUID,
    *ids: uuid.UUID,
    version: int | None = None,
    against: int | None = None,
) -> Batch:
    asked = Asked(org, "live", Selection(ids or None))
    async with database.tenant(org) as session:
        return await service.backtest(session, asked, scorecard_id, version, against)


async def bulk(
    database: Database, org: uuid.UUID, scorecard_id: uuid.UUID | None = None, *ids: uuid.UUID
) -> Batch:
    async with database.tenant(org) as session:
        return await service.evaluate(session, Asked(org, "live", Selection(ids or None)), scorecard_id)


async def document(database: Database, org: uuid.UUID, batch: Batch) -> Any:
    """A back-test as it is answered."""
    async with database.tenant(org) as session:
        found = await queries.batch(session, batch.id, "backtest", "live")
        assert found
        return await shown.backtest(session, found)


async def calls(database: Database, org: uuid.UUID, batch: Batch) -> list[Any]:
    async with database.tenant(org) as session:
        query = text("SELECT * FROM batch_calls WHERE batch_id = :id ORDER BY position")
        return list((await session.execute(query, {"id": batch.id})).all())


async def row(database: Database, org: uuid.UUID, batch: Batch) -> Any:
    async with database.tenant(org) as session:
        query = text("SELECT * FROM batches WHERE id = :id")
        return (await session.execute(query, {"id": batch.id})).one()


async def next_key(database: Database, org: uuid.UUID, batch: Batch) -> str:
    """The key of the batch's waiting job, as its worker is given it."""
    async with database.operator() as session:
        query = text("SELECT dedupe_key FROM pgqueuer WHERE dedupe_key LIKE :key")
        keys = (await session.scalars(query, {"key": f"evaluate_batch:{org}/{batch.id}/%"})).all()
    assert len(keys) == 1
    return keys[0].partition("/")[2]
