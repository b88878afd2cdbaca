"""What every answer of the API carries beside its id."""

from collections.abc import Mapping

from starlette.types import Scope

from calltrace.api import throttle
from calltrace.kit.envelope import SECURITY_HEADERS


def answer_headers(scope: Scope) -> Mapping[str, str]:
    """The security headers, and what is left of limits."""
    return {**SECURITY_HEADERS, **throttle.headers(scope)}
