"""One attempt of one delivery: prepare, call, record. No transaction is open while we call."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.encryption import SecretBox
from calltrace.kit.errors import CallTraceError
from calltrace.kit.outbound import OutboundClient
from calltrace.webhooks import health, queries, rotation
from calltrace.webhooks.models import Attempt, Delivery, Endpoint
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.schedule import asked_for, next_delay
from calltrace.webhooks.service import ended
from calltrace.webhooks.signing import signed_headers

EARLY_SECONDS = 0.5
"""Clocks differ a little, and the queue may wake us a moment early."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


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
        if why := ended(endpoint):
            delivery.status, delivery.next_attempt_at, delivery.error = "failed", None, why
            return None
        _check_due(delivery)
        return _prepared(delivery, endpoint)


def _prepared(delivery: Delivery, endpoint: Endpoint) -> Prepared:
    return Prepared(
        org_id=delivery.org_id, delivery_id=delivery.id, endpoint_id=endpoint.id,
        number=delivery.attempts + 1, first_of_round=delivery.first_of_round, url=endpoint.url,
        sealed_secrets=rotation.good_secrets(endpoint, clock.now()), body=delivery.body,
        failing_since=endpoint.failing_since,
    )  # fmt: skip


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
        secrets = [box.open(one) for one in prepared.sealed_secrets]
        headers = signed_headers(secrets, prepared.delivery_id, prepared.body, started)
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
    delay = delay_after(prepared.step, outcome, schedule)
    async with database.tenant(prepared.org_id) as session:
        suspect = await health.note(session, prepared, outcome)
        if not await _claim_number(session, prepared, outcome, delay):
            changed = await _changed_meanwhile(session, prepared)
            if changed is None:
                return None
            delay = _settle(changed, prepared, outcome, schedule)
        session.add(_attempt_row(prepared, outcome))
        if suspect:
            await health.judge(session, suspect, outcome, exhausted=delay is None)
    return delay


def delay_after(step: int, outcome: Outcome, schedule: Sequence[int]) -> float | None:
    """Seconds until the attempt after ``step`` (0 is the first); ``None`` when there is none."""
    if outcome.delivered or outcome.gone:
        return None
    header = outcome.answer.headers.get("retry-after") if outcome.answer else None
    return next_delay(step, schedule, asked_for(header, outcome.finished_at))


async def _claim_number(
    session: AsyncSession, prepared: Prepared, outcome: Outcome, delay: float | None
) -> bool:
    """Take the attempt's number, if the delivery is as it was when the attempt was prepared."""
    statement = (
        update(Delivery)
        .where(Delivery.id == prepared.delivery_id, Delivery.attempts == prepared.number - 1)
        .where(Delivery.status == "pending", Delivery.first_of_round == prepared.first_of_round)
        .values(_state(prepared, outcome, delay))
        .returning(Delivery.id)
    )
    return await session.scalar(statement) is not None


def _state(prepared: Prepared, outcome: Outcome, delay: float | None) -> dict[str, Any]:
    now = outcome.finished_at
    status = "delivered" if outcome.delivered else "pending" if delay is not None else "failed"
    return {
        "attempts": prepared.number, "status": status, "delivered_at": now if outcome.delivered else None,
        "next_attempt_at": None if delay is None else now + timedelta(seconds=delay), "error": outcome.error,
    }  # fmt: skip


async def _changed_meanwhile(session: AsyncSession, prepared: Prepared) -> Delivery | None:
    """The delivery, locked, if it was ended or replayed during the attempt; the attempt counts all the same.

    ``None`` when it was erased, or when another worker recorded this attempt.
    """
    delivery = await session.get(Delivery, prepared.delivery_id, with_for_update=True)
    return delivery if delivery and delivery.attempts == prepared.number - 1 else None


def _settle(
    delivery: Delivery, prepared: Prepared, outcome: Outcome, schedule: Sequence[int]
) -> float | None:
    """Bring an attempt and what happened to its delivery meanwhile together."""
    replayed = delivery.status == "pending"
    delay = delay_after(prepared.number - delivery.first_of_round, outcome, schedule) if replayed else None
    why = delivery.error
    for name, value in _state(prepared, outcome, delay).items():
        setattr(delivery, name, value)
    if not (replayed or outcome.delivered):
        delivery.error = why  # what ended it says more than the attempt
    return delay


def _attempt_row(prepared: Prepared, outcome: Outcome) -> Attempt:
    answer = outcome.answer
    return Attempt(
        org_id=prepared.org_id, delivery_id=prepared.delivery_id, number=prepared.number,
        status="delivered" if outcome.delivered else "failed",
        response_code=answer.status if answer else None, error=outcome.error,
        started_at=outcome.started_at, finished_at=outcome.finished_at,
        answer=answer.body if answer else None,
    )  # fmt: skip
