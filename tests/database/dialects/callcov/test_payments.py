"""Billing with a payment service: nothing is given before it is paid, and nothing is half done."""

import asyncio
import uuid
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts.service import create_user
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.conftest import count
from database.dialects.callcov.conftest import Api, NewKey
from database.payments.paying import with_payments
from stripe_server import Fault, Json, StripeServer, event, signed, subscription

EVENTS = "http://calls.test/api/stripe/events"
AWAY = {"detail": "Payment service unavailable"}


@pytest.fixture
def served(platform: Platform, migrated: str, stripe_server: StripeServer, ca_file: Path) -> Platform:
    return replace(with_payments(platform, stripe_server, ca_file), database=Database(migrated))


class Shop:
    """A caller, the payment service, and what the one is told of the other."""

    def __init__(self, call: Api, server: StripeServer) -> None:
        self.call, self.server = call, server

    async def tier(self) -> tuple[str, str]:
        shown = (await self.call("GET", "/billing/subscription")).json()
        return shown["tier"], shown["status"]

    async def hear(self, kind: str, about: Json, name: str | None = None) -> httpx2.Response:
        body, headers = signed(event(name or f"evt_{uuid.uuid4()}", kind, about))
        return await self.call.client.post(EVENTS, content=body, headers=headers)

    async def buy(self, tier: str = "starter") -> Json:
        answer = await self.call("POST", "/billing/subscription", {"tier": tier})
        assert answer.status_code == 201, answer.text
        bought = self.server.pay(answer.json()["checkout_url"])
        assert (await self.hear("customer.subscription.created", bought)).json() == {"received": True}
        return bought

    def calls(self) -> list[str]:
        done = [f"{one.method} {one.path.removeprefix('/v1/')}" for one in self.server.asked]
        self.server.asked.clear()
        return done


@pytest.fixture
def shop(call: Api, stripe_server: StripeServer) -> Shop:
    return Shop(call, stripe_server)


@pytest.mark.accepts("CV-087")
async def test_a_plan_is_given_when_it_is_paid(shop: Shop, org: uuid.UUID) -> None:
    ways = {"success_url": "https://app.test/yes", "cancel_url": "https://app.test/no"}
    answer = await shop.call("POST", "/billing/subscription", {"tier": "growth", **ways})
    made = answer.json()
    assert (answer.status_code, made["status"], made["tier"]) == (201, "incomplete", "growth")
    assert await shop.tier() == ("self_hosted", "active")
    create = shop.server.asked[-1]
    assert {name: create.params[name] for name in ways} == ways
    assert create.params["client_reference_id"] == str(org)
    assert create.headers["idempotency-key"]
    assert create.headers["user-agent"].startswith("CallTrace/")
    assert not [name for name in create.headers if name.startswith("x-stripe-client")]
    bought = shop.server.pay(made["checkout_url"])
    await shop.hear("customer.subscription.created", bought)
    assert await shop.tier() == ("growth", "active")
    again = await shop.call("POST", "/billing/subscription", {"tier": "starter"})
    assert (again.status_code, again.json()) == (400, {"detail": "Subscription already exists"})


@pytest.mark.accepts("CV-088")
async def test_going_over_to_another_plan_is_paid_by_the_same_subscription(shop: Shop) -> None:
    first = (await shop.call("POST", "/billing/subscription/update", {"tier": "starter"})).json()
    assert (first["status"], first["checkout_url"][:8]) == ("incomplete", "https://")
    bought = await shop.buy()
    shop.calls()
    more = await shop.call("POST", "/billing/subscription/update", {"tier": "growth"})
    assert (more.status_code, more.json()["tier"], more.json()["status"]) == (200, "growth", "active")
    change = next(one for one in shop.server.asked if one.method == "POST")
    assert change.params["proration_behavior"] == "always_invoice"
    assert change.params["payment_behavior"] == "error_if_incomplete"
    shop.calls()
    assert (await shop.call("POST", "/billing/subscription/update", {"tier": "growth"})).status_code == 200
    assert not [one for one in shop.calls() if one.startswith("POST")], "the same again costs nothing"
    assert (await shop.call("POST", "/billing/subscription/update", {"tier": "free"})).json()[
        "tier"
    ] == "free"
    assert shop.server.things[bought["id"]]["status"] == "canceled"


@pytest.mark.accepts("CV-089")
@pytest.mark.parametrize("immediately", [False, True])
async def test_a_plan_is_cancelled_where_it_is_paid(shop: Shop, *, immediately: bool) -> None:
    bought = await shop.buy()
    path, body = "/billing/subscription/cancel", {"immediately": immediately}
    ended = (await shop.call("POST", path, body)).json()
    there = shop.server.things[bought["id"]]
    if immediately:
        assert (ended["tier"], ended["status"], there["status"]) == ("free", "canceled", "canceled")
        nothing = await shop.call("POST", path, body)
        assert (nothing.status_code, nothing.json()) == (400, {"detail": "No active paid subscription"})
    else:
        assert (ended["tier"], ended["cancel_at_period_end"]) == ("starter", True)
        assert there["cancel_at_period_end"] is True
        kept = (await shop.call("POST", "/billing/subscription/update", {"tier": "starter"})).json()
        assert kept["cancel_at_period_end"] is False


@pytest.mark.accepts("CV-091", "CV-092")
async def test_history_has_invoices_and_the_portal_is_theirs(shop: Shop) -> None:
    assert (await shop.call("GET", "/billing/history")).json()["items"][0]["invoices"] == []
    await shop.buy()
    [bill] = (await shop.call("GET", "/billing/history")).json()["items"][0]["invoices"]
    assert (bill["status"], bill["total"], bill["currency"]) == ("paid", 4900, "USD")
    portal = (await shop.call("GET", "/billing/customer-portal")).json()
    assert portal["url"].startswith("https://billing.stripe.test/")
    assert shop.server.asked[-1].params["return_url"] == "https://calls.test/billing"


@pytest.mark.accepts("CV-007")
async def test_test_keys_never_reach_the_payment_service(
    shop: Shop, http: httpx2.AsyncClient, new_key: NewKey
) -> None:
    test = Api(http, await new_key("test"))
    for method, path, body in (
        ("POST", "subscription", {"tier": "growth"}), ("POST", "subscription/update", {"tier": "starter"}),
        ("POST", "subscription/cancel", {"immediately": True}), ("GET", "history", None),
        ("GET", "customer-portal", None), ("GET", "subscription", None),
    ):  # fmt: skip
        assert (await test(method, f"/billing/{path}", body)).status_code < 300
    assert shop.calls() == []


@pytest.mark.parametrize("status", [500, 401])
async def test_without_the_payment_service_nothing_is_changed(
    shop: Shop, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    for method, path, body, answered in (
        ("POST", "subscription", {"tier": "growth"}, 201), ("GET", "history", None, 200),
        ("GET", "customer-portal", None, 200), ("POST", "subscription/update", {"tier": "growth"}, 200),
        ("POST", "subscription/cancel", {"immediately": True}, 200),
    ):  # fmt: skip
        before, key = await shop.tier(), {"Idempotency-Key": "a"}
        shop.server.always = Fault(status)
        answer = await shop.call(method, f"/billing/{path}", body, key)
        assert (answer.status_code, answer.json()) == (500, AWAY)
        shop.server.always = None
        assert await shop.tier() == before
        again = await shop.call(method, f"/billing/{path}", body, key)
        assert again.status_code == answered, "an error frees the key"
        if path == "subscription":
            await shop.hear("checkout.session.completed", shop.server.pay(again.json()["checkout_url"]))


async def test_a_refused_card_is_said_and_changes_nothing(shop: Shop) -> None:
    await shop.buy()
    declined = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
    shop.server.always = Fault(402, declined, method="POST")
    answer = await shop.call("POST", "/billing/subscription/update", {"tier": "growth"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Your card was declined."})
    assert await shop.tier() == ("starter", "active")


async def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    shop.server.faults = [Fault(500, done=True), Fault(503, done=True)]
    assert (await shop.call("POST", "/billing/subscription", {"tier": "starter"})).status_code == 201
    made = [one for one in shop.server.asked if one.path == "/v1/customers"]
    assert (len(made), len({one.headers["idempotency-key"] for one in made})) == (3, 1)
    assert sum(one["object"] == "customer" for one in shop.server.things.values()) == 1


async def test_only_the_last_page_can_be_paid(shop: Shop) -> None:
    pages = [
        (await shop.call("POST", "/billing/subscription", {"tier": tier})).json()["checkout_url"]
        for tier in ("starter", "growth")
    ]
    sessions = [one for one in shop.server.things.values() if one["object"] == "checkout.session"]
    assert [(one["status"], one["url"]) for one in sessions] == [("expired", None), ("open", pages[1])]


async def test_what_was_paid_and_not_told_yet_is_not_paid_twice(shop: Shop) -> None:
    page = (await shop.call("POST", "/billing/subscription", {"tier": "starter"})).json()["checkout_url"]
    shop.server.pay(page)
    again = await shop.call("POST", "/billing/subscription", {"tier": "starter"})
    assert (again.status_code, again.json()) == (400, {"detail": "Subscription already exists"})
    assert await shop.tier() == ("starter", "active")


@pytest.mark.parametrize("way", ["success_url", "cancel_url"])
async def test_a_way_that_is_no_page_is_refused(shop: Shop, way: str) -> None:
    answer = await shop.call("POST", "/billing/subscription", {"tier": "starter", way: "javascript:alert(1)"})
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", way])
    assert shop.calls() == []


@pytest.mark.accepts("CV-078")
async def test_whoever_leaves_pays_no_more(
    shop: Shop, http: httpx2.AsyncClient, database: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    bought, email = await shop.buy(), f"{uuid.uuid4()}@callcov.test"
    async with database.tenant(org) as session:
        await create_user(session, org, email, "owner", "Str0ng & long")
    told = await http.post("/auth/login", json={"email": email, "password": "Str0ng & long"})
    me = Api(http, told.json()["access_token"])
    shop.server.always = Fault(500)
    assert ((await me("DELETE", "/users/me")).json(), (await me("GET", "/users/me")).status_code) == (
        AWAY,
        200,
    )
    shop.server.always = None
    assert (await me("DELETE", "/users/me")).json()["deleted"] is True
    assert shop.server.things[bought["id"]]["status"] == "canceled"


async def test_events_that_are_not_theirs_are_refused(shop: Shop) -> None:
    about = subscription("sub_1", "cus_1", "price_growth")
    good, headers = signed(event("evt_1", "customer.subscription.updated", about))
    cases: list[tuple[bytes, dict[str, str]]] = [
        (good + b" ", headers), (good, {}), (good, {"Stripe-Signature": "t=x,v1=y"}),
        signed(event("evt_1", "x", about), secret="whsec_of_somebody"),
        signed(event("evt_1", "x", about), age=301), signed({"object": "list"}), (b"\xff", headers),
    ]  # fmt: skip
    for body, sent in cases:
        answer = await shop.call.client.post(EVENTS, content=body, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_signature")
    assert (await shop.call.client.post(EVENTS, content=good, headers=headers)).status_code == 200
    assert (await shop.call.client.post(EVENTS, content=b"x" * (1 << 21))).status_code == 413


async def test_what_happens_there_happens_here(shop: Shop) -> None:
    bought = await shop.buy()
    for status, told in (
        ("past_due", ("starter", "past_due")), ("unpaid", ("free", "past_due")),
        ("active", ("starter", "active")), ("paused", ("free", "past_due")),
        ("trialing", ("starter", "active")), ("canceled", ("free", "canceled")),
    ):  # fmt: skip
        stale = dict(bought)
        bought["status"] = status
        assert (await shop.hear("customer.subscription.updated", stale)).status_code == 200
        assert await shop.tier() == told, "what the event says may be old: what holds is looked up"


async def test_a_price_that_is_not_known_changes_no_plan(shop: Shop) -> None:
    bought = await shop.buy()
    bought["items"]["data"][0]["price"]["id"] = "price_of_last_year"
    await shop.hear("customer.subscription.updated", bought)
    assert await shop.tier() == ("starter", "active")


async def test_a_plan_that_the_operator_gave_is_not_taken_by_an_old_event(
    shop: Shop, database: Database, org: uuid.UUID
) -> None:
    bought = await shop.buy()
    await shop.call("POST", "/billing/subscription/cancel", {"immediately": True})
    async with database.operator() as session:
        await session.execute(text("UPDATE organisations SET plan = 'business' WHERE id = :o"), {"o": org})
    await shop.hear("customer.subscription.deleted", bought)
    assert (await shop.tier())[0] == "growth"


async def test_an_event_counts_once_though_it_comes_often_and_at_once(
    shop: Shop, database: Database, org: uuid.UUID
) -> None:
    page = (await shop.call("POST", "/billing/subscription", {"tier": "starter"})).json()["checkout_url"]
    bought = shop.server.pay(page)
    answers = await asyncio.gather(*[shop.hear("invoice.paid", bought, f"evt_{org}") for _ in range(5)])
    assert {one.status_code for one in answers} == {200}
    assert await count(database, "payment_events", org) == 1
    async with database.tenant(org) as session:
        query = text("SELECT count(*) FROM audit_entries WHERE action = 'subscription.changed'")
        assert await session.scalar(query) == 1
    shop.calls()
    await shop.hear("invoice.paid", bought, f"evt_{org}")
    assert shop.calls() == [], "a known event asks nobody"


async def test_an_event_that_could_not_be_looked_up_comes_again(
    shop: Shop, database: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    page = (await shop.call("POST", "/billing/subscription", {"tier": "starter"})).json()["checkout_url"]
    bought = shop.server.pay(page)
    shop.server.always = Fault(500)
    refused = await shop.hear("customer.subscription.created", bought, f"evt_{org}")
    assert (refused.status_code, refused.json()["code"]) == (503, "payments_unavailable")
    assert await count(database, "payment_events", org) == 0
    shop.server.always = None
    await shop.hear("customer.subscription.created", bought, f"evt_{org}")
    assert await shop.tier() == ("starter", "active")
