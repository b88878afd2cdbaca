"""Listening to what transactions announce (``LISTEN``), through losses of the connection."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from calltrace.db.connections import connect
from calltrace.db.outage import is_outage
from calltrace.db.session import APP_ROLE

PAUSE_SECONDS = 1.0
CHECK_SECONDS = 10.0
"""How often a silent connection is asked whether it lives, and how long it may take to say so."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def listen(dsn: str, channel: str, heard: Callable[[], None]) -> None:
    """Call ``heard`` for each announcement, for ever.

    It is also called after each connection, for what was announced while nobody listened. An announcement
    can be late all the same, when a connection dies silently: whoever waits for one looks now and then.
    """
    while True:
        try:
            await _listen_once(dsn, channel, heard)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("listener_lost", channel=channel, error=type(error).__name__)
        await asyncio.sleep(PAUSE_SECONDS)


async def _listen_once(dsn: str, channel: str, heard: Callable[[], None]) -> None:
    connection: Any = await connect(dsn, APP_ROLE)  # asyncpg ships no complete types
    lost = asyncio.Event()

    def on_loss(_connection: Any) -> None:
        lost.set()

    def on_announcement(*_details: Any) -> None:
        heard()

    try:
        connection.add_termination_listener(on_loss)
        await connection.add_listener(channel, on_announcement)
        heard()
        while not lost.is_set():
            await connection.execute("SELECT 1", timeout=CHECK_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), CHECK_SECONDS)
    finally:
        connection.terminate()
