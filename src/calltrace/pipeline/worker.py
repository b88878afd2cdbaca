"""A worker: takes jobs from the queue, keeps their leases, and drains on request.

Analyses, deliveries and mails have a queue manager each, so that a long recording never holds up a webhook,
nor a slow mail server either of them.
"""

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import QueueManagerId

from calltrace.db import jobs
from calltrace.db.session import APP_ROLE
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.deliver import Deliverer
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.housekeeping import keep_house
from calltrace.pipeline.identity import worker_identity
from calltrace.pipeline.mailing import Mailer
from calltrace.pipeline.process import Processor

POLL_SECONDS = 2.0
"""How often the queue is looked at without being told: bounds how late an orphaned job is found."""
INFRASTRUCTURE_RETRY_SECONDS = 5.0
PARALLEL_ANALYSES = 2
PARALLEL_DELIVERIES = 64
PARALLEL_MAILS = 4

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)
Task = Callable[[uuid.UUID, str], Awaitable[None]]


async def run_worker(platform: Platform, work_dir: Path) -> None:
    """Work until SIGTERM or SIGINT; then let deliveries end and give analyses back.

    Raises:
        OSError, asyncpg errors: the database went away; the supervisor starts a new worker.
    """
    child = build_child(platform.settings, work_dir)
    processor = Processor(platform, child, work_dir)
    try:
        await _serve(platform, processor)
    finally:
        await child.close()


async def _serve(platform: Platform, processor: Processor) -> None:
    lease = timedelta(seconds=platform.settings.lease_seconds)
    async with asyncpg.create_pool(  # pyright: ignore[reportUnknownMemberType] - asyncpg ships no complete types
        platform.database.dsn, min_size=2, max_size=10, server_settings={"role": APP_ROLE}
    ) as pool:
        identity = worker_identity()
        await _take_back(pool, identity)
        analyses = _manager(
            pool, identity, jobs.PROCESS, lambda org, key: processor.process(org, uuid.UUID(key))
        )
        deliveries = _manager(pool, identity, jobs.DELIVER, Deliverer(platform).deliver)
        mails = _manager(pool, identity, jobs.SEND_MAIL, Mailer(platform).send)
        managers = (analyses, deliveries, mails)
        runs = [
            asyncio.create_task(_run(analyses, lease, batch=1, parallel=PARALLEL_ANALYSES)),
            asyncio.create_task(_run(deliveries, lease, batch=16, parallel=PARALLEL_DELIVERIES)),
            asyncio.create_task(_run(mails, lease, batch=1, parallel=PARALLEL_MAILS)),
            asyncio.create_task(
                keep_house(platform.database, platform.vault, platform.settings.lease_seconds)
            ),
        ]
        log.info("worker_ready")
        await _until_stopped(managers, runs, processor, platform.settings.drain_seconds)


async def _take_back(pool: Any, identity: uuid.UUID) -> None:
    """Put what a killed predecessor held back in front of the queue, without waiting for its lease."""
    await pool.execute(
        "UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = now()"
        " WHERE status = 'picked' AND queue_manager_id = $1",
        identity,
    )


def _manager(pool: Any, identity: uuid.UUID, name: str, task: Task) -> QueueManager:
    manager = QueueManager(Queries(AsyncpgPoolDriver(pool)))
    manager.queue_manager_id = QueueManagerId(identity)

    async def run(job: Job) -> None:
        org, _, key = (job.payload or b"").decode().partition("/")
        await _guarded(task, uuid.UUID(org), key)

    # A job that fails beyond our foresight is held, never deleted: housekeeping looks after it.
    manager.entrypoint(name, on_failure="hold", accepts_context=False)(run)
    return manager


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


async def _run(manager: QueueManager, lease: timedelta, *, batch: int, parallel: int) -> None:
    await manager.run(
        dequeue_timeout=timedelta(seconds=POLL_SECONDS),
        batch_size=batch,
        max_concurrent_tasks=parallel,
        heartbeat_timeout=lease,
        shutdown_on_listener_failure=True,
    )


async def _until_stopped(
    managers: tuple[QueueManager, ...],
    runs: list[asyncio.Task[None]],
    processor: Processor,
    drain_seconds: float,
) -> None:
    """Wait for a signal or for the database to go away, then drain: take nothing new, end what runs."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, asked.set)
    waiting = asyncio.create_task(asked.wait())
    await asyncio.wait([waiting, *runs], return_when=asyncio.FIRST_COMPLETED)
    log.info("worker_draining", seconds=drain_seconds)
    for manager in managers:
        manager.shutdown.set()
    runs[-1].cancel()
    _done, busy = await asyncio.wait(runs, timeout=drain_seconds)
    if busy:
        await processor.stop()
    waiting.cancel()
    results = await asyncio.gather(*runs, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
