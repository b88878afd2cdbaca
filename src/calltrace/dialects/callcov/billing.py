"""``/billing/*``: the plan, and what was used of it (acceptance CV-086 to CV-092)."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import invoices as month_invoices
from calltrace.accounts import queries as accounts
from calltrace.accounts import subscriptions, usage
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import Invoice, Plan
from calltrace.accounts.plans import Terms, name_in
from calltrace.accounts.subscriptions import Standing
from calltrace.accounts.usage import Period, Usage
from calltrace.dialects.callcov import queries, schemas
from calltrace.dialects.callcov.auth import Given, Taken
from calltrace.dialects.callcov.body import read_json, read_optional_json
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.door import ActorDep, CallerDep, PlatformDep
from calltrace.dialects.callcov.errors import RefusedError
from calltrace.dialects.callcov.intake import fingerprint
from calltrace.dialects.callcov.once import once
from calltrace.dialects.callcov.paying import invoices_by_month, ordered, paying, payments_of, recorded
from calltrace.dialects.callcov.query import Query
from calltrace.dialects.callcov.reading import json_answer
from calltrace.dialects.callcov.routes import IDEMPOTENCY, PAGE, Routes
from calltrace.dialects.callcov.shown import created
from calltrace.kit import clock
from calltrace.kit.errors import InvalidRequestError
from calltrace.payments.service import PAGE as PAGE_OF_OURS
from calltrace.payments.service import Payments
from calltrace.pipeline.context import Platform

routes = Routes("/billing", "Billing")
_PLANS: dict[str, Plan] = {"free": "free", "starter": "pro", "growth": "business"}
_MOST, _DEFAULT = 100, 20
_GIGABYTE = 10**9
_BILLS = uuid.UUID("5d0c3a52-2f0f-5a0c-9d8e-0d5a6d0f7c11")
"""The namespace of the ids of usage objects: one for each account, mode and month, always the same."""
Tier = Literal["free", "starter", "growth"]


class SubscriptionCreate(Taken):
    """``POST /billing/subscription``."""

    tier: Tier
    success_url: Given | None = None
    cancel_url: Given | None = None


class SubscriptionUpdate(Taken):
    """``POST /billing/subscription/update``."""

    tier: Tier


class SubscriptionCancel(Taken):
    """``POST /billing/subscription/cancel``: with the end of the month, or at once."""

    immediately: bool = False


@routes.add("GET", "/subscription", schemas.Subscription)
async def get_subscription(platform: PlatformDep, caller: CallerDep) -> Response:
    """The plan that you are on."""
    async with platform.database.tenant(caller.org_id) as session:
        standing = await subscriptions.of(session, caller.org_id, caller.mode)
        return json_answer(await _shown(session, platform, caller, standing))


async def _shown(
    session: AsyncSession, platform: Platform, caller: Caller, standing: Standing, wanted: Plan | None = None
) -> dict[str, Any]:
    row, plan, period = standing.row, wanted or standing.plan, standing.period
    terms, used = platform.plans[plan], await _minutes(session, caller, period)
    included = terms.minutes_included
    over = max(0.0, round(used - included, 1)) if included is not None else 0.0
    return {
        "id": str(row.id), "object": "subscription", "created": created(row.created_at),
        "livemode": caller.livemode, "user_id": str(caller.user_id) if caller.user_id else None,
        "tier": name_in("callcov", plan), "status": row.status, "minutes_included": included,
        "minutes_used": used,
        "minutes_remaining": None if included is None else max(0.0, round(included - used, 1)),
        "overage_minutes": over, "current_period_start": clock.iso(period.start),
        "current_period_end": clock.iso(period.end), "cancel_at_period_end": row.ends_at is not None,
        "created_at": clock.iso(row.created_at), "tier_info": _tier(terms),
    }  # fmt: skip


async def _ordered(platform: Platform, caller: Caller, plan: Plan, page: str | None) -> dict[str, Any]:
    """The subscription; one that is still to be paid, as it will be, with the page for that."""
    async with platform.database.tenant(caller.org_id) as session:
        standing = await subscriptions.of(session, caller.org_id, caller.mode)
        shown = await _shown(session, platform, caller, standing, None if page is None else plan)
    return shown if page is None else {**shown, "status": "incomplete", "checkout_url": page}


def _tier(terms: Terms) -> dict[str, Any]:
    shown = ("name", "price_monthly", "minutes_included", "overage_rate", "overage_allowed")
    return {**{name: getattr(terms, name) for name in shown}, "features": list(terms.features)}


async def _minutes(session: AsyncSession, caller: Caller, period: Period) -> float:
    """Minutes that count: tests cost none."""
    return (await usage.of_month(session, "live", period)).minutes if caller.livemode else 0.0


@routes.add(
    "POST", "/subscription", schemas.Subscription, status=201, sends=SubscriptionCreate,
    parameters=[IDEMPOTENCY], errors=(400,),
)  # fmt: skip
async def create_subscription(
    request: Request, platform: PlatformDep, caller: CallerDep, actor: ActorDep
) -> Response:
    """Take a plan. One that is to be paid answers ``incomplete``, with the page where that is done."""
    caller.require_administrator()
    wanted = await read_json(request, SubscriptionCreate)
    plan, payments = _PLANS[wanted.tier], payments_of(platform, caller)
    order = ordered(caller, actor, plan, (wanted.success_url, wanted.cancel_url))

    async def pay(payments: Payments) -> Response:
        async with paying():
            try:
                page = await payments.start(order)
            except AlreadyExistsError as error:
                raise RefusedError(400, error.detail) from error
        return json_answer(await _ordered(platform, caller, plan, page), 201)

    async def work() -> Response:
        if payments is not None:
            return await pay(payments)
        async with platform.database.tenant(caller.org_id) as session:
            standing = await subscriptions.of(session, caller.org_id, caller.mode)
            try:
                await subscriptions.start(session, standing, plan, actor)
            except AlreadyExistsError as error:
                raise RefusedError(400, error.detail) from error
            return json_answer(await _shown(session, platform, caller, standing), 201)

    return await once(request, platform, caller, fingerprint(wanted.model_dump(mode="json")), work)


@routes.add(
    "POST", "/subscription/update", schemas.Subscription, sends=SubscriptionUpdate,
    parameters=[IDEMPOTENCY], errors=(400,),
)  # fmt: skip
async def update_subscription(
    request: Request, platform: PlatformDep, caller: CallerDep, actor: ActorDep
) -> Response:
    """Go over to another plan, at once; the first that is to be paid answers as taking it does."""
    caller.require_administrator()
    wanted = await read_json(request, SubscriptionUpdate)
    plan, payments = _PLANS[wanted.tier], payments_of(platform, caller)

    async def work() -> Response:
        if payments is not None:
            async with paying():
                page = await payments.change(ordered(caller, actor, plan, (None, None)))
            return json_answer(await _ordered(platform, caller, plan, page))
        async with platform.database.tenant(caller.org_id) as session:
            standing = await subscriptions.of(session, caller.org_id, caller.mode)
            await subscriptions.change(session, standing, plan, actor)
            return json_answer(await _shown(session, platform, caller, standing))

    return await once(request, platform, caller, fingerprint(wanted.model_dump(mode="json")), work)


@routes.add(
    "POST", "/subscription/cancel", schemas.Subscription, sends=SubscriptionCancel, optional=True,
    parameters=[IDEMPOTENCY], errors=(400,),
)  # fmt: skip
async def cancel_subscription(
    request: Request, platform: PlatformDep, caller: CallerDep, actor: ActorDep
) -> Response:
    """End a paid plan."""
    caller.require_administrator()
    wanted = await read_optional_json(request, SubscriptionCancel)
    payments = payments_of(platform, caller)

    async def work() -> Response:
        try:
            if payments is not None:
                async with paying():
                    await payments.cancel(caller.org_id, actor, immediately=wanted.immediately)
            async with platform.database.tenant(caller.org_id) as session:
                standing = await subscriptions.of(session, caller.org_id, caller.mode)
                if payments is None:
                    await subscriptions.cancel(session, standing, actor, immediately=wanted.immediately)
                return json_answer(await _shown(session, platform, caller, standing))
        except InvalidRequestError as error:
            raise RefusedError(400, error.detail) from error

    return await once(request, platform, caller, fingerprint(wanted.model_dump(mode="json")), work)


@routes.add("GET", "/usage", schemas.Usage)
async def get_usage(platform: PlatformDep, caller: CallerDep) -> Response:
    """What was used in the current month."""
    async with platform.database.tenant(caller.org_id) as session:
        standing = await subscriptions.of(session, caller.org_id, caller.mode)
        used = await usage.of_month(session, caller.mode, standing.period)
        stored = await queries.stored_bytes(session, caller.mode)
        charged = await _charged(session, platform, caller, standing.period)
    return json_answer(_bill(caller, standing.period, used, charged, stored))


@dataclass(frozen=True, slots=True)
class _Charged:
    """Minutes that a month's plan includes, and what those above it cost."""

    included: int | None
    cost: float


async def _charged(
    session: AsyncSession, platform: Platform, caller: Caller, period: Period, record: Invoice | None = None
) -> _Charged:
    """As it was written down, else as it stands; tests cost nothing."""
    if record is not None:
        return _Charged(record.minutes_included, float(record.over_cost))
    organisation = await accounts.organisation(session, caller.org_id)
    assert organisation is not None
    if not caller.livemode:
        standing = await subscriptions.of(session, caller.org_id, caller.mode)
        return _Charged(platform.plans[standing.plan].minutes_included, 0)
    cost = await month_invoices.cost(session, organisation, platform.plans, period)
    return _Charged(platform.plans[cost.plan].minutes_included, float(cost.over_cost))


def _bill(caller: Caller, period: Period, used: Usage, charged: _Charged, stored: int) -> dict[str, Any]:
    """One month; storage is what is stored now, and costs nothing."""
    included, cost = charged.included, charged.cost
    return {
        "id": str(uuid.uuid5(_BILLS, f"{caller.org_id}/{caller.mode}/{period.name}")), "object": "usage",
        "created": created(period.start), "livemode": caller.livemode,
        "period": {
            "start": clock.iso(period.start), "end": clock.iso(period.end), "billing_cycle": "monthly",
        },
        "metrics": {
            "minutes_analyzed": used.minutes, "analysis_count": used.analyses,
            "api_requests": used.requests, "storage_gb": round(stored / _GIGABYTE, 3),
        },
        "limits": {"minutes_limit": included, "requests_limit": None, "storage_limit_gb": None},
        "costs": {
            "minutes_cost": cost, "api_cost": 0, "storage_cost": 0, "total": cost, "currency": "USD",
        },
    }  # fmt: skip


@routes.add("GET", "/history", schemas.UsageList, parameters=PAGE)
async def get_history(request: Request, platform: PlatformDep, caller: CallerDep) -> Response:
    """What was used in each month since the account was made, the current one first, and its invoices."""
    asked = Query(request.query_params)
    skip, limit = asked.integer(["skip"], 0, 0), asked.integer(["limit"], _DEFAULT, 1, _MOST)
    asked.check()
    async with platform.database.tenant(caller.org_id) as session:
        standing = await subscriptions.of(session, caller.org_id, caller.mode)
        organisation = await accounts.organisation(session, caller.org_id)
        assert organisation is not None
        months = _months(organisation.created_at, standing.now)
        used = await usage.used(session, caller.mode, months[-1].start, months[0].end, "month")
        stored = await queries.stored_bytes(session, caller.mode)
        written = {f"{one.month:%Y-%m}": one for one in await month_invoices.records(session)}
        records = written if caller.livemode else {}
        shown = months[skip : skip + limit]
        charged = [await _charged(session, platform, caller, one, records.get(one.name)) for one in shown]
    payments = payments_of(platform, caller)
    invoices = await invoices_by_month(payments, caller)
    if payments is None:
        invoices = {name: [recorded(one, platform.plans)] for name, one in records.items()}
    items = [
        _bill(caller, one, used.get(one.name, Usage()), cost, stored)
        | {"invoices": invoices.get(one.name, [])}
        for one, cost in zip(shown, charged, strict=True)
    ]
    return json_answer({"items": items, "total": len(months), "skip": skip, "limit": limit})


def _months(first: datetime, last: datetime) -> list[Period]:
    """Every month from one moment to another, the latest first."""
    found = [Period.of(first)]
    while found[-1].end <= last:
        found.append(Period.of(found[-1].end))
    return found[::-1]


@routes.add("GET", "/customer-portal", schemas.Portal)
async def get_customer_portal(platform: PlatformDep, caller: CallerDep) -> Response:
    """Where the plan is looked after."""
    caller.require_administrator()
    url, payments = f"{platform.public_url}{PAGE_OF_OURS}", payments_of(platform, caller)
    if payments is not None:
        async with paying():
            url = await payments.portal(caller.org_id, caller.name if caller.user_id else None)
    return json_answer(
        {
            "id": str(uuid.uuid4()), "object": "billing_portal.session", "created": created(clock.now()),
            "livemode": caller.livemode, "url": url,
        }
    )  # fmt: skip
