"""What every answer of the API carries beside its id."""

from collections.abc import Mapping

from starlette.types import Scope

from calltrace.api import throttle

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
"""For data: nothing that is answered here may ever run as a page of this origin."""


def answer_headers(scope: Scope) -> Mapping[str, str]:
    """The security headers, and what is left of limits."""
    return {**SECURITY_HEADERS, **throttle.headers(scope)}
