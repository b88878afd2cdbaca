"""A strict reader of https URLs: RFC 3986 without its freedoms.

One reading only, and the parts that were judged are the parts that are used: nothing downstream parses
the URL again.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from calltrace.kit.outbound.addresses import IPAddress, judge_endpoint
from calltrace.kit.outbound.errors import UrlBlockedError, UrlNotHttpsError
from calltrace.kit.outbound.hosts import judge_host
from calltrace.kit.outbound.policy import HIGHEST_PORT, HTTPS_PORT, OutboundPolicy
from calltrace.kit.words import Words

_LONGEST_URL = 8192
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_URL = re.compile(r"(?i:https)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]@:]+)(?::(?P<port>[0-9]{0,5}))?")
_KEPT_IN_PATH = "%/:@!$&'()*+,;=-._~"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?[]"


@dataclass(frozen=True, slots=True)
class ParsedTarget:
    """A URL that was judged.

    Attributes:
        host: ASCII name, lower case, or address without brackets.
        address: the address when the URL names one literally; it was judged already.
        port: TCP port.
        target: path and query as they go on the wire.
    """

    host: str
    address: IPAddress | None
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The value of the ``Host`` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == HTTPS_PORT else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in canonical form, without fragment."""
        return f"https://{self.authority}{self.target}"


def judge_url(url: str, policy: OutboundPolicy) -> ParsedTarget:
    """Read ``url`` or refuse it; pure, no look-up is made.

    A name's port is checked here only as far as it can be: inside the ranges that the operator opened any
    port is good, and where a name leads is known later.

    Raises:
        UrlNotHttpsError: another scheme, or none.
        UrlBlockedError: malformed, ambiguous, user info, a forbidden address or port.
    """
    if not url[:6].lower() == "https:":
        raise UrlNotHttpsError("The URL must start with https://")
    _check_characters(url)
    match = _URL.fullmatch(url)
    if match is None:
        raise UrlBlockedError("The URL must start with https:// and a host")
    host, address, port = _authority(match["authority"])
    _check_ambiguity(match["path"], url)
    target = ParsedTarget(host, address, port, _target(match["path"], match["query"] or ""))
    _check_endpoint(target, policy)
    return target


def follow(base: ParsedTarget, location: str, policy: OutboundPolicy) -> ParsedTarget:
    """The target of a redirect from ``base``, judged from scratch.

    Raises:
        UrlNotHttpsError, UrlBlockedError: as in ``judge_url``.
    """
    _check_characters(location)
    if _SCHEME.match(location):
        return judge_url(location, policy)
    if location.startswith("//"):
        return judge_url(f"https:{location}", policy)
    if location.startswith("/"):  # as it is: urljoin would tidy the path, and signatures cover every slash
        return judge_url(f"https://{base.authority}{location}", policy)
    return judge_url(urljoin(base.url, location), policy)


def _check_characters(url: str) -> None:
    if len(url) > _LONGEST_URL:
        raise UrlBlockedError(
            Words("The URL is longer than %(longest_url)s characters", longest_url=_LONGEST_URL)
        )
    if "\\" in url or any(char.isspace() or unicodedata.category(char)[0] == "C" for char in url):
        raise UrlBlockedError("The URL has white space, control characters or backslashes in it")


def _authority(text: str) -> tuple[str, IPAddress | None, int]:
    if "@" in text:
        raise UrlBlockedError("The URL must not carry a user name or password")
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise UrlBlockedError("The host and port of the URL cannot be read")
    host, address = judge_host(match["host"])
    port = int(match["port"] or HTTPS_PORT)
    if not 0 < port <= HIGHEST_PORT:
        raise UrlBlockedError("There is no such port")
    return host, address, port


def _check_ambiguity(path: str, url: str) -> None:
    # "https://one?@two/" names the host "one", yet careless parsers have connected to "two".
    if not path and "@" in url:
        raise UrlBlockedError("The URL can be read in two ways: put a / after the host")


def _target(path: str, query: str) -> str:
    return quote(path or "/", safe=_KEPT_IN_PATH) + quote(query, safe=_KEPT_IN_QUERY)


def _check_endpoint(target: ParsedTarget, policy: OutboundPolicy) -> None:
    if target.address is not None:
        allowed = judge_endpoint(target.address, target.port, policy)
    else:
        allowed = target.port in policy.ports or bool(policy.allow_cidrs and target.port)
    if not allowed:
        raise UrlBlockedError("The URL leads to an address or a port that is not allowed")
