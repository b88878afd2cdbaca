"""A database that is silent or cut off: told within bounded time, and used again when it is back."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from calltrace.catalog.models import Agent
from calltrace.db import connections, transaction
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import APP_ROLE, Database
from calltrace.db.transaction import NotCommittedError
from database.conftest import count
from database.line import Line

PATIENCE = 30.0
"""Seconds that no test may hang: far above the limits that are set below."""


@pytest.fixture
async def far(line: tuple[Line, str]) -> AsyncGenerator[Database]:
    database = Database(line[1], pool_size=3)
    yield database
    async with asyncio.timeout(PATIENCE):
        await database.close()


async def fill_pool(database: Database, org: uuid.UUID, number: int) -> None:
    """Leave so many connections in the pool."""
    everybody = asyncio.Barrier(number)

    async def one() -> None:
        async with database.tenant(org):
            await everybody.wait()

    await asyncio.gather(*(one() for _ in range(number)))


async def add_agent(database: Database, org: uuid.UUID) -> None:
    async with asyncio.timeout(PATIENCE), database.tenant(org) as session:
        session.add(Agent(org_id=org, name="a"))


async def test_connections_that_died_in_silence_are_replaced_all_at_once(
    line: tuple[Line, str], far: Database, org: uuid.UUID
) -> None:
    """As behind a firewall that forgot them: only the first is waited for, and no request notices."""
    await fill_pool(far, org, 3)
    before = line[0].made
    line[0].silence()
    for _ in range(3):
        await add_agent(far, org)
    cancelled = 1  # what hangs is cancelled over a connection of its own: only one did
    assert line[0].made == before + 3 + cancelled
    assert await count(far, "agents", org) == 3


async def test_a_server_that_says_nothing_is_away(
    line: tuple[Line, str], far: Database, org: uuid.UUID
) -> None:
    await fill_pool(far, org, 3)
    line[0].die()
    for _ in range(2):
        with pytest.raises(DatabaseAwayError):
            await add_agent(far, org)


async def test_a_server_that_falls_silent_in_the_middle_is_away_and_back_later(
    line: tuple[Line, str], far: Database, org: uuid.UUID
) -> None:
    async def fall_silent() -> None:
        async with asyncio.timeout(PATIENCE), far.tenant(org) as session:
            session.add(Agent(org_id=org, name="never committed"))
            await session.flush()
            line[0].silence()
            await session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseAwayError):
        await fall_silent()
    await add_agent(far, org)
    assert await count(far, "agents", org) == 1


async def test_more_requests_than_connections_are_told_so(
    line: tuple[Line, str], far: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All connections are in use for longer than anybody waits: the next one is not kept waiting for them."""
    del line
    for name in ("CONNECT_SECONDS", "STATEMENT_SECONDS"):  # those who hold have to get that far
        monkeypatch.setattr(connections, name, PATIENCE)
    monkeypatch.setattr(transaction, "BEGIN_SECONDS", PATIENCE)
    holding = asyncio.Barrier(14)

    async def hold() -> None:
        async with far.tenant(org):
            await holding.wait()
            await holding.wait()

    async with asyncio.timeout(3 * PATIENCE), asyncio.TaskGroup() as holders:
        for _ in range(13):
            holders.create_task(hold())
        await holding.wait()
        with pytest.raises(DatabaseAwayError):
            await add_agent(far, org)
        await holding.wait()
    await add_agent(far, org)


async def test_a_commit_without_an_answer_is_told_as_an_outage(
    line: tuple[Line, str], far: Database, org: uuid.UUID
) -> None:
    async def lose_the_answer() -> None:
        async with asyncio.timeout(PATIENCE), far.tenant(org) as session:
            session.add(Agent(org_id=org, name="a"))
            await session.flush()
            line[0].silence()

    with pytest.raises(DatabaseAwayError):
        await lose_the_answer()


async def test_a_cancelled_request_gives_its_connection_up_though_nobody_answers(
    line: tuple[Line, str], far: Database, org: uuid.UUID
) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with far.tenant(org) as session:
            line[0].die()
            inside.set()
            await session.execute(text("SELECT 1"))

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(asyncio.CancelledError):
            await task
    pool: Any = far._app.engine.pool  # pyright: ignore[reportPrivateUsage] - the pool itself is what is tested
    assert pool.checkedout() == 0


async def test_the_pool_of_the_queue_is_let_go_of_though_nobody_answers(line: tuple[Line, str]) -> None:
    async def ask() -> None:
        async with connections.raw_pool(line[1], APP_ROLE) as pool:
            line[0].die()
            await pool.fetchval("SELECT 1")

    async with asyncio.timeout(PATIENCE):
        with pytest.raises(OSError):  # noqa: PT011 - a time-out is one, and so is a refused connection
            await ask()


async def test_an_error_that_was_swallowed_is_not_taken_for_a_success(
    database: Database, org: uuid.UUID
) -> None:
    async def swallow() -> None:
        async with database.tenant(org) as session:
            session.add(Agent(org_id=org, name="a"))
            await session.flush()
            with suppress(Exception):  # the mistake that is tested
                await session.execute(text("SELECT 1/0"))

    with pytest.raises(NotCommittedError):
        await swallow()
    assert await count(database, "agents", org) == 0


async def test_who_vanishes_in_a_transaction_holds_no_locks_for_ever(database: Database) -> None:
    """The server ends it: the machine that held them may never come back."""
    async with database.nobody() as session:
        shown = await session.scalar(text("SELECT current_setting('idle_in_transaction_session_timeout')"))
    assert shown == "1min"


@pytest.mark.parametrize("value", [3_000_000_000, "text"])
async def test_a_value_that_cannot_be_encoded_is_no_outage(
    database: Database, org: uuid.UUID, value: object
) -> None:
    with pytest.raises(DBAPIError):
        async with database.tenant(org) as session:
            await session.execute(text("SELECT CAST(:value AS integer)"), {"value": value})
