"""What the operator allows on top of the public internet."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Self

from calltrace.kit.digits import whole_number
from calltrace.kit.errors import ConfigurationError

HTTPS_PORT = 443
HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """Where downloads and webhooks may go.

    Attributes:
        allow_cidrs: ranges that are reachable although they are not public, on any port.
        ports: TCP ports that may be used everywhere else.
        ca_file: PEM bundle of authorities trusted in addition to the system's.
    """

    allow_cidrs: tuple[IPv4Network | IPv6Network, ...] = ()
    ports: frozenset[int] = frozenset({HTTPS_PORT})
    ca_file: Path | None = None

    @classmethod
    def parse(
        cls,
        allow_cidrs: str | Iterable[str] = (),
        ports: str | Iterable[str | int] = (HTTPS_PORT,),
        ca_file: str | Path | None = None,
    ) -> Self:
        """A policy from plain settings; lists may be one comma-separated string.

        Raises:
            ConfigurationError: a value cannot be read; the message names it.
        """
        return cls(
            allow_cidrs=tuple(_network(text) for text in _items(allow_cidrs)),
            ports=frozenset(_port(text) for text in _items(ports)) or frozenset({HTTPS_PORT}),
            ca_file=_readable(Path(ca_file)) if ca_file else None,
        )


def _items(value: str | Iterable[str | int]) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else [str(part) for part in value]
    return [part.strip() for part in parts if part.strip()]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigurationError(f"OUTBOUND_ALLOW_CIDRS: {error}, for example 192.168.20.0/24") from error


def _port(text: str) -> int:
    port = whole_number(text)
    if port is not None and 0 < port <= HIGHEST_PORT:
        return port
    raise ConfigurationError(f"OUTBOUND_PORTS: {text!r} is not a port between 1 and {HIGHEST_PORT}")


def _readable(path: Path) -> Path:
    if not path.is_file():
        raise ConfigurationError(f"OUTBOUND_CA_FILE: there is no file {path}")
    return path
