"""Telling a database that is away for a moment from a statement that is wrong for good."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

_AWAY = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
)


def is_outage(error: BaseException | None) -> bool:
    """Whether an error means that trying the same again in a moment may succeed."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_outage(error.orig and error.orig.__cause__)
    return isinstance(error, _AWAY)
