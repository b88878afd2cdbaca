"""After the database's clock was set back: what was to happen soon is hours away then, and is brought near.

A clock that is set forward needs nothing: leases end early, which fencing bears, and what was to happen
later happens now. Set back, it would leave jobs of dead workers to them, and attempts waiting, for as long
as it was set back. Nothing of ours is ever planned further ahead than the limits here.
"""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db import jobs
from calltrace.mail.sending import CLAIM, LONGEST_GAP
from calltrace.settings import Settings
from calltrace.webhooks import wires

_MARGIN = timedelta(minutes=1)
_STATEMENTS = {
    "leases of jobs": text(
        "UPDATE pgqueuer SET heartbeat = now()"
        " WHERE status = 'picked' AND heartbeat > now() + CAST(:lease AS interval)"
    ),
    "jobs": text(
        "UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued' AND entrypoint <> :mail"
        " AND execute_after > now() + CAST(:job AS interval)"
    ),
    "jobs of mails": text(
        "UPDATE pgqueuer SET execute_after = now() WHERE status = 'queued' AND entrypoint = :mail"
        " AND execute_after > now() + CAST(:letter AS interval)"
    ),
    "signs of life": text(
        "UPDATE analyses SET touched_at = now()"
        " WHERE status IN ('queued', 'processing') AND touched_at > now() + CAST(:lease AS interval)"
    ),
    "signs of life of batches": text(
        "UPDATE batches SET touched_at = now()"
        " WHERE status IN ('queued', 'running') AND touched_at > now() + CAST(:lease AS interval)"
    ),
    "signs of life of exports": text(
        "UPDATE exports SET touched_at = now()"
        " WHERE status IN ('queued', 'running') AND touched_at > now() + CAST(:lease AS interval)"
    ),
    "leases of deliveries": text(
        "UPDATE webhook_deliveries SET leased_until = now() + CAST(:lease AS interval)"
        " WHERE status = 'pending' AND leased_until > now() + 2 * CAST(:lease AS interval)"
    ),
    "deliveries": text(
        "UPDATE webhook_deliveries SET next_attempt_at = now() FROM webhook_endpoints AS endpoint"
        " JOIN unnest(CAST(:contracts AS text[]), CAST(:seconds AS float8[])) AS pace(contract, seconds)"
        " ON pace.contract = endpoint.contract"
        " WHERE endpoint.id = webhook_deliveries.endpoint_id AND webhook_deliveries.status = 'pending'"
        " AND webhook_deliveries.next_attempt_at > now() + make_interval(secs => pace.seconds)"
    ),
    "mails": text(
        "UPDATE mails SET next_attempt_at = now()"
        " WHERE body IS NOT NULL AND next_attempt_at > now() + CAST(:letter AS interval)"
    ),
}

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far ahead a lease, a job and a letter are planned at most, and a delivery by its contract."""

    lease: timedelta
    job: timedelta
    letter: timedelta
    contracts: list[str]
    seconds: list[float]

    @classmethod
    def of(cls, settings: Settings) -> "Horizon":
        """By the schedules that are set."""
        paces = wires.paces(settings)
        return cls(
            lease=timedelta(seconds=settings.lease_seconds),
            job=timedelta(seconds=max(settings.processing_retry_schedule, default=0)) + _MARGIN,
            letter=timedelta(seconds=LONGEST_GAP) + CLAIM + _MARGIN,
            contracts=list(paces),
            seconds=[pace.longest + _MARGIN.total_seconds() for pace in paces.values()],
        )


async def bring_near(session: AsyncSession, horizon: Horizon) -> None:
    """Have what lies beyond the horizon happen now (operator session)."""
    values = {**asdict(horizon), "mail": jobs.SEND_MAIL}
    for what, statement in _STATEMENTS.items():
        used = {name: values[name] for name in statement.compile().params}
        found = cast("CursorResult[Any]", await session.execute(statement, used))
        if found.rowcount:
            log.warning("clock_was_set_back", what=what, number=found.rowcount)
