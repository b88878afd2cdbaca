"""Minutes above a plan are charged at Stripe: each cent once, whatever breaks off in between."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from calltrace.accounts import usage
from calltrace.accounts.audit import SYSTEM
from calltrace.payments import metering
from calltrace.payments.errors import MeterRefusedError, PaymentsAwayError
from calltrace.payments.metering import Metering
from calltrace.payments.service import Order, Payments
from calltrace.pipeline.context import Platform
from database.payments.paying import with_payments
from stripe_server import Fault, StripeServer

STARTER = 1000 * 60


class Shop:
    """An organisation on the plan ``pro``, paid for at the server."""

    def __init__(self, payments: Payments, server: StripeServer, org: uuid.UUID) -> None:
        self.payments, self.server, self.org = payments, server, org
        self.customer = ""

    @property
    def meter(self) -> Metering:
        assert self.payments.metering
        return self.payments.metering

    async def buy(self) -> str:
        page = await self.payments.start(Order(self.org, "pro", SYSTEM))
        assert page
        bought = self.server.pay(page)
        self.customer = await self.payments.customer(self.org) or ""
        await self.payments.follow(self.org, self.customer)
        return bought["id"]

    async def hear(self, seconds: float) -> None:
        async with self.payments.database.tenant(self.org) as session:
            await usage.heard(session, self.org, "live", uuid.uuid4(), seconds=seconds, key_id=None)

    async def later(self, column: str = "created_at, tried_at", by: str = "2 hours") -> None:
        changes = ", ".join(f"{one} = {one} - interval '{by}'" for one in column.split(", "))
        async with self.payments.database.tenant(self.org) as session:
            await session.execute(text(f"UPDATE meter_reports SET {changes}"))

    @property
    def cents(self) -> int:
        return self.server.charged(self.customer)


@pytest.fixture
async def shop(
    platform: Platform, stripe_server: StripeServer, ca_file: Path, org: uuid.UUID
) -> AsyncGenerator[Shop]:
    paying = with_payments(platform, stripe_server, ca_file, seconds=2.0, metered=True)
    assert paying.payments
    yield Shop(paying.payments, stripe_server, org)
    await paying.payments.line.close()


async def test_what_is_above_the_plan_is_charged_hour_by_hour(shop: Shop) -> None:
    bought = await shop.buy()
    assert len(shop.server.things[bought]["items"]["data"]) == 2  # the plan, and the meter's price
    await shop.hear(STARTER)
    await shop.meter.round()
    assert shop.cents == 0
    await shop.hear(90 * 60)  # 90 minutes at 0.05
    await asyncio.gather(*(shop.meter.report(shop.org) for _ in range(3)))
    assert shop.cents == 450
    await shop.hear(60)
    await shop.meter.round()
    assert shop.cents == 450, "once an hour"
    await shop.later()
    await shop.meter.round()
    await shop.meter.round()
    assert shop.cents == 455
    told = [one for one in shop.server.asked if one.path == "/v1/billing/meter_events"]
    assert [one.params["event_name"] for one in told] == ["cents", "cents"]
    assert told[0].headers["idempotency-key"] == told[0].params["identifier"]


@pytest.mark.parametrize("fault", [Fault(500, done=True), Fault(500), Fault(429)])
async def test_what_may_have_arrived_is_told_again_and_counts_once(
    shop: Shop, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    await shop.buy()
    await shop.hear(STARTER + 600)
    shop.server.always = Fault(fault.status, done=fault.done, method="POST")
    with pytest.raises(PaymentsAwayError):
        await shop.meter.report(shop.org)
    await shop.meter.round()  # at once again: another may be at it
    shop.server.always = None
    shop.server._answers.clear()  # pyright: ignore[reportPrivateUsage] - a day later the key is forgotten
    await shop.later("tried_at")
    await shop.meter.round()
    assert shop.cents == 50
    async with shop.payments.database.tenant(shop.org) as session:
        sent = await session.scalar(text("SELECT count(sent_at) FROM meter_reports"))
    assert sent == 1


async def test_what_is_in_doubt_for_a_day_is_left_to_people(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    await shop.buy()
    await shop.hear(STARTER + 600)
    shop.server.always = Fault(500, done=True, method="POST")
    with pytest.raises(PaymentsAwayError):
        await shop.meter.report(shop.org)
    shop.server.always = None
    await shop.later("first_tried_at, tried_at", "1 day")
    shop.server.asked.clear()
    await shop.meter.round()
    assert not [one for one in shop.server.asked if one.method == "POST"]
    async with shop.payments.database.tenant(shop.org) as session:
        assert await session.scalar(text("SELECT unclear FROM meter_reports"))


async def test_what_was_certainly_refused_is_told_when_it_can_be(shop: Shop) -> None:
    await shop.buy()
    await shop.hear(STARTER + 600)
    no = {"type": "invalid_request_error", "message": "No meter found."}
    shop.server.faults = [Fault(200, done=True, method="nothing"), Fault(400, no)]
    with pytest.raises(MeterRefusedError):
        await shop.meter.report(shop.org)
    await shop.later("tried_at", "3 days")
    await shop.meter.round()
    assert shop.cents == 50


async def test_a_subscription_of_before_gets_the_price_of_the_meter(shop: Shop) -> None:
    bought = await shop.buy()
    items = shop.server.things[bought]["items"]["data"]
    del items[1]
    await shop.hear(STARTER + 60)
    await shop.meter.round()
    assert [one["price"]["id"] for one in items] == ["price_starter", "price_cents"]
    assert shop.cents == 5


async def test_what_was_used_until_the_end_is_charged_with_it(shop: Shop) -> None:
    await shop.buy()
    await shop.hear(STARTER + 60)
    await shop.meter.round()
    await shop.hear(60)
    await shop.payments.cancel(shop.org, SYSTEM, immediately=True)
    assert shop.cents == 10
    [ended] = [one for one in shop.server.asked if one.method == "DELETE"]
    assert ended.params["invoice_now"] == "true"
    await shop.hear(600)
    await shop.meter.round()
    assert shop.cents == 10


async def test_going_over_to_another_plan_charges_by_the_plan_of_each_moment(shop: Shop) -> None:
    await shop.buy()
    await shop.hear(STARTER + 600)
    await shop.payments.change(Order(shop.org, "business", SYSTEM))
    await shop.hear(6000)
    await shop.meter.report(shop.org, now=True)
    assert shop.cents == 50  # growth includes what followed; what was above before stays so
    await shop.payments.change(Order(shop.org, "pro", SYSTEM))
    await shop.hear(60)
    await shop.meter.report(shop.org, now=True)
    assert shop.cents == 55
    assert timedelta(days=1) > metering.RETRIED
