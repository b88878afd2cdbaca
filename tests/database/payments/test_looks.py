"""Of two looks at what is agreed, the one that began last is believed, whichever answer comes first."""

import asyncio
import copy
import threading
import time
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import stripe

from calltrace.accounts import service, subscriptions
from calltrace.accounts.audit import SYSTEM
from calltrace.accounts.models import Plan
from calltrace.payments.errors import PaymentsAwayError
from calltrace.payments.service import Order, Payments
from calltrace.pipeline.context import Platform
from database.payments.paying import with_payments
from stripe_server import Fault, StripeServer


@pytest.fixture
async def payments(
    platform: Platform, stripe_server: StripeServer, ca_file: Path
) -> AsyncGenerator[Payments]:
    paying = with_payments(platform, stripe_server, ca_file, seconds=1.0)
    assert paying.payments
    yield paying.payments
    await paying.payments.line.close()


async def _plan(payments: Payments, org: uuid.UUID) -> str:
    async with payments.database.tenant(org) as session:
        return (await subscriptions.of(session, org, "live")).plan


async def _customer(payments: Payments, server: StripeServer, org: uuid.UUID) -> str:
    page = await payments.start(Order(org, "business", SYSTEM))
    assert page
    server.pay(page)
    return (await payments.customer(org)) or ""


async def test_an_answer_that_was_under_way_for_long_changes_nothing(
    payments: Payments, stripe_server: StripeServer, org: uuid.UUID
) -> None:
    customer = await _customer(payments, stripe_server, org)
    stripe_server.asked.clear()
    late = threading.Event()
    stripe_server.faults = [Fault(0, until=late, done=True)]
    slow = asyncio.create_task(payments.follow(org, customer))
    while not stripe_server.asked:  # noqa: ASYNC110 - it is asked in a thread of its own
        await asyncio.sleep(0.01)
    [bought] = stripe_server.all("subscription", {"customer": customer})
    bought["items"]["data"][0]["price"]["id"] = "price_starter"
    await payments.follow(org, customer)
    assert (await _plan(payments, org), slow.done()) == ("pro", False)
    late.set()
    await slow
    assert await _plan(payments, org) == "pro"


async def test_two_first_purchases_at_once_are_one_customer(
    payments: Payments, stripe_server: StripeServer, org: uuid.UUID
) -> None:
    await asyncio.gather(*[payments.start(Order(org, "pro", SYSTEM)) for _ in range(3)])
    sessions = [one for one in stripe_server.things.values() if one["object"] == "checkout.session"]
    assert {one["customer"] for one in sessions} == {await payments.customer(org)}


async def test_a_silent_service_is_given_up_and_the_loop_goes_on(
    payments: Payments, stripe_server: StripeServer, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    stripe_server.always = Fault(500, seconds=1.5)
    begun, turns = time.monotonic(), 0
    asking = asyncio.create_task(payments.start(Order(org, "pro", SYSTEM)))
    while not asking.done():
        await asyncio.sleep(0.05)
        turns += 1
    with pytest.raises(PaymentsAwayError):
        await asking
    assert (len(stripe_server.asked), await payments.customer(org)) == (3, None)
    assert turns > (time.monotonic() - begun) * 5, "nothing else was held up"
    assert stripe.enable_telemetry is False


async def _given(payments: Payments, server: StripeServer, org: uuid.UUID, plan: Plan) -> str:
    """A customer who pays for a plan and was then given another one by the operator."""
    customer = await _customer(payments, server, org)
    await payments.follow(org, customer)
    async with payments.database.tenant(org) as session:
        await service.set_plan(session, org, plan)
    return customer


async def test_a_plan_that_the_operator_gave_stands_until_something_new_is_bought(
    payments: Payments, stripe_server: StripeServer, org: uuid.UUID
) -> None:
    customer = await _given(payments, stripe_server, org, "self_hosted")
    await payments.follow(org, customer)  # the next invoice was paid
    assert await _plan(payments, org) == "self_hosted"
    [bought] = stripe_server.all("subscription", {"customer": customer})
    bought["status"] = "canceled"
    await payments.follow(org, customer)
    assert await _plan(payments, org) == "self_hosted"
    page = await payments.start(Order(org, "pro", SYSTEM))
    assert page
    stripe_server.pay(page)
    await payments.follow(org, customer)
    assert await _plan(payments, org) == "pro"


async def test_a_plan_that_is_chosen_anew_where_it_is_paid_counts_again(
    payments: Payments, stripe_server: StripeServer, org: uuid.UUID
) -> None:
    await _given(payments, stripe_server, org, "business")
    await payments.change(Order(org, "pro", SYSTEM))
    assert await _plan(payments, org) == "pro"
    await payments.cancel(org, SYSTEM, immediately=True)
    assert await _plan(payments, org) == "free"


async def test_what_is_paid_counts_before_what_is_newer_and_not_paid(
    payments: Payments, stripe_server: StripeServer, org: uuid.UUID
) -> None:
    customer = await _customer(payments, stripe_server, org)
    [bought] = stripe_server.all("subscription", {"customer": customer})
    newer = copy.deepcopy(bought) | {"id": "sub_newer", "status": "unpaid", "created": bought["created"] + 9}
    stripe_server.things["sub_newer"] = newer
    await payments.follow(org, customer)
    assert await _plan(payments, org) == "business"
