"""Transactions: each belongs to one organisation, and PostgreSQL enforces it.

Sessions of the API and of jobs run as the role ``calltrace_app``, which owns nothing and is held by
row-level security. Operator sessions (command line, housekeeping) run as ``calltrace_operator``.
"""

import uuid
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from calltrace.db.connections import dispose, engine
from calltrace.db.outage import DatabaseAwayError, is_outage
from calltrace.db.tables import all_tables
from calltrace.db.transaction import Connections, setting, single_statements, transaction

APP_ROLE = "calltrace_app"
OPERATOR_ROLE = "calltrace_operator"

ORG, PRESENTED = "calltrace.org_id", "calltrace.presented_hash"
"""What the policies of row-level security read."""


def make_engine(dsn: str, role: str | None, *, pool_size: int = 10) -> AsyncEngine:
    """A pooled engine over asyncpg, for schema work. Connections are tested on checkout: servers restart."""
    return engine(dsn, role, pool_size=pool_size, pool_pre_ping=True)


def _connections(dsn: str, role: str, pool_size: int) -> Connections:
    """What ``transaction`` begins and ends by itself."""
    return Connections(engine(dsn, role, pool_size=pool_size, isolation_level="AUTOCOMMIT"))


class Database:
    """Two engines on one database: the tenant-bound one and the operator's."""

    def __init__(self, dsn: str, *, pool_size: int = 10) -> None:
        all_tables()  # foreign keys find their tables whichever features this process imported
        self.dsn = dsn
        self._app = _connections(dsn, APP_ROLE, pool_size)
        self._operator = _connections(dsn, OPERATOR_ROLE, 2)

    @asynccontextmanager
    async def tenant(self, org_id: uuid.UUID) -> AsyncGenerator[AsyncSession]:
        """One transaction that sees and writes only this organisation's rows.

        Raises:
            DatabaseAwayError: here and below; nothing else but database calls belongs into the block.
        """
        async with _reachable(self._app, setting(ORG, str(org_id))) as session:
            yield session

    @asynccontextmanager
    async def presenting(self, credential_hash: str) -> AsyncGenerator[AsyncSession]:
        """One transaction that sees only the row whose hash is presented: nobody is known yet."""
        async with _reachable(self._app, setting(PRESENTED, credential_hash)) as session:
            yield session

    @asynccontextmanager
    async def nobody(self) -> AsyncGenerator[AsyncSession]:
        """Single statements outside of any transaction and organisation: no row of a tenant is visible."""
        with _outages_told():
            async with single_statements(self._app) as session:
                yield session

    @asynccontextmanager
    async def operator(self) -> AsyncGenerator[AsyncSession]:
        """One transaction over all organisations, for the command line and housekeeping."""
        async with _reachable(self._operator) as session:
            yield session

    async def close(self) -> None:
        """Close both pools."""
        await dispose(self._app.engine)
        await dispose(self._operator.engine)


@asynccontextmanager
async def _reachable(connections: Connections, *settings: str) -> AsyncGenerator[AsyncSession]:
    with _outages_told():
        async with transaction(connections, *settings) as session:
            yield session


@contextmanager
def _outages_told() -> Generator[None]:
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise DatabaseAwayError("The database cannot be reached; try again in a moment.") from error
        raise


async def enter(session: AsyncSession, org_id: uuid.UUID) -> None:
    """Bind the rest of the transaction to one organisation."""
    await session.execute(text(setting(ORG, str(org_id))))
