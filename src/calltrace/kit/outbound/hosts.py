"""Host names of a URL, read in one way only: what two parsers could read differently is refused."""

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from calltrace.kit.outbound.addresses import IPAddress
from calltrace.kit.outbound.errors import UrlBlockedError

_LONGEST_NAME = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that some resolver takes for (a part of) an IPv4 address: decimal, octal, hexadecimal."""


def judge_host(text: str) -> tuple[str, IPAddress | None]:
    """The host in ASCII lower case without brackets or a root dot, and the address if it is a literal.

    Raises:
        UrlBlockedError: not a host name or a canonical address.
    """
    if text.startswith("["):
        return _ipv6(text)
    name = _ascii(text).removesuffix(".")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(text)
    if len(name) > _LONGEST_NAME or not all(_is_label(label) for label in name.split(".")):
        raise UrlBlockedError("The host is not a valid name")
    return name, None


def _ipv6(text: str) -> tuple[str, IPAddress]:
    try:
        address = IPv6Address(text[1:-1])
    except AddressValueError as error:
        raise UrlBlockedError("The host is not a valid IPv6 address") from error
    if not text.endswith("]") or address.scope_id is not None:
        raise UrlBlockedError("An IPv6 address in a URL needs both brackets and takes no zone")
    return str(address), address


def _ipv4(text: str) -> tuple[str, IPAddress]:
    # The text as it came, not as IDNA maps it: digits of other scripts are no way to write an address.
    try:
        address = IPv4Address(text) if text.isascii() else None
    except AddressValueError:
        address = None
    if address is None:
        raise UrlBlockedError("The host looks like an IPv4 address but is not four plain decimal numbers")
    return str(address), address


def _ascii(text: str) -> str:
    """Strict IDNA 2008 (RFC 5891): lower case is the only mapping.

    The full UTS 46 mapping would turn characters that look like others (full-width digits, circled
    letters, other full stops, a long s) into ASCII, and parsers disagree about which.
    """
    if text.isascii():
        return text.lower()
    try:
        if any(_turns_ascii(char) for char in text):
            raise UrlBlockedError("The host has characters that only look like ASCII letters")
        return idna.encode(unicodedata.normalize("NFC", text.lower()), strict=True).decode("ascii")
    except UnicodeError as error:
        raise UrlBlockedError("The host is not a valid international name") from error


def _turns_ascii(char: str) -> bool:
    """For example the Kelvin sign, whose lower case is a plain k."""
    lowered = unicodedata.normalize("NFC", char.lower())
    return not char.isascii() and any(part.isascii() for part in lowered)


def _is_label(label: str) -> bool:
    return bool(_LABEL.fullmatch(label)) and (not label.startswith("xn--") or _is_punycode(label))


def _is_punycode(label: str) -> bool:
    try:
        return idna.alabel(idna.ulabel(label)).decode("ascii") == label
    except UnicodeError:
        return False
