"""What the payment service of the tests answers has the shapes that Stripe's own library knows."""

import typing
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import stripe

import stripe_server as server

KINDS: Mapping[str, Any] = {
    "customer": stripe.Customer, "checkout.session": stripe.checkout.Session,
    "subscription": stripe.Subscription, "subscription_item": stripe.SubscriptionItem,
    "price": stripe.Price, "billing_portal.session": stripe.billing_portal.Session,
    "billing.meter_event": stripe.billing.MeterEvent, "invoice": stripe.Invoice,
    "list": stripe.ListObject, "event": stripe.Event,
}  # fmt: skip
ORDER = {
    "mode": "subscription", "customer": "cus_1", "client_reference_id": "x", "success_url": "https://a.test",
    "cancel_url": "https://a.test", "line_items[0][price]": "price_starter", "return_url": "https://a.test",
}  # fmt: skip
TOLD = {
    "event_name": "cents", "identifier": "x", "timestamp": "1", "payload[stripe_customer_id]": "cus_1",
    "payload[value]": "5",
}  # fmt: skip
SUBSCRIPTION = server.subscription("sub_1", "cus_1", "price_starter")
THINGS = [
    server.customer("cus_1", {"name": "Acme", "email": "a@a.test"}), server.checkout_session("cs_1", ORDER),
    SUBSCRIPTION, server.change(SUBSCRIPTION, {"cancel_at_period_end": "true"}),
    server.portal_session("bps_1", ORDER), server.invoice("in_1", "cus_1", 4900),
    server.item("si_1", "sub_1", "price_cents"), server.meter_event(TOLD),
    server.event("evt_1", "customer.subscription.updated", SUBSCRIPTION),
]  # fmt: skip


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is what an annotation says, as far as it says so without other classes."""
    if kind is None or kind is type(None):
        return value is None
    origin = get_origin(kind)
    if origin is Union:
        return any(_fits(value, one) for one in get_args(kind))
    if origin is Literal:
        return value in get_args(kind)
    if kind in {str, int, bool}:
        return type(value) is kind
    return isinstance(value, dict | list | str) and kind is not typing.NoReturn


def _faults(thing: Any, place: str = "") -> list[str]:
    if isinstance(thing, list):
        return [fault for one in typing.cast("list[Any]", thing) for fault in _faults(one, place)]
    if not isinstance(thing, dict) or typing.cast("dict[str, Any]", thing).get("object") not in KINDS:
        return []
    known: Mapping[str, Any] = KINDS[thing["object"]].__annotations__
    found: list[str] = []
    for name, value in typing.cast("dict[str, Any]", thing).items():
        where = f"{place}/{thing['object']}.{name}"
        if name.startswith("_") or (thing["object"], name) == ("list", "object"):
            continue
        if name not in known:
            found.append(f"{where} is unknown")
        elif not _fits(value, known[name]):
            found.append(f"{where} is {value!r}, not {known[name]}")
        found += _faults(value["object"] if name == "data" and "object" in value else value, where)
    return found


@pytest.mark.parametrize("thing", THINGS, ids=lambda one: one["object"])
def test_every_value_is_of_the_type_that_the_library_declares(thing: Any) -> None:
    assert _faults(thing) == []


def test_a_shape_that_is_not_theirs_would_be_noticed() -> None:
    wrong = THINGS[2] | {"status": 1, "current_period_end": 1, "cancel_at": "soon"}
    assert [one.split(" ")[0] for one in _faults(wrong)] == [
        "/subscription.status", "/subscription.cancel_at", "/subscription.current_period_end",
    ]  # fmt: skip
