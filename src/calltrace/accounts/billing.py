"""What a month costs: the plan, what was used of it, and what it will be if the month goes on so."""

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import invoices, queries, quotas, usage
from calltrace.accounts.models import Invoice, Organisation, Plan
from calltrace.accounts.plans import Terms
from calltrace.accounts.quotas import Standing, What
from calltrace.accounts.usage import Period, Usage
from calltrace.db.clock import database_now

MONTHS = 12
"""How many months are looked back on, this one included."""
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes of audio of one month against the plan's terms; money in US dollars.

    Attributes:
        over: above what was included when they were heard; ``over_cost`` is what they cost.
    """

    used: float
    forecast: float
    terms: Terms
    over: float = 0.0
    over_cost: float = 0.0

    @property
    def cost(self) -> float:
        """Of the month so far: the plan's price, and what is above it."""
        return round(self.terms.price_monthly + self.over_cost, 2)


@dataclass(frozen=True, slots=True)
class Share:
    """What one key used; without a name: what people did themselves, and keys that are gone."""

    name: str
    used: Usage


@dataclass(frozen=True, slots=True)
class Bill:
    """One organisation, live calls only: tests cost nothing.

    Attributes:
        plan: which one.
        period: this month (UTC).
        ends_at: when a plan that was cancelled ends.
        minutes: of audio.
        used: everything of this month.
        quotas: of calls and analyses in a month, where there are any.
        keys: what each used this month, the most requests first.
        months: the last twelve, newest first, those without usage too.
        invoices: of months that are over, newest first.
        warned: what is nearly used up, or is.
    """

    plan: Plan
    period: Period
    ends_at: datetime | None
    minutes: Minutes
    used: Usage
    quotas: Sequence[Standing]
    keys: Sequence[Share]
    months: Sequence[tuple[Period, Usage]]
    invoices: Sequence[Invoice]
    warned: Sequence[Standing]


async def bill(session: AsyncSession, org_id: uuid.UUID, plans: Mapping[Plan, Terms]) -> Bill:
    """Where an organisation stands this month, by the database's clock."""
    organisation = await queries.organisation(session, org_id)
    assert organisation is not None
    now = await database_now(session)
    periods = _last_months(now)
    period, plan = periods[0], cast("Plan", organisation.plan)
    by_month = await usage.used(session, "live", periods[-1].start, period.end, "month")
    used = by_month.get(period.name, Usage())
    subscription = await queries.subscription(session, "live")
    above = await invoices.cost(session, organisation, plans, period)
    minutes = Minutes(
        used.minutes, forecast(used.minutes, period, now), plans[plan], float(above.minutes_over),
        float(above.over_cost),
    )  # fmt: skip
    return Bill(
        plan, period, subscription.ends_at if subscription else None,
        minutes, used, await _standings(session, organisation, plans), await _keys(session, period),
        [(one, by_month.get(one.name, Usage())) for one in periods],
        (await invoices.records(session))[:MONTHS], await near(session, org_id, plans),
    )  # fmt: skip


async def near(session: AsyncSession, org_id: uuid.UUID, plans: Mapping[Plan, Terms]) -> Sequence[Standing]:
    """The quotas of this month that are nearly used up, or are."""
    organisation = await queries.organisation(session, org_id)
    assert organisation is not None
    standings = [
        *await _standings(session, organisation, plans),
        *await _minutes(session, organisation, plans),
    ]
    return [one for one in standings if one.share >= quotas.WARN_AT]


async def _minutes(
    session: AsyncSession, organisation: Organisation, plans: Mapping[Plan, Terms]
) -> Sequence[Standing]:
    """Of a plan that sells no more than it includes: what was heard; what is under way counts later."""
    terms, now = plans[cast("Plan", organisation.plan)], await database_now(session)
    if terms.overage_allowed or terms.minutes_included is None:
        return []
    period = Period.of(now)
    used = (await usage.of_month(session, "live", period)).minutes
    ahead = math.ceil(forecast(used, period, now))
    return [Standing("minutes", int(used), terms.minutes_included, period.end, ahead)]


async def _standings(
    session: AsyncSession, organisation: Organisation, plans: Mapping[Plan, Terms]
) -> Sequence[Standing]:
    """Of what has a quota."""
    agreed: list[What] = [
        what for what in quotas.NAMES if quotas.quota_of(organisation, plans, what) is not None
    ]
    return [await quotas.standing(session, organisation, plans, what) for what in agreed]


async def _keys(session: AsyncSession, period: Period) -> Sequence[Share]:
    names = {str(key.id): key.name for key in await queries.keys(session)}
    by_key = await usage.used(session, "live", period.start, period.end, "key")
    shares = [Share(names.get(key_id, ""), used) for key_id, used in by_key.items()]
    return sorted(shares, key=lambda one: (-one.used.requests, -one.used.audio_seconds, one.name))


def forecast(used: float, period: Period, now: datetime) -> float:
    """If the month goes on as it began; its first day counts whole, for an hour tells nothing."""
    whole = (period.end - period.start).total_seconds()
    passed = max((now - period.start).total_seconds(), _DAY)
    return round(max(used, used * whole / passed), 1)


def _last_months(now: datetime) -> list[Period]:
    found = [Period.of(now)]
    while len(found) < MONTHS:
        year, month = found[-1].start.year, found[-1].start.month
        found.append(Period.month(*((year - 1, 12) if month == 1 else (year, month - 1))))
    return found
