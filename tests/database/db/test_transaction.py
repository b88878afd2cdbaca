"""Transactions begin in one round trip and leave nothing behind."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.catalog.models import Agent
from calltrace.db.connections import connect
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from database.conftest import count

PID = text("SELECT pg_backend_pid()")
WHO = text("SELECT current_setting('calltrace.org_id', true)")


@pytest.fixture
async def single(migrated: str) -> AsyncGenerator[Database]:
    """A database with one connection for tenants, so that each transaction gets the one before it."""
    database = Database(migrated, pool_size=1)
    yield database
    await database.close()


async def terminate(database: Database, pid: int | None) -> None:
    superuser: Any = await connect(database.dsn, None)
    await superuser.fetch("SELECT pg_terminate_backend($1)", pid)
    await superuser.close()


async def agent_added(database: Database, org: uuid.UUID, *, then: Exception | None = None) -> None:
    async with database.tenant(org) as session:
        session.add(Agent(org_id=org, name="a"))
        await session.flush()
        if then:
            raise then


async def test_what_was_done_is_committed(single: Database, org: uuid.UUID) -> None:
    async with single.tenant(org) as session:
        session.add(Agent(org_id=org, name="never flushed by hand"))
    assert await count(single, "agents", org) == 1


async def test_an_error_rolls_back_and_frees_the_connection(single: Database, org: uuid.UUID) -> None:
    with pytest.raises(ZeroDivisionError):
        await agent_added(single, org, then=ZeroDivisionError())
    assert await count(single, "agents", org) == 0


async def test_a_failed_statement_leaves_a_connection_that_can_be_used(
    single: Database, org: uuid.UUID
) -> None:
    async def fail() -> object:
        async with single.tenant(org) as session:
            before.append(await session.scalar(PID))
            return await session.execute(text("SELECT 1/0"))

    before: list[int | None] = []
    with pytest.raises(Exception, match="division by zero"):
        await fail()
    async with single.tenant(org) as session:
        assert await session.scalar(PID) == before[0]


async def test_the_next_transaction_knows_nothing_of_the_last_one(single: Database, org: uuid.UUID) -> None:
    async with single.tenant(org) as session:
        first, who = await session.scalar(PID), await session.scalar(WHO)
    async with single.nobody() as session:
        assert (await session.scalar(PID), await session.scalar(WHO) or "") == (first, "")
    assert who == str(org)


async def test_a_connection_that_died_is_replaced_unnoticed(single: Database, org: uuid.UUID) -> None:
    async with single.tenant(org) as session:
        victim = await session.scalar(PID)
    await terminate(single, victim)
    async with single.tenant(org) as session:
        assert await session.scalar(PID) != victim


async def test_a_connection_that_dies_in_the_middle_is_told_and_nothing_is_kept(
    single: Database, org: uuid.UUID
) -> None:
    async def break_in_the_middle() -> None:
        async with single.tenant(org) as session:
            session.add(Agent(org_id=org, name="a"))
            await session.flush()
            victim = await session.scalar(PID)
            await terminate(single, victim)
            await session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAwayError):
        await break_in_the_middle()
    assert await count(single, "agents", org) == 0


async def test_a_cancelled_transaction_is_rolled_back(single: Database, org: uuid.UUID) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with single.tenant(org) as session:
            session.add(Agent(org_id=org, name="a"))
            await session.flush()
            inside.set()
            await session.execute(text("SELECT pg_sleep(600)"))

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(single, "agents", org) == 0


async def test_a_connection_left_in_a_transaction_is_never_handed_out(
    single: Database, org: uuid.UUID
) -> None:
    engine = single._app.engine  # pyright: ignore[reportPrivateUsage] - the pool itself is what is tested
    async with AsyncSession(engine) as careless:
        await careless.execute(text("BEGIN"))
        await careless.execute(text(f"SELECT set_config('calltrace.org_id', '{org}', true)"))
        left = await careless.scalar(PID)
    async with single.nobody() as session:
        assert await session.scalar(PID) != left
        assert not await session.scalar(WHO)


@pytest.mark.parametrize("hostile", ["o'brien@calls.test", "'; DROP TABLE agents; --", "\\", "%", "'' OR ''"])
async def test_what_is_presented_is_only_ever_a_value(single: Database, hostile: str) -> None:
    async with single.presenting(hostile) as session:
        shown = await session.scalar(text("SELECT current_setting('calltrace.presented_hash')"))
    assert shown == hostile


async def test_what_no_database_can_hold_is_refused_before_it_is_sent(single: Database) -> None:
    with pytest.raises(ValueError, match="NUL"):
        async with single.presenting("a\0b"):
            pass
