"""What a month of live calls costs: by the plan of each of its days, and as a record once it is over.

Minutes count by the plan that held when they were heard: going over to a smaller plan makes nothing dearer
that was heard before, and a larger one makes nothing cheaper. Money is in US dollars.
"""

import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from sqlalchemy import Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, usage
from calltrace.accounts.models import Invoice, Organisation, Plan, PlanChange, UsageEntry
from calltrace.accounts.plans import Terms
from calltrace.accounts.usage import Period
from calltrace.db.clock import database_now
from calltrace.db.each import each
from calltrace.db.session import Database
from calltrace.kit.ids import uuid7

SETTLED_AFTER = timedelta(hours=1)
"""How long after a month ended its last calls may still be written down as of it."""
_CENT, _TENTH = Decimal("0.01"), Decimal("0.1")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a month, so far.

    Attributes:
        plan: the plan of its end, or of now.
        seconds: heard.
        seconds_over: above what was included.
        over: what they cost, not rounded.
    """

    plan: Plan
    seconds: int
    seconds_over: int
    over: Decimal

    @property
    def minutes_over(self) -> Decimal:
        """With one decimal."""
        return (Decimal(self.seconds_over) / 60).quantize(_TENTH, ROUND_HALF_UP)

    @property
    def over_cost(self) -> Decimal:
        """In whole cents."""
        return self.over.quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a month under one plan; ``until`` its end so many seconds were heard in the month."""

    plan: Plan
    until: int


async def cost(
    session: AsyncSession, organisation: Organisation, plans: Mapping[Plan, Terms], period: Period
) -> Cost:
    """What a month costs an organisation above its plan, as the ledger and the plan's changes tell."""
    stretches = [one async for one in _stretches(session, organisation, period)]
    return reckoned(stretches, plans)


def reckoned(stretches: Sequence[_Stretch], plans: Mapping[Plan, Terms]) -> Cost:
    """The same from the parts of the month, in their order; there is one at least."""
    seconds, money = 0, Decimal(0)
    for over, rate in _above(stretches, plans):
        seconds += over
        money += Decimal(over) / 60 * Decimal(str(rate))
    return Cost(stretches[-1].plan, stretches[-1].until, seconds, money)


def _above(stretches: Sequence[_Stretch], plans: Mapping[Plan, Terms]) -> Iterator[tuple[int, float]]:
    before = 0
    for one in stretches:
        terms = plans[one.plan]
        if terms.minutes_included is not None and terms.overage_allowed:
            yield max(0, one.until - max(terms.minutes_included * 60, before)), terms.overage_rate
        before = one.until


async def _stretches(
    session: AsyncSession, organisation: Organisation, period: Period
) -> AsyncIterator[_Stretch]:
    changes = await _changes(session, period.start)
    within = [one for one in changes if one.created_at < period.end]
    later = [one for one in changes if one.created_at >= period.end]
    last = cast("Plan", later[0].before if later else organisation.plan)
    for one in within:
        yield _Stretch(cast("Plan", one.before), await _heard(session, period.start, one.created_at))
    yield _Stretch(last, await _heard(session, period.start, period.end))


async def _changes(session: AsyncSession, since: datetime) -> Sequence[PlanChange]:
    query = select(PlanChange).where(PlanChange.created_at >= since)
    return (await session.scalars(query.order_by(PlanChange.created_at, PlanChange.id))).all()


async def _heard(session: AsyncSession, since: datetime, until: datetime) -> int:
    query = select(func.sum(UsageEntry.quantity)).where(
        UsageEntry.mode == "live", UsageEntry.what == usage.AUDIO, UsageEntry.created_at >= since,
        UsageEntry.created_at < until,
    )  # fmt: skip
    return int(await session.scalar(query) or 0)


async def records(session: AsyncSession) -> Sequence[Invoice]:
    """The invoices of an organisation, newest first."""
    return (await session.scalars(select(Invoice).order_by(Invoice.month.desc()))).all()


async def close(database: Database, plans: Mapping[Plan, Terms]) -> None:
    """Write down the last month of whoever was on a plan that costs something; again it is no deed."""
    priced: list[Plan] = [plan for plan, terms in plans.items() if terms.price_monthly or terms.overage_rate]
    async with database.operator() as session:
        month = Period.of(await database_now(session) - SETTLED_AFTER)
        period = Period.of(month.start - timedelta(days=1))
        found = (await session.scalars(_open(period, priced))).all()

    async def write_down(org_id: uuid.UUID) -> None:
        async with database.tenant(org_id) as session:
            organisation = await queries.organisation(session, org_id)
            if organisation is not None:
                await _record(session, organisation, plans, period)

    await each(database, "invoices", found, write_down)


def _open(period: Period, priced: Sequence[Plan]) -> Select[uuid.UUID]:
    written = select(Invoice.id).where(
        Invoice.org_id == Organisation.id, Invoice.month == period.start.date()
    )
    once = select(PlanChange.id).where(
        PlanChange.org_id == Organisation.id, PlanChange.created_at >= period.start,
        or_(PlanChange.before.in_(priced), PlanChange.plan.in_(priced)),
    )  # fmt: skip
    mine = or_(Organisation.plan.in_(priced), once.exists())
    return select(Organisation.id).where(mine, Organisation.created_at < period.end, ~written.exists())


async def _record(
    session: AsyncSession, organisation: Organisation, plans: Mapping[Plan, Terms], period: Period
) -> None:
    reckoned = await cost(session, organisation, plans, period)
    terms = plans[reckoned.plan]
    values = {
        "id": uuid7(), "org_id": organisation.id, "month": period.start.date(), "plan": reckoned.plan,
        "price": Decimal(str(terms.price_monthly)).quantize(_CENT),
        "minutes": (Decimal(reckoned.seconds) / 60).quantize(_TENTH, ROUND_HALF_UP),
        "minutes_included": terms.minutes_included, "minutes_over": reckoned.minutes_over,
        "over_cost": reckoned.over_cost,
    }  # fmt: skip
    await session.execute(insert(Invoice).values(values).on_conflict_do_nothing())


def moment_of(invoice: Invoice) -> datetime:
    """The first moment of its month."""
    return datetime.combine(invoice.month, time.min, UTC)
