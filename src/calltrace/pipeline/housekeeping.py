"""Keeping the house in order: rescue what has no job, prune what is done, remove what is doomed; add up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, not_, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import (
    access,
    addresses,
    answers,
    codes,
    invoices,
    limits,
    plans,
    registration,
    replays,
    sessions,
    subscriptions,
)
from calltrace.analyses import evaluation_queries, retention, texts, upkeep_queries
from calltrace.analyses.models import Analysis, IdempotencyKey
from calltrace.batches import pruning
from calltrace.batches import queries as batches
from calltrace.db import jobs
from calltrace.db.clock import database_now
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.insights import exports, rollup
from calltrace.insights import queries as insights
from calltrace.mail import queries as mails
from calltrace.mail import sending
from calltrace.payments import events
from calltrace.payments.metering import Metering
from calltrace.pipeline import life, quotas, rewind
from calltrace.recordings import objects, uploads
from calltrace.recordings.models import Upload
from calltrace.recordings.vault import Vault
from calltrace.settings import Settings
from calltrace.webhooks import cleanup

EVERY_SECONDS = 30.0
IDEMPOTENCY_KEPT = timedelta(hours=48)
BATCHES_KEPT = timedelta(days=180)
"""Since they ended."""
JOB_LOG_KEPT = timedelta(hours=24)
STRANDED_AFTER = timedelta(seconds=10)
"""Beyond the lease: a job is given up only when its worker cannot be at work on it any more."""
_ONE_AT_A_TIME = sql("SELECT pg_try_advisory_xact_lock(1751474536)")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def keep_house(
    database: Database, vault: Vault, settings: Settings, metering: Metering | None = None
) -> None:
    """Run for ever, in every worker; one of them at a time works on the database."""
    steps: Sequence[Callable[[], Awaitable[object]]] = (
        lambda: tidy(database, settings.lease_seconds, rewind.Horizon.of(settings)),
        lambda: _free_addresses(database, timedelta(days=settings.unconfirmed_kept_days)),
        lambda: invoices.close(database, plans.catalogue(settings.data_dir)),
        *((metering.round,) if metering else ()),
        lambda: _prune_deliveries(database, settings.webhook_deliveries_kept_days),
        lambda: retention.keep_promises(database, vault),
        lambda: quotas.warn(database, settings.data_dir),
        lambda: objects.sweep(database, vault),
        lambda: rollup.keep_up(database),
        lambda: texts.keep_up(database),
    )
    while True:
        for step in steps:
            await _guarded(step)
        await asyncio.sleep(EVERY_SECONDS)


async def _guarded(step: Callable[[], Awaitable[object]]) -> None:
    """A fault in one step stops neither the others nor the work."""
    try:
        await step()
    except DatabaseAwayError as error:
        log.warning("housekeeping_postponed", error=error.detail)
    except Exception:
        log.exception("housekeeping_failed")


async def tidy(database: Database, lease_seconds: float, horizon: rewind.Horizon | None = None) -> None:
    """One round. A job can get lost when the database goes away while its end is written down.

    Args:
        database: of all organisations.
        lease_seconds: how long a silent worker keeps what it has.
        horizon: beyond which nothing is planned; ``None`` leaves everything where it is.
    """
    stranded_after = timedelta(seconds=lease_seconds) + STRANDED_AFTER
    async with database.operator() as session:
        if not await session.scalar(_ONE_AT_A_TIME):
            return
        if horizon is not None:
            await rewind.bring_near(session, horizon)
        await _drop_held_jobs(session)
        await _rescue_analyses(session, stranded_after)
        await _rescue_evaluations(session, stranded_after)
        await _rescue_batches(session, stranded_after)
        await _rescue_mails(session, stranded_after)
        await _rescue_exports(session, stranded_after)
        await exports.expire(session)
        await _clear_uploads(session)
        await _prune(session)
        now = await database_now(session)
        await cleanup.clean(session, now)
        await sending.prune(session, now)
    async with database.operator() as session:  # it locks organisations, and nothing is to be held meanwhile
        await subscriptions.settle(session)


async def _drop_held_jobs(session: AsyncSession) -> None:
    """A job that the engine holds as failed is only in the way: the rescue makes a new one if it is due."""
    await session.execute(sql("DELETE FROM pgqueuer WHERE status = 'failed'"))


async def _rescue_analyses(session: AsyncSession, stranded_after: timedelta) -> None:
    for org_id, analysis_id in await upkeep_queries.stranded(session, stranded_after):
        await jobs.enqueue(session, jobs.PROCESS, f"{org_id}/{analysis_id}")
        log.warning("analysis_rescued", analysis=str(analysis_id))


async def _rescue_evaluations(session: AsyncSession, stranded_after: timedelta) -> None:
    for org_id, evaluation_id in await evaluation_queries.stranded_evaluations(session, stranded_after):
        await jobs.enqueue(session, jobs.EVALUATE, f"{org_id}/{evaluation_id}")
        log.warning("evaluation_rescued", evaluation=str(evaluation_id))


async def _rescue_batches(session: AsyncSession, stranded_after: timedelta) -> None:
    for org_id, batch_id, attempts in await batches.stranded(session, stranded_after):
        await jobs.enqueue(session, jobs.EVALUATE_BATCH, f"{org_id}/{batch_id}/{attempts}")
        log.warning("batch_rescued", batch=str(batch_id))


async def _rescue_mails(session: AsyncSession, stranded_after: timedelta) -> None:
    for org_id, mail_id in await mails.stranded(session, stranded_after):
        await jobs.enqueue(session, jobs.SEND_MAIL, f"{org_id}/{mail_id}")
        log.warning("mail_rescued", mail=str(mail_id))


async def _rescue_exports(session: AsyncSession, stranded_after: timedelta) -> None:
    for org_id, export_id in await insights.stranded_exports(session, stranded_after):
        await jobs.enqueue(session, jobs.EXPORT, f"{org_id}/{export_id}")
        log.warning("export_rescued", export=str(export_id))


async def _free_addresses(database: Database, kept: timedelta) -> None:
    """Addresses that nobody confirmed belong to nobody."""
    async with database.operator() as session:
        await registration.forget(session, kept)
    await addresses.free(database, kept)


async def _prune_deliveries(database: Database, days: int) -> None:
    if days:
        async with database.operator() as session:
            await cleanup.prune(session, await database_now(session), timedelta(days=days))


async def _clear_uploads(session: AsyncSession) -> None:
    """Remove uploads that expired, and what is left of them in the store."""
    cleared = await uploads.clear_overdue(session)
    needed = select(Analysis.id).where(Analysis.upload_id == Upload.id).exists()
    await session.execute(delete(Upload).where(Upload.id.in_(cleared), not_(needed)))


async def _prune(session: AsyncSession) -> None:
    await limits.forget(session)
    await answers.forget(session)
    await access.forget(session)
    await replays.forget(session)
    await sessions.forget(session)
    await codes.forget(session)
    await events.forget(session)
    await life.forget(session)
    await pruning.prune(session, BATCHES_KEPT)
    old_keys = IdempotencyKey.created_at < func.clock_timestamp() - IDEMPOTENCY_KEPT
    await session.execute(delete(IdempotencyKey).where(old_keys))
    await session.execute(
        sql("DELETE FROM pgqueuer_log WHERE created < clock_timestamp() - CAST(:kept AS interval)"),
        {"kept": JOB_LOG_KEPT},
    )
