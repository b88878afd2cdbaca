"""Plans that are paid for: what the contract's billing does where there is an account at Stripe.

Test keys never get there (acceptance CV-007); without an account nobody does.
"""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from calltrace.accounts.audit import Actor
from calltrace.accounts.models import Invoice as Record
from calltrace.accounts.models import Plan
from calltrace.accounts.plans import Terms
from calltrace.accounts.usage import Period
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.errors import RefusedError, refused_field
from calltrace.kit import clock
from calltrace.payments.errors import PaymentRefusedError, PaymentsAwayError
from calltrace.payments.line import Invoice
from calltrace.payments.service import Order, Payments
from calltrace.pipeline.context import Platform

AWAY = "Payment service unavailable"
_WEB = re.compile(r"https?://[^\s/]\S*")


def payments_of(platform: Platform, caller: Caller) -> Payments | None:
    """Where this caller's plans are paid for, if they are."""
    return platform.payments if caller.livemode else None


def ordered(caller: Caller, actor: Actor, plan: Plan, ways: tuple[str | None, str | None]) -> Order:
    """What a caller wants to pay for.

    Raises:
        InvalidError: it shall lead to something that is no page.
    """
    for name, way in zip(("success_url", "cancel_url"), ways, strict=True):
        if way is not None and not _WEB.fullmatch(way):
            raise refused_field(("body", name), "value_error", "Value error, not an address of a page", way)
    return Order(caller.org_id, plan, actor, caller.name if caller.user_id else None, ways)


@asynccontextmanager
async def paying() -> AsyncGenerator[None]:
    """What goes wrong with payments, in statuses that the contract has."""
    try:
        yield
    except PaymentsAwayError as error:
        raise RefusedError(500, AWAY) from error
    except PaymentRefusedError as error:
        raise RefusedError(400, error.detail) from error


def invoice(one: Invoice) -> dict[str, Any]:
    """An invoice within the history of usage; amounts in the smallest unit of the currency."""
    return {
        "id": one.id, "number": one.number, "status": one.status, "created": int(one.created.timestamp()),
        "created_at": clock.iso(one.created), "currency": one.currency.upper(), "total": one.total,
        "amount_paid": one.amount_paid, "amount_due": one.amount_due, "hosted_invoice_url": one.url,
        "invoice_pdf": one.pdf,
    }  # fmt: skip


def recorded(one: Record, plans: Mapping[Plan, Terms]) -> dict[str, Any]:
    """A month that is over, of which no money moves here: the same shape, without pages of Stripe's."""
    moment, due = Period.month(one.month.year, one.month.month).end, round(one.total * 100)
    lines = [(plans[_plan(one)].name, one.price)]
    if one.minutes_over:
        lines.append((f"{one.minutes_over} minutes above {one.minutes_included}", one.over_cost))
    return {
        "id": str(one.id), "number": f"{one.month:%Y-%m}-{str(one.org_id)[:8].upper()}", "status": "open",
        "created": int(moment.timestamp()), "created_at": clock.iso(moment), "currency": "USD", "total": due,
        "amount_paid": 0, "amount_due": due, "hosted_invoice_url": None, "invoice_pdf": None,
        "lines": [{"description": text, "amount": round(amount * 100)} for text, amount in lines],
    }  # fmt: skip


def _plan(one: Record) -> Plan:
    plan: Plan = one.plan  # pyright: ignore[reportAssignmentType] - the service writes no other
    return plan


async def invoices_by_month(payments: Payments | None, caller: Caller) -> dict[str, list[dict[str, Any]]]:
    """The invoices of each month."""
    found: dict[str, list[dict[str, Any]]] = {}
    if payments is not None:
        async with paying():
            for one in await payments.invoices(caller.org_id):
                found.setdefault(Period.of(one.created).name, []).append(invoice(one))
    return found
