"""Who really calls, where proxies stand in between: ``X-Forwarded-*``, believed from known proxies only.

Every proxy appends the address that it was called from, so the list is read from the right: the first
address that is no proxy of ours is the caller. What stands further left, anybody may have written.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
_SCHEMES = frozenset({"http", "https"})


class Forwarded:
    """Puts the caller's address and scheme in place of the proxy's.

    Args:
        app: what answers.
        trusted: the proxies.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""
        peer = (scope.get("client") or (None,))[0] if scope["type"] == "http" else None
        if is_among(peer, self._trusted):
            scope = self._as_told(scope, str(peer))
        await self._app(scope, receive, send)

    def _as_told(self, scope: Scope, peer: str) -> Scope:
        headers = Headers(scope=scope)
        told = [part.strip() for line in headers.getlist("x-forwarded-for") for part in line.split(",")]
        scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
        return {
            **scope,
            "client": (_caller(peer, told, self._trusted), 0),
            "scheme": scheme if scheme in _SCHEMES else scope["scheme"],
        }


def _caller(peer: str, told: Sequence[str], trusted: Sequence[Network]) -> str:
    """The first address from the right that is no proxy; what is no address ends the list."""
    found = peer
    for text in reversed(told):
        address = address_of(_host(text))
        if address is None:
            break
        found = str(address)
        if not is_among(found, trusted):
            break
    return found


def _host(text: str) -> str:
    """The address of what some proxies write with a port: ``192.0.2.1:80``, ``[2001:db8::1]:80``."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def is_among(text: str | None, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of some networks."""
    address = address_of(text) if text and networks else None
    return address is not None and any(address in network for network in networks)


def is_loopback(text: str | None) -> bool:
    """Whether an address is one of this machine's own."""
    address = address_of(text) if text else None
    return address is not None and address.is_loopback


def address_of(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address as text; IPv4 in IPv6 is IPv4. ``None`` when it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
