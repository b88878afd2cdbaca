"""Writing attempts down: one by one, or together where nothing but the deliveries changes."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.session import Database
from calltrace.kit.retry_after import asked_for
from calltrace.webhooks import health
from calltrace.webhooks.models import Attempt, Delivery
from calltrace.webhooks.prepared import Outcome, Prepared
from calltrace.webhooks.schedule import next_delay
from calltrace.webhooks.wire import Pace

Made = tuple[Prepared, Outcome]
Paces = Mapping[str, Pace]
"""When attempts are made, by contract."""

# Rows that somebody else holds are left to be recorded one by one: whoever writes many deliveries of many
# endpoints must not wait for one while it holds others.
_MADE = text("""
    WITH made AS (
        SELECT * FROM unnest(
            CAST(:ids AS varchar[]), CAST(:numbers AS integer[]), CAST(:rounds AS integer[]),
            CAST(:statuses AS varchar[]), CAST(:errors AS text[]), CAST(:delivered AS timestamptz[]),
            CAST(:delays AS float8[]), CAST(:offsets AS float8[]), CAST(:seconds AS float8[])
        ) AS made(id, number, first_of_round, status, error, delivered_at, delay, offset_, seconds)
    ), unchanged AS (
        SELECT made.*, CASE
            WHEN made.number = made.first_of_round
            THEN clock_timestamp() - make_interval(secs => made.seconds) ELSE delivery.round_began_at
        END AS began
        FROM webhook_deliveries AS delivery JOIN made ON made.id = delivery.id
        WHERE delivery.status = 'pending' AND delivery.attempts = made.number - 1
          AND delivery.first_of_round = made.first_of_round
        FOR UPDATE OF delivery SKIP LOCKED
    )
    UPDATE webhook_deliveries
    SET status = unchanged.status, attempts = unchanged.number, error = unchanged.error,
        delivered_at = unchanged.delivered_at, leased_until = NULL, leased_by = NULL,
        round_began_at = unchanged.began,
        next_attempt_at = LEAST(
            clock_timestamp() + make_interval(secs => unchanged.delay),
            unchanged.began + make_interval(secs => unchanged.offset_)
        )
    FROM unchanged WHERE webhook_deliveries.id = unchanged.id
    RETURNING webhook_deliveries.id
""")


async def record_known(database: Database, org_id: uuid.UUID, made: Sequence[Made], paces: Paces) -> set[str]:
    """Write attempts that say nothing new about their endpoints (``health.is_known``) down together.

    They are of one organisation, and each is fenced as in ``record``. Answers the deliveries that were
    recorded; the others changed meanwhile and are for ``record``.
    """
    states = [_state(*one, paces[one[0].contract], one[0].step) for one in made]
    values = {
        "ids": [prepared.delivery_id for prepared, _ in made],
        "rounds": [prepared.first_of_round for prepared, _ in made],
        "numbers": [state["attempts"] for state in states],
        "statuses": [state["status"] for state in states],
        "errors": [state["error"] for state in states],
        "delivered": [state["delivered_at"] for state in states],
        **{f"{name}s": [state[name] for state in states] for name in ("delay", "offset")},
        "seconds": [outcome.seconds for _, outcome in made],
    }
    async with database.tenant(org_id) as session:
        recorded = set((await session.scalars(_MADE, values)).all())
        if rows := [_attempt(*one) for one in made if one[0].delivery_id in recorded]:
            await session.execute(insert(Attempt), rows)
    return recorded


async def record(database: Database, prepared: Prepared, outcome: Outcome, paces: Paces) -> float | None:
    """Write the attempt down; answer the seconds until the next one, ``None`` when there is none.

    The write is fenced by the attempt number: of two workers that made the same attempt, one records.
    """
    pace = paces[prepared.contract]
    outcome = as_heeded(outcome, pace)
    delay = delay_after(prepared.step, outcome, pace)
    async with database.tenant(prepared.org_id) as session:
        suspect = await health.note(session, prepared, outcome)
        if not await _claim_number(session, prepared, outcome, pace):
            changed = await _changed_meanwhile(session, prepared)
            if changed is None:
                return None
            delay = _settle(changed, prepared, outcome, pace)
        session.add(Attempt(**_attempt(prepared, outcome)))
        if suspect:
            await health.judge(session, suspect, outcome, exhausted=delay is None)
    return delay


def as_heeded(outcome: Outcome, pace: Pace) -> Outcome:
    """How an attempt went, as its contract hears it."""
    return replace(outcome, persistent=True) if pace.offsets is not None else outcome


def delay_after(step: int, outcome: Outcome, pace: Pace) -> float | None:
    """Seconds until the attempt after ``step`` (0 is the first); ``None`` when there is none."""
    if outcome.delivered or outcome.gone:
        return None
    if pace.offsets is not None:
        steps = (0, *pace.offsets)
        return None if step >= len(pace.offsets) else float(steps[step + 1] - steps[step])
    header = outcome.answer.headers.get("retry-after") if outcome.answer else None
    return next_delay(step, pace.gaps, asked_for(header, outcome.finished_at), jitter=pace.jitter)


async def _claim_number(session: AsyncSession, prepared: Prepared, outcome: Outcome, pace: Pace) -> bool:
    """Take the attempt's number, if the delivery is as it was when the attempt was prepared."""
    statement = (
        update(Delivery)
        .where(Delivery.id == prepared.delivery_id, Delivery.attempts == prepared.number - 1)
        .where(Delivery.status == "pending", Delivery.first_of_round == prepared.first_of_round)
        .values(_written(_state(prepared, outcome, pace, prepared.step), outcome, prepared.step))
        .returning(Delivery.id)
    )
    return await session.scalar(statement) is not None


def _state(prepared: Prepared, outcome: Outcome, pace: Pace, step: int | None) -> dict[str, Any]:
    """What the delivery is after an attempt, and the seconds until the next one.

    ``delay`` counts from now, ``offset`` from the begin of the round: what is sooner holds. Where a contract
    has offsets they are the same, but for how long attempts took and workers were late.
    """
    delay = None if step is None else delay_after(step, outcome, pace)
    status = "delivered" if outcome.delivered else "pending" if delay is not None else "failed"
    return {
        "attempts": prepared.number, "status": status, "error": outcome.error,
        "delivered_at": outcome.finished_at if outcome.delivered else None,
        "delay": delay,
        "offset": pace.offsets[step] if pace.offsets and delay is not None and step is not None else None,
    }  # fmt: skip


def _written(state: dict[str, Any], outcome: Outcome, step: int | None) -> dict[str, Any]:
    """A state as columns: the next attempt is due by the database's clock, and the lease is over."""
    delay, offset = state.pop("delay"), state.pop("offset")
    now = func.clock_timestamp()
    began = now - timedelta(seconds=outcome.seconds) if step == 0 else Delivery.round_began_at
    due = None if delay is None else now + timedelta(seconds=delay)
    if offset is not None:
        due = func.least(due, began + timedelta(seconds=offset))
    began_at = {} if step is None else {"round_began_at": began}
    return state | began_at | {"next_attempt_at": due, "leased_until": None, "leased_by": None}


async def _changed_meanwhile(session: AsyncSession, prepared: Prepared) -> Delivery | None:
    """The delivery, locked, if it was ended or replayed during the attempt; the attempt counts all the same.

    ``None`` when it was erased, or when another worker recorded this attempt.
    """
    delivery = await session.get(Delivery, prepared.delivery_id, with_for_update=True)
    return delivery if delivery and delivery.attempts == prepared.number - 1 else None


def _settle(delivery: Delivery, prepared: Prepared, outcome: Outcome, pace: Pace) -> float | None:
    """Bring an attempt and what happened to its delivery meanwhile together."""
    replayed = delivery.status == "pending"
    step = prepared.number - delivery.first_of_round if replayed else None
    why = delivery.error
    state = _state(prepared, outcome, pace, step)
    delay = state["delay"]
    for name, value in _written(state, outcome, step).items():
        setattr(delivery, name, value)
    if not (replayed or outcome.delivered):
        delivery.error = why  # what ended it says more than the attempt
    return delay


def _attempt(prepared: Prepared, outcome: Outcome) -> dict[str, Any]:
    answer = outcome.answer
    return {
        "org_id": prepared.org_id, "delivery_id": prepared.delivery_id, "number": prepared.number,
        "status": "delivered" if outcome.delivered else "failed",
        "response_code": answer.status if answer else None, "error": outcome.error,
        "started_at": outcome.started_at, "finished_at": outcome.finished_at,
        "answer": answer.body if answer else None,
    }  # fmt: skip
