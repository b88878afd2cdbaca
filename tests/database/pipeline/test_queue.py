"""The binding to the queue engine."""

import uuid
from typing import Any, cast

import asyncpg

from calltrace.db import jobs
from calltrace.pipeline import queue


async def test_a_manager_listens_before_it_tests_whether_it_hears_anything(migrated: str) -> None:
    """Else its first test can come too early, and it takes a sound connection for a dead one."""

    async def nothing(_org: uuid.UUID, _key: str) -> None:
        pass

    async with asyncpg.create_pool(migrated, min_size=1, max_size=2) as pool:  # pyright: ignore[reportUnknownMemberType] - asyncpg ships no complete types
        manager = queue.manager(pool, uuid.uuid4(), jobs.PROCESS, nothing)
        async with queue.listening(manager) as driver:
            connection: Any = cast("Any", driver)._listener_connection
            assert await connection.fetchval("SELECT pg_listening_channels()") == manager.channel
