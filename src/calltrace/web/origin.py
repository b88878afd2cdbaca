"""Whether a form comes from a page of ours (OWASP's origin check, beside the token in the form)."""

from urllib.parse import urlsplit

from starlette.requests import Request

from calltrace.kit.signatures import same
from calltrace.web.errors import ForgedFormError

_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_origin(request: Request, public_url: str) -> None:
    """Refuse a request that another site, or no page at all, caused.

    Ours is what PUBLIC_URL names, and what the browser itself calls the host that it talks to: an
    installation is also used by its address.

    Raises:
        ForgedFormError: the Origin is missing, hidden or another.
    """
    sent = _origin(request.headers.get("origin", ""))
    ours = {_origin(public_url), _origin(f"{request.url.scheme}://{request.headers.get('host', '')}")}
    if sent is None or sent not in ours:
        raise ForgedFormError("It was not sent from a page of this address. Open the page again and retry.")


def check_token(presented: str, expected: str | None) -> None:
    """Compare a form's token with the session's, in constant time.

    Raises:
        ForgedFormError: they differ.
    """
    if not expected or not same(presented, expected):
        raise ForgedFormError("It belongs to a session that has ended. Open the page again and retry.")


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL (RFC 6454)."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None
