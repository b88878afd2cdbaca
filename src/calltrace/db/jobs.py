"""Putting a job into the queue, in the transaction of the data it belongs to (outbox)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.kit.errors import CallTraceError

PROCESS = "process_analysis"
EVALUATE = "evaluate_again"
EVALUATE_BATCH = "evaluate_batch"
SEND_MAIL = "send_mail"
EXPORT = "export"


class NoTransactionError(CallTraceError):
    """A programming error: the job would have been committed without its data."""

    title = "A job was enqueued outside of a transaction"


async def enqueue(session: AsyncSession, task: str, key: str, *, delay: float = 0.0) -> None:
    """Enqueue one job; it exists if and only if the session's transaction commits.

    Args:
        session: an open transaction that has already executed a statement.
        task: one of the names above.
        key: what the job is about, ``org/id``; one waiting job per task and key, a second is skipped.
        delay: seconds from now before which it does not run.
    """
    await (await _queries(session, task)).enqueue(
        task,
        key.encode(),
        execute_after=timedelta(seconds=delay),
        dedupe_key=f"{task}:{key}",
        on_conflict="skip",
    )


async def withdraw(session: AsyncSession, jobs: Sequence[tuple[str, str]]) -> None:
    """Take back jobs, each a task and a key, that no worker has begun."""
    keys = [f"{task}:{key}" for task, key in jobs]
    await session.execute(
        text("DELETE FROM pgqueuer WHERE dedupe_key = ANY(:keys) AND status = 'queued'"), {"keys": keys}
    )


async def _queries(session: AsyncSession, task: str) -> Queries:
    """The engine on the session's own connection, so that both commit together."""
    raw = await (await session.connection()).get_raw_connection()
    connection = cast("asyncpg.Connection", raw.driver_connection)
    if not connection.is_in_transaction():
        raise NoTransactionError(f"{task}: no statement was executed in this transaction yet.")
    return Queries(AsyncpgDriver(connection))
