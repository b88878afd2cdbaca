"""Minutes above a plan, charged at Stripe: what they cost is told to a meter there, each cent once.

Cents are told, not minutes: the catalogue of plans stays the one place that knows rates, and going over to
another plan needs no second metered price, which Stripe would apply to the whole of its period. What is to be
told is written down first, under an id; Stripe takes an id once, and knows it for a day. So it may be told
again for RETRIED; what is still in doubt then is left to people rather than charged twice.

https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage-api
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import invoices, queries
from calltrace.accounts.models import Plan, Subscription
from calltrace.accounts.plans import Terms
from calltrace.accounts.usage import Period
from calltrace.db.clock import database_now
from calltrace.db.each import each
from calltrace.db.session import Database
from calltrace.payments.errors import MeterRefusedError, PaymentsAwayError
from calltrace.payments.line import StripeLine, current
from calltrace.payments.models import MeterReport

EVERY = timedelta(hours=1)
"""How often a month's new cents are told."""
RETRIED = timedelta(hours=23)
AGAIN_AFTER = timedelta(minutes=5)
"""What did not arrive is told again."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Metering:
    """Where usage is told.

    Attributes:
        database: where usage is known.
        line: to Stripe.
        event: what the meter's events are called.
        price: the metered price of one cent, which subscriptions have beside that of their plan.
        plans: what they include, and what more costs.
    """

    database: Database
    line: StripeLine
    event: str
    price: str
    plans: Mapping[Plan, Terms]

    async def round(self) -> None:
        """Tell what is due of everybody who pays at Stripe."""
        async with self.database.operator() as session:
            paying = select(Subscription.org_id).where(
                Subscription.mode == "live", Subscription.agreement.is_not(None)
            )
            waiting = select(MeterReport.org_id).where(MeterReport.sent_at.is_(None), ~MeterReport.unclear)
            found = (await session.scalars(paying.union(waiting))).all()
        await each(self.database, "metering", found, self._report_or_postpone)

    async def _report_or_postpone(self, org_id: uuid.UUID) -> None:
        try:
            await self.report(org_id)
        except (PaymentsAwayError, MeterRefusedError) as error:
            log.warning("stripe_usage_postponed", org=str(org_id), error=error.detail)

    async def report(self, org_id: uuid.UUID, *, now: bool = False) -> None:
        """Tell what is due of one organisation; ``now``: although the last time was within the hour.

        Raises:
            PaymentsAwayError, MeterRefusedError: it is told again later.
        """
        async with self.database.tenant(org_id) as session:
            customer = await self._note(session, org_id, now=now)
        if customer is None:
            return
        while (one := await self._claim(org_id)) is not None:
            await self._add_price(customer)
            try:
                await self.line.meter(self.event, customer, one.cents, str(one.id), one.created_at)
            except MeterRefusedError:
                await self._settle(org_id, one.id, {"first_tried_at": None})
                raise
            await self._settle(org_id, one.id, {"sent_at": func.clock_timestamp()})

    async def _add_price(self, customer: str) -> None:
        """See to it that what goes on there is also charged for minutes: it may be older than the meter."""
        running = current(await self.line.agreements(customer))
        if running and self.price not in running.metered:
            await self.line.add_metered(running, self.price)

    async def _note(self, session: AsyncSession, org_id: uuid.UUID, *, now: bool) -> str | None:
        """Write down what is to be told; answers who pays. One at a time: the organisation is held."""
        organisation = await queries.locked_organisation(session, org_id)
        row = await queries.subscription(session, "live")
        if organisation is None or row is None or row.customer is None:
            return None
        moment = await database_now(session)
        this = Period.of(moment)
        last = Period.of(this.start - timedelta(days=1))
        if row.agreement is None:  # what is over is charged as far as it was written down
            return row.customer
        for period in (last, this):
            begun = max(row.created_at, period.start)
            if begun < period.end and await self._due(session, period, moment, now=now):
                cost = await invoices.cost(session, organisation, self.plans, period)
                more = int(cost.over_cost * 100) - await _told(session, period)
                if more > 0:
                    session.add(MeterReport(org_id=org_id, month=period.start.date(), cents=more))
        await session.flush()
        return row.customer

    async def _due(self, session: AsyncSession, period: Period, moment: datetime, *, now: bool) -> bool:
        """Hourly; a month that is over once more, when its last calls are written down."""
        settled = period.end + invoices.SETTLED_AFTER
        newest = select(func.max(MeterReport.created_at)).where(MeterReport.month == period.start.date())
        last = await session.scalar(newest)
        if moment >= settled:
            return moment < settled + timedelta(days=1) and (last is None or last < settled)
        return now or last is None or last < moment - EVERY

    async def _claim(self, org_id: uuid.UUID) -> MeterReport | None:
        """The next that is to be told, if nobody else is at it."""
        async with self.database.tenant(org_id) as session:
            moment = await database_now(session)
            await _give_up(session, org_id, moment)
            due = select(MeterReport).where(
                MeterReport.sent_at.is_(None), ~MeterReport.unclear,
                or_(MeterReport.tried_at.is_(None), MeterReport.tried_at < moment - AGAIN_AFTER),
            )  # fmt: skip
            one = await session.scalar(
                due.order_by(MeterReport.created_at).limit(1).with_for_update(skip_locked=True)
            )
            if one is not None:
                one.tried_at, one.first_tried_at = moment, one.first_tried_at or moment
            return one

    async def _settle(self, org_id: uuid.UUID, report_id: uuid.UUID, values: Mapping[str, object]) -> None:
        async with self.database.tenant(org_id) as session:
            await session.execute(update(MeterReport).where(MeterReport.id == report_id).values(**values))


async def _told(session: AsyncSession, period: Period) -> int:
    query = select(func.sum(MeterReport.cents)).where(MeterReport.month == period.start.date())
    return int(await session.scalar(query) or 0)


async def _give_up(session: AsyncSession, org_id: uuid.UUID, moment: datetime) -> None:
    doubtful = update(MeterReport).where(
        MeterReport.sent_at.is_(None), ~MeterReport.unclear, MeterReport.first_tried_at < moment - RETRIED
    )
    given_up = await session.scalars(doubtful.values(unclear=True).returning(MeterReport.id))
    for one in given_up.all():
        log.error("stripe_usage_unclear", org=str(org_id), identifier=str(one))
