"""One attempt of one delivery: prepare, call, record. No transaction is open while we call."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import CallTraceError
from calltrace.kit.outbound import Answer, OutboundClient
from calltrace.webhooks import queries, service
from calltrace.webhooks.models import Attempt, Delivery
from calltrace.webhooks.signing import signed_headers

EARLY_SECONDS = 0.5
"""Clocks differ a little, and the queue may wake us a moment early."""
JITTER = 0.1
"""Share of a gap that is added at random, so that a recovered receiver is not hit all at once."""


log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one attempt needs; nothing of it touches the database any more."""

    org_id: uuid.UUID
    delivery_id: str
    number: int
    step: int
    url: str
    sealed_secret: str
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one attempt went."""

    started_at: datetime
    finished_at: datetime
    answer: Answer | None
    error: str | None

    @property
    def delivered(self) -> bool:
        """Any 2xx, and nothing else (acceptance CT-120, CT-121)."""
        return self.answer is not None and HTTPStatus(200) <= self.answer.status < HTTPStatus(300)

    @property
    def gone(self) -> bool:
        """The receiver says that it does not exist any more."""
        return self.answer is not None and self.answer.status == HTTPStatus.GONE


async def prepare(database: Database, org_id: uuid.UUID, delivery_id: str) -> Prepared | None:
    """Read what to send; ``None`` when there is nothing left to do.

    Raises:
        NotYetDueError: the attempt is for later; a worker died between writing that down and telling the
            queue.
    """
    async with database.tenant(org_id) as session:
        found = await queries.delivery_with_endpoint(session, delivery_id)
        if found is None or found[0].status != "pending":
            return None
        delivery, endpoint = found
        if endpoint.disabled_at is not None:
            delivery.status, delivery.next_attempt_at = "failed", None
            return None
        _check_due(delivery)
        number = delivery.attempts + 1
        step = number - delivery.first_of_round
        return Prepared(
            org_id, delivery_id, number, step, endpoint.url, endpoint.sealed_secret, delivery.body
        )


class NotYetDueError(Exception):
    """The next attempt is due in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"due in {seconds:.0f} s")
        self.seconds = seconds


def _check_due(delivery: Delivery) -> None:
    due = delivery.next_attempt_at
    early = (due - clock.now()).total_seconds() if due else 0.0
    if early > EARLY_SECONDS:
        raise NotYetDueError(early)


async def call(client: OutboundClient, box: SecretBox, prepared: Prepared, seconds: float) -> Outcome:
    """Make the attempt. Whatever goes wrong on the way is part of the outcome, not an exception."""
    started = clock.now()
    try:
        secret = box.open(prepared.sealed_secret)
        headers = signed_headers(secret, prepared.delivery_id, prepared.body, started)
        answer = await client.post(
            prepared.url, content=prepared.body.encode(), headers=headers, timeout=seconds
        )
    except CallTraceError as error:
        return Outcome(started, clock.now(), None, f"{error.code}: {error.detail}")
    except Exception:
        log.exception("delivery_bug", delivery=prepared.delivery_id)
        return Outcome(started, clock.now(), None, "internal_error: the attempt could not be made.")
    error = None if HTTPStatus(200) <= answer.status < HTTPStatus(300) else f"HTTP {answer.status}"
    return Outcome(started, clock.now(), answer, error)


async def record(
    database: Database, prepared: Prepared, outcome: Outcome, schedule: Sequence[int]
) -> float | None:
    """Write the attempt down; answer the seconds until the next one, ``None`` when there is none.

    The write is fenced by the attempt number: of two workers that made the same attempt, one records.
    """
    delay = next_delay(prepared.step, outcome, schedule)
    async with database.tenant(prepared.org_id) as session:
        if not await _claim_number(session, prepared, outcome, delay):
            return None
        session.add(_attempt_row(prepared, outcome))
        if outcome.gone:
            await _disable_gone(session, prepared)
    return delay


def next_delay(step: int, outcome: Outcome, schedule: Sequence[int]) -> float | None:
    """Seconds until the attempt after ``step`` (0 is the first): gaps with jitter (decision CTX-8).

    ``Retry-After`` moves the next attempt back, but never beyond the following step.
    """
    if outcome.delivered or outcome.gone or step >= len(schedule):
        return None
    gap = schedule[step] * (1 + JITTER * random.random())  # noqa: S311 - jitter needs no secrecy
    following = schedule[min(step + 1, len(schedule) - 1)]
    return max(gap, min(_retry_after(outcome), following))


def _retry_after(outcome: Outcome) -> float:
    value = outcome.answer.headers.get("retry-after", "") if outcome.answer else ""
    return float(value) if value.isascii() and value.isdigit() else 0.0


async def _claim_number(
    session: AsyncSession, prepared: Prepared, outcome: Outcome, delay: float | None
) -> bool:
    now = outcome.finished_at
    status = "delivered" if outcome.delivered else "pending" if delay is not None else "failed"
    statement = (
        update(Delivery)
        .where(Delivery.id == prepared.delivery_id, Delivery.attempts == prepared.number - 1)
        .where(Delivery.status == "pending")
        .values(
            attempts=prepared.number,
            status=status,
            delivered_at=now if outcome.delivered else None,
            next_attempt_at=None if delay is None else now + timedelta(seconds=delay),
        )
        .returning(Delivery.id)
    )
    return await session.scalar(statement) is not None


def _attempt_row(prepared: Prepared, outcome: Outcome) -> Attempt:
    answer = outcome.answer
    return Attempt(
        org_id=prepared.org_id, delivery_id=prepared.delivery_id, number=prepared.number,
        status="delivered" if outcome.delivered else "failed",
        response_code=answer.status if answer else None, error=outcome.error,
        started_at=outcome.started_at, finished_at=outcome.finished_at,
        answer=answer.body if answer else None,
    )  # fmt: skip


async def _disable_gone(session: AsyncSession, prepared: Prepared) -> None:
    found = await queries.delivery_with_endpoint(session, prepared.delivery_id)
    if found:
        await service.disable(session, found[1], "The receiver answered 410 Gone.")
