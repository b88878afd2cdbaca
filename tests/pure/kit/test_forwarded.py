"""Whom proxies say they were called by."""

from ipaddress import ip_network
from typing import Any

import pytest

from calltrace.kit.forwarded import Forwarded

PROXIES = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("told", "caller"),
    [
        ("203.0.113.9", "203.0.113.9"), ("203.0.113.9:51022", "203.0.113.9"),
        ("[2001:db8::9]:51022", "2001:db8::9"), ("[2001:db8::9]", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"), ("203.0.113.9:1, 10.0.0.8:2", "203.0.113.9"),
        ("198.51.100.1, unknown", "10.0.0.7"), ("198.51.100.1, [", "10.0.0.7"),
    ],
)  # fmt: skip
async def test_an_address_is_read_with_and_without_its_port(told: str, caller: str) -> None:
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    scope: Any = {
        "type": "http",
        "client": ("10.0.0.7", 1),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", told.encode())],
    }
    await Forwarded(app, PROXIES)(scope, None, None)  # type: ignore[arg-type] - nothing is received or sent
    assert seen == [caller]
