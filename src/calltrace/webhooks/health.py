"""How an endpoint is doing: since when it fails, and when the platform stops trying.

Whoever writes an endpoint and its deliveries in one transaction takes the endpoint first.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import SYSTEM
from calltrace.kit import clock
from calltrace.webhooks import notices, queries, service
from calltrace.webhooks.models import Endpoint
from calltrace.webhooks.prepared import Outcome, Prepared

DISABLE_AFTER = timedelta(days=5)
"""An endpoint that failed for so long without one success is disabled, with a notice to the admins."""
GONE = "The receiver answered 410 Gone."
FAILING = "Every attempt failed since {since}."


def is_known(prepared: Prepared, outcome: Outcome) -> bool:
    """Whether an attempt says nothing about its endpoint that was not known before it was made."""
    if outcome.slow != (prepared.slow_since is not None):
        return False
    if outcome.delivered:
        return prepared.failing_since is None
    since = prepared.failing_since
    return since is not None and not outcome.gone and not _long_enough(since, outcome.finished_at)


async def note(session: AsyncSession, prepared: Prepared, outcome: Outcome) -> Endpoint | None:
    """Write down what an attempt says about its endpoint.

    Answers the endpoint, locked, when it may have to be disabled: the caller judges it once the attempt is
    recorded. An attempt at a URL that was replaced meanwhile says nothing.
    """
    if outcome.slow != (prepared.slow_since is not None):
        await _set_slow(session, prepared, outcome.started_at if outcome.slow else None)
    if outcome.delivered:
        if prepared.failing_since is not None:
            await _set_failing(session, prepared, None)
        return None
    if prepared.failing_since is None:
        await _set_failing(session, prepared, outcome.started_at)
    if outcome.gone or _long_enough(prepared.failing_since, outcome.finished_at):
        endpoint = await queries.locked_endpoint(session, prepared.endpoint_id)
        if endpoint and endpoint.disabled_at is None and endpoint.url == prepared.url:
            return endpoint
    return None


async def judge(session: AsyncSession, endpoint: Endpoint, outcome: Outcome, *, exhausted: bool) -> None:
    """Disable an endpoint that is gone, or that failed for too long.

    Days alone are not enough: somewhere in them the whole schedule of a delivery must have been in vain,
    so that a platform that stood still itself disables nobody at its first attempt.

    Args:
        session: the transaction that records the attempt.
        endpoint: locked by ``note``.
        outcome: how the attempt went.
        exhausted: it was the last one of its delivery's schedule.
    """
    if outcome.gone:
        await _stop(session, endpoint, GONE)
        return
    since = endpoint.failing_since
    if since is None or not _long_enough(since, outcome.finished_at):
        return  # an attempt that succeeded came in between
    if exhausted or await queries.has_exhausted(session, endpoint.id, since):
        await _stop(session, endpoint, FAILING.format(since=clock.iso(since)))


async def _stop(session: AsyncSession, endpoint: Endpoint, reason: str) -> None:
    await service.disable(session, endpoint, reason, SYSTEM)
    await notices.tell_admins(session, endpoint)


async def _set_failing(session: AsyncSession, prepared: Prepared, since: datetime | None) -> None:
    known = Endpoint.failing_since.is_not(None) if since is None else Endpoint.failing_since.is_(None)
    await session.execute(update(Endpoint).where(*_same(prepared), known).values(failing_since=since))


async def _set_slow(session: AsyncSession, prepared: Prepared, since: datetime | None) -> None:
    known = Endpoint.slow_since.is_not(None) if since is None else Endpoint.slow_since.is_(None)
    await session.execute(update(Endpoint).where(*_same(prepared), known).values(slow_since=since))


def _same(prepared: Prepared) -> tuple[ColumnElement[bool], ...]:
    return Endpoint.id == prepared.endpoint_id, Endpoint.url == prepared.url


def _long_enough(since: datetime | None, now: datetime) -> bool:
    return since is not None and now - since >= DISABLE_AFTER
