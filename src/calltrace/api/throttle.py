"""Calls per minute, of each key and of each organisation, and telling callers how many are left.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10: ``RateLimit-Policy`` says what the limits
are (``q`` calls in ``w`` seconds), ``RateLimit`` what is left (``r`` calls, all free again in ``t`` seconds).
"""

from collections.abc import Mapping
from typing import cast

from fastapi import Request
from starlette.types import Scope

from calltrace.accounts import limits
from calltrace.accounts.keys import Principal
from calltrace.accounts.limits import Allowance
from calltrace.pipeline.context import Platform

_STATE = "calltrace.allowances"


async def throttle(request: Request, platform: Platform, principal: Principal) -> None:
    """Count a call, whatever will become of it; a limit that is off (0) is not even looked up.

    The key comes first: a key that is refused takes nothing from the others of its organisation.

    Raises:
        RateLimitedError: there were too many calls in this minute.
    """
    settings = platform.settings
    checks = (
        ("key", settings.rate_limit, principal.key_id, "this API key"),
        ("org", settings.org_rate_limit, principal.org_id, "this organisation"),
    )
    allowances: dict[str, Allowance] = request.scope.setdefault(_STATE, {})
    for name, limit, owner, whose in checks:
        if limit:
            left = await limits.take(platform.database, limits.subject("api", name, owner), limit)
            allowances[name] = left
            left.require(f"{limit} calls a minute are possible with {whose}; go on in {left.reset} s.")


def headers(scope: Scope) -> Mapping[str, str]:
    """What an answer says about limits; nothing when they are off, or the caller is not known."""
    allowances = cast("dict[str, Allowance]", scope.get(_STATE, {}))
    if not allowances:
        return {}
    policies = (f'"{name}";q={one.limit};w={one.window}' for name, one in allowances.items())
    left = (f'"{name}";r={one.remaining};t={one.reset}' for name, one in allowances.items())
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
