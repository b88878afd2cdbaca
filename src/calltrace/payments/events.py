"""Events that Stripe sends: believed if they are signed, dealt with once, in whatever order they come.

An event only tells that something changed for a customer; what holds now is looked up (``Payments.follow``).
So it does not matter which of two comes first, or that one was lost.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Subscription
from calltrace.db.session import Database
from calltrace.payments.errors import EventRefusedError
from calltrace.payments.models import PaymentEvent
from calltrace.payments.service import Event, Payments

TOLERANCE_SECONDS = 300
"""How old a signature may be, as Stripe's libraries have it: a copied event is worth nothing later."""
KEPT = timedelta(days=60)
"""Stripe sends an event for three days, and again by hand for thirty."""
FOLLOWED = ("customer.subscription.", "checkout.session.", "invoice.paid", "invoice.payment_failed")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def verified(body: bytes, signature: str | None, secrets: Sequence[str]) -> dict[str, Any]:
    """An event, if one of our secrets has signed it.

    Args:
        body: byte for byte as it came.
        signature: the header ``Stripe-Signature``.
        secrets: ours, several while one takes the place of another.

    Raises:
        EventRefusedError: none has, it is too old, or it is no event.
    """
    import stripe

    signatures: Any = stripe.WebhookSignature  # partly without types
    for secret in secrets:
        try:
            signatures.verify_header(body, signature, secret, TOLERANCE_SECONDS)
            return _event(body)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
    raise EventRefusedError("Not signed with the secret of this endpoint, or more than five minutes ago.")


def _event(body: bytes) -> dict[str, Any]:
    event: Any = json.loads(body)
    match event:
        case {"id": str(), "object": "event", "type": str(), "data": {"object": {"object": str()}}}:
            return event
        case _:
            raise EventRefusedError("This is no event of Stripe's.")


async def take(payments: Payments, event: dict[str, Any]) -> None:
    """Deal with an event, once.

    Raises:
        PaymentsAwayError: it could not be looked up; Stripe sends it again.
    """
    kind, about = event["type"], event["data"]["object"]
    customer = about.get("customer")
    if not kind.startswith(FOLLOWED) or not isinstance(customer, str):
        return
    org_id = await _org_of(payments.database, customer)
    if org_id is None:
        log.warning("stripe_customer_unknown", event_id=event["id"], kind=kind)
        return
    async with payments.database.tenant(org_id) as session:
        seen = select(PaymentEvent.id).where(PaymentEvent.event_id == event["id"])
        if await session.scalar(seen) is not None:
            return
    await payments.follow(org_id, customer, event=Event(event["id"], kind))


async def _org_of(database: Database, customer: str) -> uuid.UUID | None:
    async with database.operator() as session:
        return await session.scalar(select(Subscription.org_id).where(Subscription.customer == customer))


async def forget(session: AsyncSession) -> None:
    """Delete events that cannot come again (operator session)."""
    await session.execute(delete(PaymentEvent).where(PaymentEvent.created_at < func.clock_timestamp() - KEPT))
