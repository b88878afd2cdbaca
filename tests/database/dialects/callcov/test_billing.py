"""Billing without a payment service: plans, usage, history."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import subscriptions, usage
from calltrace.accounts.service import set_plan
from calltrace.accounts.usage import Period
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import completed
from database.dialects.callcov.conftest import Api, NewKey


async def _subscription(call: Api) -> dict[str, Any]:
    return (await call("GET", "/billing/subscription")).json()


@pytest.mark.accepts("CV-086")
async def test_every_account_has_a_subscription(call: Api) -> None:
    shown = await _subscription(call)
    period = Period.of(datetime.now(UTC))
    assert shown == {
        "id": shown["id"], "object": "subscription", "created": shown["created"], "livemode": True,
        "user_id": None, "tier": "self_hosted", "status": "active", "minutes_included": None,
        "minutes_used": 0.0, "minutes_remaining": None, "overage_minutes": 0.0,
        "current_period_start": f"{period.start:%Y-%m-%dT%H:%M:%S}.000Z",
        "current_period_end": f"{period.end:%Y-%m-%dT%H:%M:%S}.000Z",
        "cancel_at_period_end": False, "created_at": shown["created_at"],
        "tier_info": {
            "name": "Self-hosted", "price_monthly": 0.0, "minutes_included": None, "overage_rate": 0.0,
            "overage_allowed": True, "features": ["Everything, without a quota"],
        },
    }  # fmt: skip
    assert (await _subscription(call))["id"] == shown["id"]


@pytest.mark.accepts("CV-087", "CV-088", "CV-089")
async def test_a_plan_is_taken_changed_and_cancelled(call: Api, database: Database, org: uuid.UUID) -> None:
    made = await call("POST", "/billing/subscription", {"tier": "starter"}, {"Idempotency-Key": "a"})
    assert (made.status_code, made.json()["tier"], made.json()["minutes_included"]) == (201, "starter", 1000)
    assert (
        await call("POST", "/billing/subscription", {"tier": "starter"}, {"Idempotency-Key": "a"})
    ).json() == (made.json())
    again = await call("POST", "/billing/subscription/", {"tier": "growth"})
    assert (again.status_code, again.json()) == (400, {"detail": "Subscription already exists"})
    assert (await call("POST", "/billing/subscription/update", {"tier": "growth"})).json()["tier"] == "growth"
    ending = (await call("POST", "/billing/subscription/cancel")).json()
    assert (ending["tier"], ending["status"], ending["cancel_at_period_end"]) == ("growth", "active", True)
    kept = (await call("POST", "/billing/subscription/update", {"tier": "growth"})).json()
    assert kept["cancel_at_period_end"] is False
    ended = (await call("POST", "/billing/subscription/cancel", {"immediately": True})).json()
    assert (ended["tier"], ended["status"]) == ("free", "canceled")
    nothing = await call("POST", "/billing/subscription/cancel")
    assert (nothing.status_code, nothing.json()) == (400, {"detail": "No active paid subscription"})
    async with database.operator() as session:
        query = text("SELECT plan FROM organisations WHERE id = :org")
        assert await session.scalar(query, {"org": org}) == "free", "every contract reads the same plan"


@pytest.mark.parametrize("by", ["housekeeping", "looking"])
async def test_a_cancelled_plan_ends_with_its_month(
    call: Api, database: Database, org: uuid.UUID, by: str
) -> None:
    await call("POST", "/billing/subscription", {"tier": "starter"})
    await call("POST", "/billing/subscription/cancel")
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE subscriptions SET ends_at = clock_timestamp()"))
    if by == "housekeeping":
        async with database.operator() as session:
            await subscriptions.settle(session)
            query = text("SELECT plan FROM organisations WHERE id = :org")
            assert await session.scalar(query, {"org": org}) == "free"
    async with database.tenant(org) as session:
        query = text("SELECT actor FROM audit_entries WHERE action = 'subscription.ended'")
        assert len((await session.scalars(query)).all()) == (by == "housekeeping")
    shown = await _subscription(call)
    assert (shown["tier"], shown["status"], shown["cancel_at_period_end"]) == ("free", "canceled", False)


async def test_a_plan_that_the_operator_gives_outlives_what_was_cancelled(
    call: Api, database: Database, org: uuid.UUID
) -> None:
    await call("POST", "/billing/subscription", {"tier": "starter"})
    await call("POST", "/billing/subscription/cancel")
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE subscriptions SET ends_at = clock_timestamp()"))
    async with database.operator() as session:
        await set_plan(session, org, "business")
        await subscriptions.settle(session)
    shown = await _subscription(call)
    assert (shown["tier"], shown["status"], shown["cancel_at_period_end"]) == ("growth", "active", False)


@pytest.mark.parametrize("path", ["subscription", "subscription/update"])
async def test_an_unknown_tier_is_refused(call: Api, path: str) -> None:
    for tier in ("gold", "self_hosted", None):
        answer = await call("POST", f"/billing/{path}", {"tier": tier} if tier else {})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "tier"])


@pytest.mark.accepts("CV-007")
async def test_test_mode_changes_nothing_that_counts(
    call: Api, http: httpx2.AsyncClient, new_key: NewKey
) -> None:
    test = Api(http, await new_key("test"))
    assert (await test("POST", "/billing/subscription", {"tier": "growth"})).json()["livemode"] is False
    assert (await _subscription(test))["tier"] == "growth"
    assert (await _subscription(call))["tier"] == "self_hosted"


@pytest.mark.accepts("CV-090", "CV-101")
async def test_usage_is_what_the_ledger_says(
    call: Api, served: Platform, intake: Intake, org: uuid.UUID, tmp_path: Any
) -> None:
    await call("POST", "/billing/subscription", {"tier": "starter"})
    await completed(served, intake, org, tmp_path)
    async with served.database.tenant(org) as session:
        await usage.heard(session, org, "live", uuid.uuid4(), seconds=1010 * 60, key_id=None)
    for path in ("/analysis/", "/analysis/x", "/billing/usage"):
        await call("GET", path)
    await served.meter.flush(served.database)
    shown = (await call("GET", "/billing/usage")).json()
    assert shown["metrics"] == {
        "minutes_analyzed": 1010.2, "analysis_count": 2, "api_requests": 1, "storage_gb": 0.0,
    }  # fmt: skip
    assert shown["limits"] == {"minutes_limit": 1000, "requests_limit": None, "storage_limit_gb": None}
    assert shown["costs"] == {
        "minutes_cost": 0.51, "api_cost": 0, "storage_cost": 0, "total": 0.51, "currency": "USD",
    }  # fmt: skip
    subscription = await _subscription(call)
    assert (subscription["minutes_used"], subscription["minutes_remaining"]) == (1010.2, 0.0)
    assert subscription["overage_minutes"] == 10.2
    assert (await call("GET", "/billing/usage")).json()["id"] == shown["id"]


@pytest.mark.accepts("CV-091")
async def test_history_has_every_month_the_current_one_first(
    call: Api, database: Database, org: uuid.UUID
) -> None:
    now = datetime.now(UTC)
    begun = datetime(now.year - 1, now.month, 15, tzinfo=UTC)
    async with database.operator() as session:
        query = text("UPDATE organisations SET created_at = :at WHERE id = :org")
        await session.execute(query, {"at": begun, "org": org})
    async with database.tenant(org) as session:
        await usage.heard(session, org, "live", uuid.uuid4(), seconds=60, key_id=None)
        await session.execute(text("UPDATE usage_entries SET created_at = :at"), {"at": begun})
    shown = (await call("GET", "/billing/history")).json()
    assert (shown["total"], shown["skip"], shown["limit"], len(shown["items"])) == (13, 0, 20, 13)
    assert shown["items"][0]["id"] == (await call("GET", "/billing/usage")).json()["id"]
    assert [one["metrics"]["minutes_analyzed"] for one in shown["items"]] == [0.0] * 12 + [1.0]
    part = (await call("GET", "/billing/history/?skip=12&limit=5")).json()
    assert part["items"] == shown["items"][12:]
    beyond = await call("GET", "/billing/history?limit=101")
    assert beyond.json()["detail"][0]["type"] == "value_error.number.not_le"


@pytest.mark.accepts("CV-091")
async def test_a_month_that_is_over_keeps_what_it_cost(call: Api, database: Database, org: uuid.UUID) -> None:
    month = Period.of(Period.of(datetime.now(UTC)).start - timedelta(days=1))
    async with database.operator() as session:
        old = text("UPDATE organisations SET plan = 'free', created_at = :at WHERE id = :org")
        await session.execute(old, {"at": month.start, "org": org})
    async with database.tenant(org) as session:
        await session.execute(
            text("""INSERT INTO invoices (id, org_id, month, plan, price, minutes, minutes_included,
                 minutes_over, over_cost)
                 VALUES (gen_random_uuid(), :org, :month, 'pro', 49, 1100, 1000, 100, 5)"""),
            {"org": org, "month": month.start.date()},
        )
    [_this, last] = (await call("GET", "/billing/history")).json()["items"]
    assert (last["limits"]["minutes_limit"], last["costs"]["minutes_cost"]) == (1000, 5.0)
    [invoice] = last["invoices"]
    assert (invoice["total"], invoice["amount_due"], invoice["currency"]) == (5400, 5400, "USD")
    assert invoice["lines"] == [
        {"description": "Starter", "amount": 4900},
        {"description": "100.0 minutes above 1000", "amount": 500},
    ]


@pytest.mark.accepts("CV-092")
async def test_the_portal_is_a_page_of_ours(call: Api) -> None:
    shown = (await call("GET", "/billing/customer-portal")).json()
    assert (shown["object"], shown["url"]) == ("billing_portal.session", "https://calls.test/billing")
