"""A mail server as one URL: where it is, how the connection is encrypted, who we are there."""

import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Security = Literal["none", "starttls", "tls"]
_SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("none", 25), "smtp+starttls": ("starttls", 587), "smtps": ("tls", 465),
}  # fmt: skip
"""Scheme to encryption and default port (RFC 8314)."""
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = re.compile(rf"(?P<user>{_ATOM}(\.{_ATOM})*)@(?P<domain>[\w-]+(\.[\w-]+)*)")


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server that takes our messages.

    Attributes:
        security: nothing, STARTTLS that must succeed, or TLS from the first byte.
        sender: the address that messages come from, where the URL names one.
    """

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str | None = None


def parse_smtp_url(url: str) -> SmtpServer:
    """Read ``SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/?from=ADDRESS]``.

    The scheme is ``smtp``, ``smtp+starttls`` or ``smtps``; user and password are percent-encoded.

    Raises:
        ValueError: it cannot be read; the message never quotes it, because it can hold a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ValueError("write smtp://, smtp+starttls:// or smtps:// and a host")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ValueError("after the host and port only ?from=address may follow")
    security, default_port = _SCHEMES[parts.scheme]
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or default_port,  # raises ValueError itself for what is no port
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        sender=_sender(parts.query),
    )


def _sender(query: str) -> str | None:
    if not query:
        return None
    values = parse_qs(query, strict_parsing=True)
    if set(values) != {"from"} or not is_address(values["from"][0]) or len(values["from"]) != 1:
        raise ValueError("the only parameter is from, an e-mail address")
    return values["from"][0]


def is_address(text: str) -> bool:
    """Whether a text is one e-mail address and nothing more."""
    try:
        mail_address(text)
    except ValueError:
        return False
    return True


def mail_address(text: str, display_name: str = "") -> Address:
    """One address for a header: a plain one (RFC 5321, Dot-string), in letters of any script (RFC 6531).

    Raises:
        ValueError: it is none, or more than one.
    """
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError("not an e-mail address")
    return Address(display_name, match["user"], match["domain"])
