"""A worker: takes jobs from the queue, delivers webhooks, keeps its leases, and drains on request.

Analyses and mails have a queue manager each; deliveries are a queue of their own. So a long recording never
holds up a webhook, a dead receiver no analysis, and a slow mail server none of them.
"""

import asyncio
import signal
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg
import structlog
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import FailingListenerError

from calltrace.analyses.evaluation_work import Material
from calltrace.analyses.lifecycle import Claim
from calltrace.batches.work import Taken
from calltrace.db import jobs
from calltrace.db.connections import raw_pool
from calltrace.db.listen import listen
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import APP_ROLE
from calltrace.insights.exports import Claim as ExportClaim
from calltrace.pipeline import queue
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.deliver import Deliverer
from calltrace.pipeline.exports import Exporter
from calltrace.pipeline.housekeeping import keep_house
from calltrace.pipeline.identity import worker_identity
from calltrace.pipeline.interruptible import Interruptible
from calltrace.pipeline.life import show_life
from calltrace.pipeline.mailing import Mailer
from calltrace.pipeline.process import Processor
from calltrace.pipeline.reevaluate import Reevaluator
from calltrace.webhooks import claims

PARALLEL_ANALYSES = 2
PARALLEL_EVALUATIONS = 2
PARALLEL_BATCHES = 2
"""The least that the engine allows; the runner judges one call at a time all the same."""
PARALLEL_MAILS = 4
PARALLEL_EXPORTS = 2
"""The least that the engine allows; the exporter makes one file at a time all the same."""
DATABASE_LOST = (
    OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DatabaseAwayError, FailingListenerError,
)  # fmt: skip
"""What a worker ends with when the database went away under it: worth to begin anew."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Owed:
    """Claims that could not be given back because the database was away; to be handed in again."""

    analyses: list[Claim] = field(default_factory=list[Claim])
    evaluations: list[Material] = field(default_factory=list[Material])
    batch_calls: list[Taken] = field(default_factory=list[Taken])
    exports: list[ExportClaim] = field(default_factory=list[ExportClaim])


async def run_worker(platform: Platform, work_dir: Path, owed: Owed) -> None:
    """Work until SIGTERM or SIGINT; then let deliveries end and give analyses back.

    Args:
        platform: what jobs need.
        work_dir: for audio in the clear.
        owed: what a run before this one could not give back.

    Raises:
        DATABASE_LOST: the database went away; whoever called begins anew.
    """
    child = build_child(platform.settings, work_dir)
    processor = Processor(platform, child, work_dir, owed.analyses)
    reevaluator = Reevaluator(platform, child, owed.evaluations)
    batches = BatchRunner(platform, child, owed.batch_calls)
    exporter = Exporter(platform, work_dir, owed.exports)
    try:
        for one in (processor, reevaluator, batches, exporter):
            await one.settle()
        await _serve(platform, Crew(processor, reevaluator, batches, exporter))
    finally:
        await child.close()


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does which jobs."""

    processor: Processor
    reevaluator: Reevaluator
    batches: BatchRunner
    exporter: Exporter


async def _serve(platform: Platform, crew: Crew) -> None:
    lease = timedelta(seconds=platform.settings.lease_seconds)
    async with raw_pool(platform.database.dsn, APP_ROLE) as pool:
        identity = worker_identity()
        await queue.take_back(pool, identity)
        analyses = queue.manager(
            pool, identity, jobs.PROCESS, lambda org, key: crew.processor.process(org, uuid.UUID(key))
        )
        evaluations = queue.manager(
            pool, identity, jobs.EVALUATE, lambda org, key: crew.reevaluator.evaluate(org, uuid.UUID(key))
        )
        in_bulk = queue.manager(pool, identity, jobs.EVALUATE_BATCH, crew.batches.work)
        exports = queue.manager(
            pool, identity, jobs.EXPORT, lambda org, key: crew.exporter.export(org, uuid.UUID(key))
        )
        mails = queue.manager(pool, identity, jobs.SEND_MAIL, Mailer(platform).send)
        deliveries = Deliverer(platform, identity)
        runs = [
            asyncio.create_task(queue.run(analyses, lease, batch=1, parallel=PARALLEL_ANALYSES)),
            asyncio.create_task(queue.run(evaluations, lease, batch=1, parallel=PARALLEL_EVALUATIONS)),
            asyncio.create_task(queue.run(in_bulk, lease, batch=1, parallel=PARALLEL_BATCHES)),
            asyncio.create_task(queue.run(mails, lease, batch=1, parallel=PARALLEL_MAILS)),
            asyncio.create_task(queue.run(exports, lease, batch=1, parallel=PARALLEL_EXPORTS)),
            asyncio.create_task(deliveries.run()),
        ]
        helpers = [
            asyncio.create_task(
                keep_house(platform.database, platform.vault, platform.settings, platform.metering)
            ),
            asyncio.create_task(show_life(platform.database, identity)),
            asyncio.create_task(deliveries.keep_leases()),
            asyncio.create_task(listen(platform.database.dsn, claims.CHANNEL, deliveries.wake)),
        ]
        log.info("worker_ready")
        await _until_stopped(runs, helpers)
        managers = [analyses, evaluations, in_bulk, mails, exports]
        workers = [crew.processor, crew.reevaluator, crew.batches, crew.exporter]
        staff = Staff(managers, workers, deliveries)
        await _drain(staff, runs, platform.settings.drain_seconds)
        await _end(helpers)


@dataclass(frozen=True, slots=True)
class Staff:
    """Those that take work; asked to take no more, they end once what they took is done."""

    managers: Sequence[QueueManager]
    workers: Sequence[Interruptible]
    deliveries: Deliverer

    def take_no_more(self) -> None:
        """Let what was taken be ended, and nothing new be begun."""
        for manager in self.managers:
            manager.shutdown.set()
        self.deliveries.stop()

    async def break_off(self) -> None:
        """Give back what is under way."""
        for worker in self.workers:
            await worker.stop()
        self.deliveries.break_off()


async def _until_stopped(runs: list[asyncio.Task[None]], helpers: list[asyncio.Task[None]]) -> None:
    """Wait for a signal, or until something ends, such as when the database went away."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, asked.set)
    waiting = asyncio.create_task(asked.wait())
    await asyncio.wait([waiting, *runs, *helpers], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _drain(staff: Staff, runs: list[asyncio.Task[None]], seconds: float) -> None:
    """Take nothing new and end what runs; what does not end in time is given back.

    Raises:
        Exception: what ended one of them.
    """
    log.info("worker_draining", seconds=seconds)
    staff.take_no_more()
    _done, busy = await asyncio.wait(runs, timeout=seconds)
    if busy:
        await staff.break_off()
    _raise_first(await asyncio.gather(*runs, return_exceptions=True))


async def _end(helpers: list[asyncio.Task[None]]) -> None:
    """End what would go on for ever: leases are kept until the last attempt is recorded."""
    for helper in helpers:
        helper.cancel()
    _raise_first(await asyncio.gather(*helpers, return_exceptions=True))


def _raise_first(results: Sequence[BaseException | None]) -> None:
    for result in results:
        if isinstance(result, Exception):
            raise result
