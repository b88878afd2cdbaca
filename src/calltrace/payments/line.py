"""The few calls of Stripe's API that plans need, and what of the answers matters here."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from calltrace.kit.words import Words
from calltrace.payments.errors import MeterRefusedError, PaymentRefusedError, PaymentsAwayError

if TYPE_CHECKING:  # it takes a quarter of a second to load: only where it is used
    import stripe

    from calltrace.payments.wire import Wire

LIVING = frozenset({"active", "trialing", "past_due", "unpaid", "paused"})
"""Statuses of subscriptions that are not over and not still to be paid for the first time."""
GRANTING = {"active": "active", "trialing": "active", "past_due": "past_due"}
"""Statuses at Stripe in which a plan is given, and what they are called here; ``past_due`` is dunning."""
_MOST = 100
_ITEMS = uuid.UUID("0f6d8d4e-6f2b-5c0e-8b57-5d1c6f6a2b11")
"""The namespace of idempotency keys of items."""
_ARRIVED = "already exists with identifier"
"""What Stripe says of an event that it has already: there is no code for it."""
_AWAY = Words("The payment service cannot be asked at the moment; nothing was changed.")

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """An account at Stripe. ``url`` is where its API is, ``seconds`` the limit of one try."""

    secret_key: str
    url: str
    ca_file: Path | None = None
    seconds: float = 10.0

    def __repr__(self) -> str:
        return f"Access({self.url!r})"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A subscription at Stripe.

    Attributes:
        item_id: of what is paid for: we sell one plan at a time.
        price_id: which price.
        metered: prices of what is counted beside it.
        status: in Stripe's words.
        ends_at: when it ends, if it was cancelled.
    """

    id: str
    item_id: str
    price_id: str
    status: str
    ends_at: datetime | None
    created: int
    metered: frozenset[str] = frozenset()

    @property
    def living(self) -> bool:
        """Whether it goes on, paid or to be paid again."""
        return self.status in LIVING


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice; amounts in the smallest unit of the currency, addresses are pages of Stripe's."""

    id: str
    number: str | None
    status: str | None
    created: datetime
    currency: str
    total: int
    amount_paid: int
    amount_due: int
    url: str | None
    pdf: str | None


class StripeLine:
    """Calls of one account. Each raises PaymentsAwayError where it comes to nothing."""

    def __init__(self, access: Access) -> None:
        self._access = access

    @cached_property
    def _wire(self) -> "Wire":
        from calltrace.payments.wire import Wire

        return Wire(self._access.ca_file, self._access.seconds)

    @cached_property
    def _v1(self) -> Any:
        """The library's services; the version of the API is the one that the library was written for."""
        import stripe

        from calltrace.payments.wire import TRIES

        stripe.enable_telemetry = False  # it writes an identifier of this machine to disk, and sends it
        client = stripe.StripeClient(
            self._access.secret_key, http_client=self._wire, max_network_retries=TRIES - 1,
            base_addresses={"api": self._access.url.rstrip("/")},
        )  # fmt: skip
        return client.v1

    async def close(self) -> None:
        """Let go of connections, if there are any."""
        if "_wire" in self.__dict__:
            await self._wire.close_async()

    async def new_customer(self, org_id: str, name: str, email: str | None) -> str:
        """Make a customer; made twice at the same time, it is the same one."""
        params = {"name": name, "metadata": {"org_id": org_id}, **({"email": email} if email else {})}
        async with _asking("customer"):
            # Stripe remembers the key for a day, and refuses it with other values.
            key = f"calltrace-{uuid.uuid5(uuid.UUID(org_id), f'{name}/{email}')}"
            made: stripe.Customer = await self._v1.customers.create_async(params, {"idempotency_key": key})
            return made.id

    async def agreements(self, customer: str) -> Sequence[Agreement]:
        """Every subscription that a customer has or had, the newest first."""
        params = {"customer": customer, "status": "all", "limit": _MOST}
        async with _asking("subscriptions"):
            found = await self._v1.subscriptions.list_async(params)
            return sorted((_agreement(one) for one in found.data), key=lambda one: -one.created)

    async def checkout(
        self, customer: str, price: str, org_id: str, ways: tuple[str, str], metered: str | None = None
    ) -> str:
        """Begin to pay for a price; answers the page of Stripe's where that is done.

        Pages of before are closed: nobody pays for two.

        Args:
            customer: who pays.
            price: for what.
            org_id: told to Stripe, so that people find whose it is.
            ways: where Stripe leads to after it was paid, and after it was not.
            metered: the price of what is counted beside it.
        """
        items = [{"price": price, "quantity": 1}, *([{"price": metered}] if metered else [])]
        open_ones = {"customer": customer, "status": "open", "limit": _MOST}
        async with _asking("checkout"):
            for one in (await self._v1.checkout.sessions.list_async(open_ones)).data:
                await self._v1.checkout.sessions.expire_async(one.id)
            made: stripe.checkout.Session = await self._v1.checkout.sessions.create_async(
                {
                    "mode": "subscription", "customer": customer, "client_reference_id": org_id,
                    "line_items": items, "success_url": ways[0],
                    "cancel_url": ways[1], "subscription_data": {"metadata": {"org_id": org_id}},
                }
            )  # fmt: skip
            if not made.url:
                raise PaymentsAwayError(_AWAY)
            return made.url

    async def change(self, agreement: Agreement, price: str) -> None:
        """Go over to another price at once, and pay or get back the difference; a cancelled one goes on.

        Raises:
            PaymentRefusedError: it could not be paid, and so nothing changed.
        """
        params = {
            "items": [{"id": agreement.item_id, "price": price}], "cancel_at_period_end": False,
            "proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete",
        }  # fmt: skip
        async with _asking("change"):
            await self._v1.subscriptions.update_async(agreement.id, params)

    async def end_later(self, agreement: Agreement) -> None:
        """End with what is paid for."""
        async with _asking("cancellation"):
            await self._v1.subscriptions.update_async(agreement.id, {"cancel_at_period_end": True})

    async def add_metered(self, agreement: Agreement, price: str) -> None:
        """Count something beside what is paid for, from now on; asked twice, it is one item."""
        params = {"subscription": agreement.id, "price": price}
        key = f"calltrace-{uuid.uuid5(_ITEMS, f'{agreement.id}/{price}')}"
        async with _asking("metered item"):
            await self._v1.subscription_items.create_async(params, {"idempotency_key": key})

    async def meter(self, event: str, customer: str, value: int, identifier: str, moment: datetime) -> None:
        """Tell a meter of usage; told twice under one identifier it counts once.

        Raises:
            MeterRefusedError: it was certainly not counted.
        """
        import stripe

        params = {
            "event_name": event, "payload": {"stripe_customer_id": customer, "value": str(value)},
            "identifier": identifier, "timestamp": int(moment.timestamp()),
        }  # fmt: skip
        async with _asking("meter"):
            try:
                await self._v1.billing.meter_events.create_async(params, {"idempotency_key": identifier})
            except stripe.InvalidRequestError as error:
                if _ARRIVED not in (error.user_message or str(error)):
                    log.warning("stripe_meter_refused", code=error.code, request=error.request_id)
                    raise MeterRefusedError("Stripe would not have what its meter was told.") from error

    async def end(self, agreement: Agreement) -> None:
        """End at once; nothing is paid back, and what was counted is invoiced."""
        import stripe

        params = {"invoice_now": True} if agreement.metered else {}
        async with _asking("cancellation"):
            try:
                await self._v1.subscriptions.cancel_async(agreement.id, params)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":  # else it was over already
                    raise

    async def portal(self, customer: str, back: str) -> str:
        """A page of Stripe's where a customer looks after cards, invoices and the plan."""
        async with _asking("portal"):
            params = {"customer": customer, "return_url": back}
            made: stripe.billing_portal.Session = await self._v1.billing_portal.sessions.create_async(params)
            return made.url

    async def invoices(self, customer: str) -> Sequence[Invoice]:
        """The last invoices of a customer, the newest first."""
        async with _asking("invoices"):
            found = await self._v1.invoices.list_async({"customer": customer, "limit": _MOST})
            return [_invoice(one) for one in found.data]


@asynccontextmanager
async def _asking(what: str) -> AsyncGenerator[None]:
    """Errors of the library as ours, without its words: they may hold what the caller must not read."""
    import stripe

    try:
        yield
    except stripe.CardError as error:
        raise PaymentRefusedError(error.user_message or "The card was declined.") from error
    except stripe.StripeError as error:
        log.warning(
            "stripe_failed", call=what, kind=type(error).__name__, status=error.http_status,
            code=error.code, request=error.request_id,
        )  # fmt: skip
        raise PaymentsAwayError(_AWAY) from error


def current(found: Sequence[Agreement]) -> Agreement | None:
    """The newest of those that give a plan, else of those that go on."""
    living = sorted((one for one in found if one.living), key=lambda one: one.status not in GRANTING)
    if len(living) > 1:
        log.error("stripe_pays_twice", subscriptions=[one.id for one in living])
    return living[0] if living else None


def _agreement(one: "stripe.Subscription") -> Agreement:
    items = one["items"].data
    metered = {item.price.id for item in items if _is_metered(item)}
    item = next((item for item in items if not _is_metered(item)), items[0])
    ends = one.cancel_at or (item.current_period_end if one.cancel_at_period_end else None)
    return Agreement(
        one.id, item.id, item.price.id, one.status, _moment(ends) if ends else None, one.created,
        frozenset(metered),
    )  # fmt: skip


def _is_metered(item: "stripe.SubscriptionItem") -> bool:
    return item.price.recurring is not None and item.price.recurring.usage_type == "metered"


def _invoice(one: "stripe.Invoice") -> Invoice:
    return Invoice(
        one.id, one.number, one.status, _moment(one.created), one.currency, one.total, one.amount_paid,
        one.amount_due, one.hosted_invoice_url, one.invoice_pdf,
    )  # fmt: skip


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
