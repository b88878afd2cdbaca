"""A job exists if and only if the transaction of its data commits."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db import jobs
from calltrace.db.session import Database, make_engine
from database.conftest import waiting_jobs


async def test_a_committed_job_waits_once(database: Database, org: uuid.UUID) -> None:
    key = f"{org}/{uuid.uuid4()}"
    async with database.tenant(org) as session:
        await jobs.enqueue(session, jobs.PROCESS, key)
        await jobs.enqueue(session, jobs.PROCESS, key)
    assert await waiting_jobs(database, key) == 1


async def test_a_rolled_back_job_never_was(database: Database, org: uuid.UUID) -> None:
    key = f"{org}/{uuid.uuid4()}"

    async def break_off() -> None:
        async with database.tenant(org) as session:
            await jobs.enqueue(session, jobs.PROCESS, key)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    assert await waiting_jobs(database, key) == 0


async def test_a_job_outside_of_a_transaction_is_refused(migrated: str) -> None:
    engine = make_engine(migrated, None)
    async with AsyncSession(engine) as session:
        with pytest.raises(jobs.NoTransactionError):
            await jobs.enqueue(session, jobs.PROCESS, "x/y")
        await session.execute(text("SELECT 1"))
    await engine.dispose()
