"""What every request passes: who calls, how often they may, and that it is told (CV-040 to CV-043)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calltrace.accounts import limits
from calltrace.accounts.audit import Actor
from calltrace.accounts.errors import AddressNotAllowedError, UnauthorizedError
from calltrace.accounts.limits import MINUTE, Allowance
from calltrace.accounts.throttle import place
from calltrace.accounts.usage import Asked
from calltrace.dialects.callcov.caller import Caller, identify
from calltrace.dialects.callcov.errors import CREDENTIALS, too_many
from calltrace.kit.envelope import SECURITY_HEADERS
from calltrace.pipeline.context import Platform

BASE = "/api/v1"
REPLAYED = "Idempotent-Replayed"
"""Header of an answer that was given before."""
_STATE = "callcov.visit"
_SKEW = 2
"""Seconds that this process' clock may differ from the database's for windows to end at whole minutes."""


@dataclass(slots=True)
class Visit:
    """One request: whose it is, or why it is nobody's, and what is left of the limit that it tells of."""

    limit: int
    caller: Caller | None = None
    refusal: UnauthorizedError | AddressNotAllowedError | None = None
    allowance: Allowance | None = None


class Door:
    """Identifies and counts each request before anything else is done with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        platform = cast("Platform", scope["app"].state.platform)
        visit = scope[_STATE] = Visit(platform.settings.callcov_rate_limit)
        path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
        await _identify(platform, scope, path, visit)
        submits = scope["method"] == "POST" and path == f"{BASE}/analysis"
        visit.allowance = await _count(platform, scope, visit, submits=submits)
        if not visit.allowance.allowed:
            await too_many(visit.allowance.reset)(scope, receive, send)
            return
        if visit.caller is None or _is_free(scope["method"], path):
            await self._app(scope, receive, send)
            return
        await self._metered(platform, visit.caller, scope, receive, send)

    async def _metered(
        self, platform: Platform, caller: Caller, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Whatever comes of a request is usage, but an answer that was given before."""
        replayed = False

        async def sending(message: Message) -> None:
            nonlocal replayed
            if message["type"] == "http.response.start":
                replayed = REPLAYED in Headers(raw=message["headers"])
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if not replayed:
                asked = Asked(caller.org_id, "callcov", caller.mode, caller.key_id)
                platform.meter.note(platform.database, asked)


async def _identify(platform: Platform, scope: Scope, path: str, visit: Visit) -> None:
    """Without a credential nobody is asked to be somebody: that is for the operation to require."""
    if path.startswith(f"{BASE}/auth/"):
        return
    try:
        visit.caller = await identify(platform, Headers(scope=scope), _peer(scope))
    except (UnauthorizedError, AddressNotAllowedError) as error:
        visit.refusal = error


async def _count(platform: Platform, scope: Scope, visit: Visit, *, submits: bool) -> Allowance:
    """Count the request; of the two limits the one that refuses is told, else the narrower one.

    A submission that its own limit refuses takes nothing from the other (decisions, rate limits).
    """
    database, settings, caller = platform.database, platform.settings, visit.caller
    subject = caller.subject if caller else ("address", place(_peer(scope)))
    visit.limit = (caller.own_limit if caller else None) or settings.callcov_rate_limit
    narrow = None
    if submits:
        counted = limits.subject("callcov", "submit", *subject)
        narrow = await limits.take(database, counted, settings.callcov_submit_rate_limit)
        if not narrow.allowed:
            return narrow
    wide = await limits.take(database, limits.subject("callcov", *subject), visit.limit)
    return narrow if narrow and wide.allowed else wide


def _is_free(method: str, path: str) -> bool:
    """What is no usage: the list of analyses, and asking for the bill (acceptance CV-101)."""
    return (method == "GET" and path == f"{BASE}/analysis") or path.startswith(f"{BASE}/billing")


def _peer(scope: Scope) -> str | None:
    return scope["client"][0] if scope.get("client") else None


def answer_headers(scope: Scope) -> Mapping[str, str]:
    """What every answer carries: what is left of the limit, and until when (acceptance CV-043)."""
    visit: Visit | None = scope.get(_STATE)
    left = visit.allowance if visit else None
    if visit is None:
        return SECURITY_HEADERS
    told = left or Allowance(visit.limit, MINUTE, 0, MINUTE)  # it could not be counted: the database is away
    return {
        **SECURITY_HEADERS,
        "X-RateLimit-Limit": str(told.limit),
        "X-RateLimit-Remaining": str(told.remaining),
        "X-RateLimit-Reset": str(_end(told.reset)),
    }


def _end(reset: int) -> int:
    """The end of the window in unix seconds: the same for every answer within it, and never over."""
    moment = time.time()
    end = round((moment + reset) / MINUTE) * MINUTE
    if abs(end - moment - reset) > _SKEW or not 0 < end - moment <= MINUTE:
        return int(moment) + min(reset, MINUTE)
    return end


async def get_platform(request: Request) -> Platform:
    """The parts that were built at start."""
    return cast("Platform", request.app.state.platform)


async def get_caller(request: Request) -> Caller:
    """Whoever calls, for operations that are not for everybody.

    Raises:
        UnauthorizedError, AddressNotAllowedError: nobody that may.
    """
    visit: Visit = request.scope[_STATE]
    if visit.caller is None:
        raise visit.refusal or UnauthorizedError(CREDENTIALS)
    return visit.caller


PlatformDep = Annotated[Platform, Depends(get_platform)]
CallerDep = Annotated[Caller, Depends(get_caller)]


async def get_person(caller: CallerDep) -> Caller:
    """A person: keys are refused.

    Raises:
        RefusedError: 403.
    """
    caller.require_person()
    return caller


PersonDep = Annotated[Caller, Depends(get_person)]


async def get_actor(request: Request, caller: CallerDep) -> Actor:
    """The caller as the audit trail names it."""
    return caller.actor(_peer(request.scope), request.scope["request_id"])


ActorDep = Annotated[Actor, Depends(get_actor)]
