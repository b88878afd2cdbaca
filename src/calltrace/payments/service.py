"""Taking, changing and ending plans that are paid for at Stripe; and doing here what holds there.

Stripe knows what is paid for: every change is made there, and then looked up there and followed here
(``Payments.follow``), whoever made it: the contract, the portal, a card that ran out. Of looks at the same
time the one that began last is believed: what happened before it began, it saw.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, subscriptions
from calltrace.accounts.audit import SYSTEM, Actor
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Plan, Subscription
from calltrace.accounts.subscriptions import PAID, Agreed
from calltrace.db.session import Database
from calltrace.payments.line import GRANTING, Agreement, Invoice, StripeLine, current
from calltrace.payments.metering import Metering
from calltrace.payments.models import PaymentEvent

PAGE = "/billing"

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """Who wants which plan.

    Attributes:
        ways: where Stripe leads to after it was paid, and after it was not; none for our page.
    """

    org_id: uuid.UUID
    plan: Plan
    actor: Actor
    email: str | None = None
    ways: tuple[str | None, str | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Event:
    """An event to be noted with what comes of it."""

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Payments:
    """Plans of live mode; test mode never gets here. Without ``metering`` only plans are paid for."""

    line: StripeLine
    prices: Mapping[Plan, str]
    database: Database
    public_url: str
    metering: Metering | None = None

    async def start(self, order: Order) -> str | None:
        """Take a plan: answers the page where it is paid, or nothing when there is nothing to pay.

        Raises:
            AlreadyExistsError: a paid one is running. PaymentsAwayError: nothing was changed.
        """
        async with self.database.tenant(order.org_id) as session:
            standing = await subscriptions.of(session, order.org_id, "live")
            if standing.plan in PAID:
                raise AlreadyExistsError("Subscription already exists")
            customer = standing.row.customer
        if customer and await self._running(customer):  # paid for, and not told here yet
            await self.follow(order.org_id, customer, order.actor)
            raise AlreadyExistsError("Subscription already exists")
        if order.plan not in PAID:
            await self._change_here(order)
            return None
        return await self._checkout(order)

    async def change(self, order: Order) -> str | None:
        """Go over to a plan, at once; answers as ``start``.

        Raises:
            PaymentRefusedError, PaymentsAwayError: nothing was changed.
        """
        async with self.database.tenant(order.org_id) as session:
            standing = await subscriptions.of(session, order.org_id, "live")
            customer, plan, ends = standing.row.customer, standing.plan, standing.row.ends_at
        running = await self._running(customer) if customer else None
        if customer and running:
            await self._change_there(order, running)
            if order.plan in PAID:
                async with self.database.tenant(order.org_id) as session:
                    await subscriptions.take_up(session, order.org_id)
            await self.follow(order.org_id, customer, order.actor)
            return None
        if order.plan in PAID and (order.plan != plan or ends is not None):
            return await self._checkout(order)
        await self._change_here(order)
        return None

    async def _change_there(self, order: Order, running: Agreement) -> None:
        if order.plan not in PAID:
            await self._end(order.org_id, running)
        elif running.price_id != self.prices[order.plan] or running.ends_at is not None:
            await self.line.change(running, self.prices[order.plan])

    async def _change_here(self, order: Order) -> None:
        async with self.database.tenant(order.org_id) as session:
            standing = await subscriptions.of(session, order.org_id, "live")
            await subscriptions.change(session, standing, order.plan, order.actor)

    async def cancel(self, org_id: uuid.UUID, actor: Actor, *, immediately: bool) -> None:
        """End a paid plan, now or with what is paid for.

        Raises:
            InvalidRequestError: there is none. PaymentsAwayError: nothing was changed.
        """
        customer = await self.customer(org_id)
        running = await self._running(customer) if customer else None
        if not customer or not running:
            async with self.database.tenant(org_id) as session:
                standing = await subscriptions.of(session, org_id, "live")
                await subscriptions.cancel(session, standing, actor, immediately=immediately)
            return
        await (self._end(org_id, running) if immediately else self.line.end_later(running))
        await self.follow(org_id, customer, actor)

    async def leave(self, org_id: uuid.UUID) -> None:
        """End everything that an organisation pays for, before it is gone.

        Raises:
            PaymentsAwayError: perhaps not everything was ended.
        """
        customer = await self.customer(org_id)
        for one in await self.line.agreements(customer) if customer else ():
            if one.living:
                await self._end(org_id, one)

    async def portal(self, org_id: uuid.UUID, email: str | None) -> str:
        """Stripe's page for cards, invoices and the plan."""
        return await self.line.portal(await self._customer(org_id, email), f"{self.public_url}{PAGE}")

    async def invoices(self, org_id: uuid.UUID) -> Sequence[Invoice]:
        """The last invoices, the newest first."""
        customer = await self.customer(org_id)
        return await self.line.invoices(customer) if customer else []

    async def customer(self, org_id: uuid.UUID) -> str | None:
        """Who pays for an organisation at Stripe, if anybody does."""
        async with self.database.tenant(org_id) as session:
            row = await queries.subscription(session, "live")
            return row.customer if row else None

    async def _customer(self, org_id: uuid.UUID, email: str | None) -> str:
        known = await self.customer(org_id)
        if known:
            return known
        async with self.database.tenant(org_id) as session:
            organisation = await queries.organisation(session, org_id)
            assert organisation is not None
            name = organisation.name
        made = await self.line.new_customer(str(org_id), name, email)
        async with self.database.tenant(org_id) as session:  # of two at the same time the first stands
            standing = await subscriptions.of(session, org_id, "live")
            known = standing.row.customer = standing.row.customer or made
            return known

    async def _checkout(self, order: Order) -> str:
        customer = await self._customer(order.org_id, order.email)
        here = f"{self.public_url}{PAGE}"
        ways = (order.ways[0] or f"{here}?done=paid", order.ways[1] or here)
        metered = self.metering.price if self.metering else None
        return await self.line.checkout(customer, self.prices[order.plan], str(order.org_id), ways, metered)

    async def _end(self, org_id: uuid.UUID, running: Agreement) -> None:
        """End at once; what was used until now is charged with it."""
        if self.metering is not None:
            await self.metering.report(org_id, now=True)
        await self.line.end(running)

    async def _running(self, customer: str) -> Agreement | None:
        return current(await self.line.agreements(customer))

    async def follow(
        self, org_id: uuid.UUID, customer: str, actor: Actor = SYSTEM, event: Event | None = None
    ) -> None:
        """Look what is agreed at Stripe, and do the same here.

        Args:
            org_id: whose plan.
            customer: who pays for it.
            actor: who made the change, for the trail.
            event: noted in the same transaction; one that was noted before changes nothing.

        Raises:
            PaymentsAwayError: nothing was changed.
        """
        look = await self._begin_look(org_id)
        agreed = self._agreed(await self.line.agreements(customer))
        async with self.database.tenant(org_id) as session:
            if event is not None and not await _note(session, org_id, event):
                return
            standing = await subscriptions.of(session, org_id, "live")
            if agreed is not None and standing.row.looked < look:
                standing.row.looked = look
                await subscriptions.follow(session, standing, agreed, actor)

    async def _begin_look(self, org_id: uuid.UUID) -> int:
        statement = update(Subscription).where(Subscription.mode == "live")
        async with self.database.tenant(org_id) as session:
            await subscriptions.of(session, org_id, "live")
            more = statement.values(looks=Subscription.looks + 1).returning(Subscription.looks)
            return (await session.execute(more)).scalar_one()

    def _agreed(self, found: Sequence[Agreement]) -> Agreed | None:
        """What was found, in our words; nothing where nothing was ever agreed."""
        running = current(found)
        if running is None:
            return Agreed(None) if found else None
        plans: Mapping[str, Plan] = {price: plan for plan, price in self.prices.items()}
        plan = plans.get(running.price_id)
        if plan is None:
            log.error("stripe_price_unknown", price=running.price_id, subscription=running.id)
        if running.status not in GRANTING:  # unpaid or paused: it may go on, but is worth nothing now
            return Agreed(running.id, "free", "past_due")
        return Agreed(running.id, plan, GRANTING[running.status], running.ends_at)


async def _note(session: AsyncSession, org_id: uuid.UUID, event: Event) -> bool:
    """Note an event; whether it is new. Of two at the same time the second waits for the first."""
    values = {"org_id": org_id, "event_id": event.id, "kind": event.kind}
    statement = insert(PaymentEvent).values(values).on_conflict_do_nothing(index_elements=["event_id"])
    return (await session.scalar(statement.returning(PaymentEvent.id))) is not None
