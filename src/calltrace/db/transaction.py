"""One transaction in as few round trips as it takes.

``BEGIN`` and the setting that row-level security reads travel together, and no connection is asked
whether it is still alive before it is used. One of the pool that turns out to be dead at its first
statement is replaced, once, by one that is made for it: nothing of the caller has run by then, so nothing
can run twice. Where one was dead its sisters are not trusted either: a server that restarted cut them all.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.pool import ConnectionPoolEntry

from calltrace.db.connections import BEGIN_SECONDS
from calltrace.db.outage import is_outage
from calltrace.kit.errors import CallTraceError

_SINCE = "calltrace.since"


class NotCommittedError(CallTraceError):
    """A programming error: a failed statement was caught inside of its transaction."""

    title = "The transaction had failed before it was to be committed"


def setting(name: str, value: str) -> str:
    """SQL that sets a variable until the transaction ends."""
    return f"SELECT set_config('{name}', {_literal(value)}, true)"


def _literal(value: str) -> str:
    """A text as an SQL literal. The simple protocol, which takes many statements, takes no parameters."""
    if "\0" in value:
        raise ValueError("NUL cannot be sent to PostgreSQL.")
    return "'" + value.replace("'", "''") + "'"


class Connections:
    """An engine in AUTOCOMMIT mode whose connections are checked without asking the server.

    Never handed out: one that is closed, that a transaction was left open on, or that is older than the
    last that was found dead.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._trusted_from = 0.0
        event.listen(engine.sync_engine, "connect", self._made)
        event.listen(engine.sync_engine, "checkout", self._check)

    def distrust(self) -> None:
        """Use no connection any more that was made before now."""
        self._trusted_from = time.monotonic()

    def _made(self, _dbapi_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_SINCE] = time.monotonic()

    def _check(self, dbapi_connection: Any, entry: ConnectionPoolEntry, _proxy: object) -> None:
        driver = cast("asyncpg.Connection", dbapi_connection.driver_connection)
        distrusted = entry.info[_SINCE] < self._trusted_from
        if distrusted or driver.is_closed() or driver.is_in_transaction():
            raise DisconnectionError("The connection cannot be used again.")


@asynccontextmanager
async def transaction(connections: Connections, *settings: str) -> AsyncGenerator[AsyncSession]:
    """A session in a transaction of its own: committed at the end, rolled back on any error.

    Raises:
        NotCommittedError: an error of the database was caught in the block, and it went on.
    """
    opening = "; ".join(("BEGIN", *settings))
    session, driver = await _open(connections, opening)
    try:
        yield session
        if session.new or session.dirty or session.deleted:
            await session.flush()
        await _commit(driver)
    except Exception as error:
        await _roll_back(session, driver, error)
        raise
    except BaseException:  # cancelled in the middle of a statement: the server rolls back what hangs up
        await session.invalidate()
        raise
    finally:
        await session.close()


@asynccontextmanager
async def single_statements(connections: Connections) -> AsyncGenerator[AsyncSession]:
    """A session whose statements are transactions of their own: nothing to begin, nothing to commit.

    One that fails because of an outage loses its connection: nobody knows what the server makes of it.
    """
    async with AsyncSession(connections.engine, expire_on_commit=False) as session:
        try:
            yield session
        except Exception as error:
            if is_outage(error):
                connections.distrust()
                await session.invalidate()
            raise
        except BaseException:
            await session.invalidate()
            raise


async def _open(connections: Connections, opening: str) -> tuple[AsyncSession, Any]:
    session, driver = await _connected(connections)
    try:
        await driver.execute(opening, timeout=BEGIN_SECONDS)
    except BaseException as error:
        await _cut(session, driver)
        if not (isinstance(error, Exception) and is_outage(error)):
            raise
    else:
        return session, driver
    connections.distrust()
    session, driver = await _connected(connections)
    try:
        await driver.execute(opening, timeout=BEGIN_SECONDS)
    except BaseException:
        await _cut(session, driver)
        raise
    return session, driver


async def _connected(connections: Connections) -> tuple[AsyncSession, Any]:
    session = AsyncSession(connections.engine, expire_on_commit=False)
    try:
        connection = (await session.connection()).sync_connection
        assert connection is not None
    except BaseException:
        await session.invalidate()
        raise
    return session, connection.connection.driver_connection  # asyncpg's; it ships no complete types


async def _commit(driver: Any) -> None:
    done = await driver.execute("COMMIT")
    if done != "COMMIT":  # the server answers ROLLBACK, and calls it no error
        raise NotCommittedError(f"The server answered {done}.")


async def _roll_back(session: AsyncSession, driver: Any, error: Exception) -> None:
    """End what failed. After an outage there is nobody to be asked, and a time-out may hold the line."""
    if is_outage(error):
        await session.invalidate()
        return
    try:
        await driver.execute("ROLLBACK")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await session.invalidate()  # the connection is gone, and the transaction with it


async def _cut(session: AsyncSession, driver: Any) -> None:
    """Let go of a connection that did not even begin a transaction, without a farewell."""
    driver.terminate()
    await session.invalidate()
