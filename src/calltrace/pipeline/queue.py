"""The binding to the queue engine: whose a job is, how one is handled, and what becomes of its failures."""

import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import QueueManagerId
from pgqueuer.ports.driver import Driver

from calltrace.pipeline.errors import TryAgainLater

POLL_SECONDS = 2.0
"""How often the queue is looked at without being told: bounds how late an orphaned job is found."""
INFRASTRUCTURE_RETRY_SECONDS = 5.0

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
Task = Callable[[uuid.UUID, str], Awaitable[None]]


async def take_back(pool: Any, identity: uuid.UUID) -> None:
    """Put what a killed predecessor held back in front of the queue, without waiting for its lease."""
    await pool.execute(
        "UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = now()"
        " WHERE status = 'picked' AND queue_manager_id = $1",
        identity,
    )


def manager(pool: Any, identity: uuid.UUID, name: str, task: Task) -> QueueManager:
    """A queue manager of this worker for one kind of job, each a call of ``task``."""
    made = QueueManager(Queries(AsyncpgPoolDriver(pool)))
    made.queue_manager_id = QueueManagerId(identity)

    async def handle(job: Job) -> None:
        org, _, key = (job.payload or b"").decode().partition("/")
        await _guarded(task, uuid.UUID(org), key)

    # A job that fails beyond our foresight is held, never deleted: housekeeping looks after it.
    made.entrypoint(name, on_failure="hold", accepts_context=False)(handle)
    return made


async def _guarded(task: Task, org_id: uuid.UUID, key: str) -> None:
    """Run a task; whatever it could not handle itself is tried again in a moment."""
    try:
        await task(org_id, key)
    except TryAgainLater as later:
        raise RetryRequested(timedelta(seconds=later.delay)) from None
    except Exception as error:
        log.exception("job_failed", key=key)
        # Only the kind of error goes into the queue's log: messages can quote what was said in a call.
        reason = type(error).__name__
        raise RetryRequested(timedelta(seconds=INFRASTRUCTURE_RETRY_SECONDS), reason) from None


async def run(manager: QueueManager, lease: timedelta, *, batch: int, parallel: int) -> None:
    """Handle jobs until the manager is told to shut down, ``parallel`` at a time."""
    async with listening(manager):
        await manager.run(
            dequeue_timeout=timedelta(seconds=POLL_SECONDS),
            batch_size=batch,
            max_concurrent_tasks=parallel,
            heartbeat_timeout=lease,
            shutdown_on_listener_failure=True,
        )


@asynccontextmanager
async def listening(manager: QueueManager) -> AsyncGenerator[Driver]:
    """Listen before the engine does.

    It starts to listen and to test by a notification whether it hears anything at the same time. On a busy
    machine the first one comes too early, and ten seconds later it takes its connection for a dead one.
    """
    async with cast("Queries", manager.queries).driver as driver:  # the last one to leave lets go of it
        await driver.add_listener(manager.channel, _ignore)
        yield driver


def _ignore(_payload: str | bytes | bytearray) -> None:
    pass
