"""A payment service for tests: the few calls of Stripe's API that we make, answered in its shapes.

It keeps customers, checkout pages and subscriptions, remembers idempotency keys, and knows how to fail.
``tests/pure/payments/test_shapes.py`` holds what it answers against the types of Stripe's own library.
"""

import json
import ssl
import threading
import time
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

from quiet_server import QuietHandler, listening

Json = dict[str, Any]
KEY, SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"
PRICES = {"price_starter": 4900, "price_growth": 19900, "price_cents": 1}
METERED = frozenset({"price_cents"})
MONTH = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Fault:
    """What is answered in place of the truth, to requests of one method or to all.

    ``done``: it is done all the same, only the answer is lost; with status 0 it comes, but late.
    """

    status: int = 500
    error: Mapping[str, Any] = field(default_factory=lambda: {"type": "api_error", "message": "Sorry."})
    seconds: float = 0.0
    done: bool = False
    method: str = ""
    until: threading.Event | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(slots=True)
class StripeServer:
    """``faults`` are answered first, one for each request; ``always`` for every one."""

    url: str = ""
    faults: list[Fault] = field(default_factory=list[Fault])
    always: Fault | None = None
    asked: list[Asked] = field(default_factory=list[Asked])
    things: dict[str, Json] = field(default_factory=dict[str, Json])
    told: dict[str, Json] = field(default_factory=dict[str, Json])
    _answers: dict[str, tuple[int, Json]] = field(default_factory=dict[str, tuple[int, Json]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> "StripeServer":
        """As new; what it keeps has names of its own and disturbs nobody."""
        with self._lock:
            self.faults, self.always, self.asked = [], None, []
            self.things.clear()
            self.told.clear()
        return self

    def answer(self, asked: Asked) -> tuple[int, Json]:
        with self._lock:
            self.asked.append(asked)
            fault = self.faults.pop(0) if self.faults else self.always
            if fault is not None and fault.method not in {"", asked.method}:
                fault = None
            told: tuple[int, Json] = self._once(asked) if fault is None or fault.done else (0, {})
        if fault is None:
            return told
        time.sleep(fault.seconds)
        if fault.until:
            fault.until.wait(60)
        if fault.status == 0:
            return told
        return fault.status, {"error": dict(fault.error)}

    def _once(self, asked: Asked) -> tuple[int, Json]:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}}
        key = asked.headers.get("idempotency-key")
        if key not in self._answers:
            answer = self._done(asked)
            if key is None:
                return answer
            self._answers[key] = answer
        return self._answers[key]

    def _done(self, asked: Asked) -> tuple[int, Json]:  # noqa: C901, PLR0911, PLR0912 - a table of calls
        params, parts = asked.params, asked.path.removeprefix("/v1/").split("/")
        match asked.method, parts:
            case "POST", ["customers"]:
                return 200, self._keep(customer(self._id("cus"), params))
            case "GET", ["checkout", "sessions"]:
                return 200, listed(asked.path, self.all("checkout.session", params))
            case "POST", ["checkout", "sessions"]:
                return 200, self._keep(checkout_session(self._id("cs_test"), params))
            case "POST", ["checkout", "sessions", name, "expire"]:
                self.things[name]["status"], self.things[name]["url"] = "expired", None
                return 200, self.things[name]
            case "GET", ["subscriptions"]:
                return 200, listed(asked.path, self.all("subscription", params))
            case "POST", ["subscriptions", name]:
                return 200, change(self.things[name], params)
            case "DELETE", ["subscriptions", name]:
                if self.things[name]["status"] == "canceled":
                    missing = {"type": "invalid_request_error", "code": "resource_missing", "message": "No."}
                    return 404, {"error": missing}
                self.things[name]["status"] = "canceled"
                return 200, self.things[name]
            case "POST", ["subscription_items"]:
                made = item(self._id("si"), params["subscription"], params["price"])
                self.things[params["subscription"]]["items"]["data"].append(made)
                return 200, made
            case "POST", ["billing", "meter_events"]:
                return self._metered(params)
            case "POST", ["billing_portal", "sessions"]:
                return 200, portal_session(self._id("bps"), params)
            case "GET", ["invoices"]:
                return 200, listed(asked.path, self.all("invoice", params))
            case _:
                return 404, {"error": {"type": "invalid_request_error", "message": f"No {asked.path}"}}

    def _metered(self, params: Mapping[str, str]) -> tuple[int, Json]:
        name = params["identifier"]
        if name in self.told:
            message = f"An event already exists with identifier {name}."
            return 400, {"error": {"type": "invalid_request_error", "message": message}}
        self.told[name] = meter_event(params)
        return 200, self.told[name]

    def charged(self, customer: str) -> int:
        """Cents that the meter has of a customer."""
        payloads = [one["payload"] for one in self.told.values()]
        return sum(int(one["value"]) for one in payloads if one["stripe_customer_id"] == customer)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{uuid.uuid4().hex}"  # tests share a database

    def _keep(self, thing: Json) -> Json:
        self.things[thing["id"]] = thing
        return thing

    def all(self, kind: str, params: Mapping[str, str]) -> list[Json]:
        status = params.get("status", "all")
        return [
            one
            for one in reversed(self.things.values())
            if one["object"] == kind and one["customer"] == params["customer"]
            if status in {"all", one["status"]}
        ]

    def pay(self, page: str) -> Json:
        """Somebody pays on a page: answers the subscription."""
        session = next(one for one in self.things.values() if one.get("url") == page)
        made = self._keep(subscription(self._id("sub"), session["customer"], session["_price"]))
        for price in session["_metered"]:
            made["items"]["data"].append(item(self._id("si"), made["id"], price))
        session.update(status="complete", payment_status="paid", subscription=made["id"], url=None)
        self._keep(invoice(self._id("in"), session["customer"], PRICES[session["_price"]]))
        return made


def customer(name: str, params: Mapping[str, str]) -> Json:
    return {
        "id": name, "object": "customer", "created": int(time.time()), "livemode": False,
        "name": params.get("name"), "email": params.get("email"), "metadata": {},
    }  # fmt: skip


def checkout_session(name: str, params: Mapping[str, str]) -> Json:
    return {
        "id": name, "object": "checkout.session", "created": int(time.time()), "livemode": False,
        "mode": params["mode"], "customer": params["customer"], "subscription": None,
        "client_reference_id": params["client_reference_id"], "status": "open", "payment_status": "unpaid",
        "success_url": params["success_url"], "cancel_url": params["cancel_url"],
        "url": f"https://checkout.stripe.test/c/pay/{name}", "_price": params["line_items[0][price]"],
        "_metered": [params["line_items[1][price]"]] if "line_items[1][price]" in params else [],
    }  # fmt: skip


def item(name: str, of: str, price: str) -> Json:
    now, metered = int(time.time()), price in METERED
    recurring = {
        "interval": "month", "interval_count": 1, "usage_type": "metered" if metered else "licensed",
        "meter": "mtr_1" if metered else None, "trial_period_days": None,
    }  # fmt: skip
    return {
        "id": name, "object": "subscription_item", "created": now, "subscription": of, "metadata": {},
        "current_period_start": now, "current_period_end": now + MONTH,
        **({} if metered else {"quantity": 1}),
        "price": {
            "id": price, "object": "price", "active": True, "created": now, "currency": "usd",
            "livemode": False, "metadata": {}, "type": "recurring", "billing_scheme": "per_unit",
            "unit_amount": PRICES.get(price, 100), "recurring": recurring,
        },
    }  # fmt: skip


def meter_event(params: Mapping[str, str]) -> Json:
    payload = {name: params[f"payload[{name}]"] for name in ("stripe_customer_id", "value")}
    return {
        "object": "billing.meter_event", "created": int(time.time()), "livemode": False,
        "event_name": params["event_name"], "identifier": params["identifier"], "payload": payload,
        "timestamp": int(params["timestamp"]),
    }  # fmt: skip


def subscription(name: str, customer: str, price: str, **more: Any) -> Json:
    now = int(time.time())
    return {
        "id": name, "object": "subscription", "created": now, "livemode": False, "customer": customer,
        "status": "active", "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None,
        "currency": "usd", "metadata": {}, **more,
        "items": listed("/v1/subscription_items", [item(f"si_{name}", name, price)]),
    }  # fmt: skip


def change(thing: Json, params: Mapping[str, str]) -> Json:
    sold = thing["items"]["data"][0]
    if "items[0][price]" in params:
        assert params["items[0][id]"] == sold["id"]
        sold["price"]["id"] = params["items[0][price]"]
    if "cancel_at_period_end" in params:
        ending = thing["cancel_at_period_end"] = params["cancel_at_period_end"].lower() == "true"
        thing["cancel_at"] = sold["current_period_end"] if ending else None
    return thing


def portal_session(name: str, params: Mapping[str, str]) -> Json:
    return {
        "id": name, "object": "billing_portal.session", "created": int(time.time()), "livemode": False,
        "customer": params["customer"], "configuration": "bpc_1", "return_url": params["return_url"],
        "url": f"https://billing.stripe.test/p/session/{name}",
    }  # fmt: skip


def invoice(name: str, customer: str, total: int) -> Json:
    return {
        "id": name, "object": "invoice", "created": int(time.time()), "livemode": False,
        "customer": customer, "number": f"CT-{name}", "status": "paid", "currency": "usd", "total": total,
        "amount_due": total, "amount_paid": total, "period_end": int(time.time()),
        "hosted_invoice_url": f"https://invoice.stripe.test/i/{name}",
        "invoice_pdf": f"https://pay.stripe.test/invoice/{name}/pdf",
    }  # fmt: skip


def listed(path: str, things: list[Json]) -> Json:
    return {"object": "list", "url": path, "has_more": False, "data": things}


def event(name: str, kind: str, about: Json) -> Json:
    return {
        "id": name, "object": "event", "api_version": stripe.api_version, "created": int(time.time()),
        "livemode": False, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None},
        "type": kind, "data": {"object": about},
    }  # fmt: skip


def signed(body: Json, secret: str = SECRET, age: int = 0) -> tuple[bytes, dict[str, str]]:
    """An event as it is sent, with its headers."""
    text = json.dumps(body)
    signatures: Any = stripe.WebhookSignature  # partly without types
    header = signatures.generate_signature_header(text, secret, int(time.time()) - age)
    return text.encode(), {"Stripe-Signature": header, "Content-Type": "application/json"}


@contextmanager
def serving(server: StripeServer, tls: ssl.SSLContext) -> Generator[StripeServer]:
    """The server on a port of loopback, over TLS."""

    class Handler(QuietHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            parts = urlsplit(self.path)
            params = dict(parse_qsl(body or parts.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told = server.answer(Asked(self.command, parts.path, params, headers))
            sent = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.send_header("Request-Id", "req_1")
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the base class's names

    with listening(Handler, tls) as url:
        server.url = url
        yield server
