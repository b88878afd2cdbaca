"""Telling a database that is away for a moment from a statement that is wrong for good."""

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from calltrace.kit.errors import UnavailableError

_AWAY = (
    OSError,
    TimeoutError,
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's farewell was read, the end of the connection not yet
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
)


class DatabaseAwayError(UnavailableError):
    """The database cannot be reached or cannot work now; the same may succeed in a moment."""

    title = "The database cannot be reached"


def is_outage(error: BaseException | None) -> bool:
    """Whether an error that a database call raised means that trying again may succeed.

    Only to be asked about errors of database calls: a full disk elsewhere is an ``OSError`` too.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_outage(error.orig and error.orig.__cause__)
    return isinstance(error, _AWAY)
