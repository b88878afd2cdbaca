"""One transaction in as few round trips as it takes.

``BEGIN`` and the setting that row-level security reads travel together, and no connection is asked
whether it is still alive before it is used: one that turns out to be dead at its first statement is
replaced once. Nothing of the caller has run by then, so nothing can run twice.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from calltrace.db.outage import is_outage


def setting(name: str, value: str) -> str:
    """SQL that sets a variable until the transaction ends."""
    return f"SELECT set_config('{name}', {_literal(value)}, true)"


def _literal(value: str) -> str:
    """A text as an SQL literal. The simple protocol, which takes many statements, takes no parameters.

    Of the form that escapes backslashes whatever standard_conforming_strings says: an e-mail address that
    somebody types is such a text.
    """
    if "\0" in value:
        raise ValueError("NUL cannot be sent to PostgreSQL.")
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def refuse_unusable(engine: AsyncEngine) -> None:
    """Never hand out a connection that is closed, or that a transaction was left open on."""

    def check(dbapi_connection: Any, _record: object, _proxy: object) -> None:
        driver = cast("asyncpg.Connection", dbapi_connection.driver_connection)
        if driver.is_closed() or driver.is_in_transaction():
            raise DisconnectionError("The connection cannot be used again.")

    event.listen(engine.sync_engine, "checkout", check)


@asynccontextmanager
async def transaction(engine: AsyncEngine, *settings: str) -> AsyncGenerator[AsyncSession]:
    """A session in a transaction of its own: committed at the end, rolled back on any error.

    Args:
        engine: in AUTOCOMMIT mode: beginning and ending is done here.
        settings: SQL of ``setting`` to begin with.
    """
    opening = "; ".join(("BEGIN", *settings))
    session, driver = await _open(engine, opening)
    try:
        yield session
        if session.new or session.dirty or session.deleted:
            await session.flush()
        await driver.execute("COMMIT")
    except Exception:
        await _roll_back(session, driver)
        raise
    except BaseException:  # cancelled in the middle of a statement: the server rolls back what hangs up
        await session.invalidate()
        raise
    finally:
        await session.close()


@asynccontextmanager
async def single_statements(engine: AsyncEngine) -> AsyncGenerator[AsyncSession]:
    """A session whose statements are transactions of their own: nothing to begin, nothing to commit."""
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session


async def _open(engine: AsyncEngine, opening: str) -> tuple[AsyncSession, Any]:
    try:
        return await _begin(engine, opening)
    except Exception as error:
        if not is_outage(error):
            raise
    return await _begin(engine, opening)


async def _begin(engine: AsyncEngine, opening: str) -> tuple[AsyncSession, Any]:
    session = AsyncSession(engine, expire_on_commit=False)
    try:
        connection = (await session.connection()).sync_connection
        assert connection is not None
        driver: Any = connection.connection.driver_connection  # asyncpg's; it ships no complete types
        await driver.execute(opening)
    except BaseException:
        await session.invalidate()
        raise
    return session, driver


async def _roll_back(session: AsyncSession, driver: Any) -> None:
    try:
        await driver.execute("ROLLBACK")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await session.invalidate()  # the connection is gone, and the transaction with it
