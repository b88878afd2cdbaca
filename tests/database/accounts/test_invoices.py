"""What a month costs, by the plan of each of its days, and the record of it."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from calltrace.accounts import invoices, queries, service, usage
from calltrace.accounts.models import Plan
from calltrace.accounts.plans import SHIPPED
from calltrace.accounts.usage import Period
from calltrace.db.session import Database


async def hear(database: Database, org: uuid.UUID, minutes: float, at: datetime | None = None) -> None:
    call = uuid.uuid4()
    async with database.tenant(org) as session:
        await usage.heard(session, org, "live", call, seconds=minutes * 60, key_id=None)
        if at is not None:
            moved = "UPDATE usage_entries SET created_at = :at WHERE resource_id = :call"
            await session.execute(text(moved), {"at": at, "call": call})


async def go(database: Database, org: uuid.UUID, plan: Plan) -> None:
    async with database.tenant(org) as session:
        await service.set_plan(session, org, plan)


async def costs(database: Database, org: uuid.UUID, period: Period) -> invoices.Cost:
    async with database.tenant(org) as session:
        organisation = await queries.organisation(session, org)
        assert organisation
        return await invoices.cost(session, organisation, SHIPPED, period)


@pytest.mark.parametrize(
    ("steps", "over", "cost"),
    [
        (["pro", 999], "0.0", "0.00"),
        (["pro", 1010.5], "10.5", "0.53"),
        ([5000, "pro", 10], "10.0", "0.50"),  # self-hosted before: nothing of that is charged
        (["business", 4000, "pro", 10], "10.0", "0.50"),
        (["pro", 1100, "business", 3900, 50], "150.0", "7.00"),  # 100 at 0.05, 50 at 0.04
        (["free", 600], "0.0", "0.00"),
    ],
)
async def test_minutes_count_by_the_plan_of_when_they_were_heard(
    database: Database, org: uuid.UUID, steps: list[Plan | float], over: str, cost: str
) -> None:
    for step in steps:
        await (go(database, org, step) if isinstance(step, str) else hear(database, org, step))
    found = await costs(database, org, Period.of(datetime.now(UTC)))
    assert (str(found.minutes_over), str(found.over_cost)) == (over, cost)


async def test_a_month_that_is_over_is_written_down_once_and_stays(
    database: Database, org: uuid.UUID
) -> None:
    await go(database, org, "pro")
    this = Period.of(datetime.now(UTC) - invoices.SETTLED_AFTER)
    last = Period.of(this.start - timedelta(days=1))
    async with database.operator() as session:
        await session.execute(
            text("UPDATE organisations SET created_at = :at WHERE id = :org"), {"at": last.start, "org": org}
        )
        await session.execute(
            text("UPDATE plan_changes SET created_at = :at WHERE org_id = :org"),
            {"at": last.start, "org": org},
        )
    await hear(database, org, 1200, last.end - timedelta(minutes=1))
    await invoices.close(database, SHIPPED)
    await go(database, org, "free")
    await hear(database, org, 100, last.end - timedelta(minutes=1))
    await invoices.close(database, SHIPPED)
    async with database.tenant(org) as session:
        [record] = await invoices.records(session)
    assert (record.month, record.plan, record.price) == (last.start.date(), "pro", Decimal("49.00"))
    assert (record.minutes, record.minutes_over, record.over_cost) == (1200, 200, 10)
    assert record.total == Decimal("59.00")


async def test_who_pays_nothing_gets_no_invoice(database: Database, org: uuid.UUID) -> None:
    async with database.operator() as session:
        await session.execute(
            text("UPDATE organisations SET created_at = created_at - interval '62 days' WHERE id = :org"),
            {"org": org},
        )
    await invoices.close(database, SHIPPED)
    async with database.tenant(org) as session:
        assert await invoices.records(session) == []
