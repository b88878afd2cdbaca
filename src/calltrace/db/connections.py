"""How the database is reached, and after how long without an answer it counts as away.

Nothing waits for ever: a server that is frozen, or a network that swallows everything, looks like one that
is merely slow, and only a clock on this side can tell (``db/outage`` reads a time-out as an outage).
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECT_SECONDS = 5.0
BEGIN_SECONDS = 3.0
"""For what begins a transaction: nothing has to be computed, so who is silent so long is gone."""
STATEMENT_SECONDS = 15.0
"""For one statement of the API or of a job. The schema's owner (migrations, backups) takes its time."""
POOL_SECONDS = 5.0
"""For a free connection: all of them hang, or there are far more requests than can be served."""
CLOSE_SECONDS = 5.0

_SESSION = {"application_name": "calltrace", "timezone": "UTC"}
_ABANDONED = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
"""For the server: a machine of ours that lost its power must not hold locks for hours."""

# asyncpg ships no complete types
_connect = cast("Callable[..., Awaitable[asyncpg.Connection]]", asyncpg.connect)  # pyright: ignore[reportUnknownMemberType]
_create_pool = cast("Callable[..., Awaitable[Any]]", asyncpg.create_pool)  # pyright: ignore[reportUnknownMemberType]


async def connect(dsn: str, role: str | None) -> asyncpg.Connection:
    """One raw connection under a role; the role is a start-up option, so no RESET can shed it.

    Raises:
        OSError, asyncpg errors: it cannot be reached, or did not answer within CONNECT_SECONDS.
    """
    return await _connect(dsn, **_options(role))


def _options(role: str | None) -> dict[str, Any]:
    if role is None:
        return {"server_settings": _SESSION, "timeout": CONNECT_SECONDS}
    settings = {**_SESSION, **_ABANDONED, "role": role}
    return {"server_settings": settings, "timeout": CONNECT_SECONDS, "command_timeout": STATEMENT_SECONDS}


def engine(dsn: str, role: str | None, *, pool_size: int, **options: Any) -> AsyncEngine:
    """A pooled engine over asyncpg."""

    async def creator() -> asyncpg.Connection:
        return await connect(dsn, role)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=creator,
        pool_size=pool_size,
        max_overflow=10,
        pool_timeout=POOL_SECONDS,
        json_serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
        hide_parameters=True,  # parameters are transcripts and secrets: they must not reach a log
        **options,
    )


async def dispose(of: AsyncEngine) -> None:
    """Close a pool; connections whose server does not say farewell in time are cut."""
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_SECONDS):
            await of.dispose()


@asynccontextmanager
async def raw_pool(dsn: str, role: str) -> AsyncGenerator[Any]:
    """A pool of raw connections, for the queue engine; closed in good order, or cut after CLOSE_SECONDS.

    Raises:
        OSError, asyncpg errors: the database is away.
    """
    pool = await _create_pool(dsn, min_size=2, max_size=10, **_options(role))
    try:
        yield pool
    finally:
        with suppress(TimeoutError, OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await pool.close()  # cuts what is left when it does not get that far
