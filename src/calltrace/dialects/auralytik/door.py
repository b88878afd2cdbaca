"""Who may come in: HTTPS, key, address, time, signature, once only, not too often; in this order.

It stands before the routes, so that what is at a path is told to nobody who is not let in.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import cast

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calltrace.accounts import keys, limits, replays, request_secrets
from calltrace.accounts.audit import Actor
from calltrace.accounts.errors import RateLimitedError, UnauthorizedError
from calltrace.accounts.keys import Principal
from calltrace.accounts.limits import Allowance
from calltrace.accounts.models import ApiKey, Contract
from calltrace.accounts.throttle import place
from calltrace.accounts.usage import Asked
from calltrace.dialects.auralytik import signing
from calltrace.dialects.auralytik.errors import (
    HttpsRequiredError,
    SignatureError,
    TimestampExpiredError,
    TooLargeError,
)
from calltrace.dialects.auralytik.problems import render
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError
from calltrace.kit.forwarded import is_loopback
from calltrace.pipeline.context import Platform

CONTRACT: Contract = "auralytik"
SIGNED_PATHS = "/api/v1"
HEALTH = "/health"
MAX_BYTES = 1024 * 1024
FAILED_PER_MINUTE = 300
"""Requests of one address with a bad key or signature."""
_REPEATABLE = frozenset({"GET", "HEAD"})
_CALLER, _ALLOWANCE = "auralytik.caller", "auralytik.allowance"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who was let in, and with what body."""

    principal: Principal
    actor: Actor
    body: bytes


def caller_of(request: Request) -> Caller:
    """Whoever was let in with this request."""
    return cast("Caller", request.scope[_CALLER])


def rate_headers(scope: Scope) -> dict[str, str]:
    """What an answer to somebody who was let in says about the limit."""
    left = cast("Allowance | None", scope.get(_ALLOWANCE))
    if left is None:
        return {}
    return {
        "X-RateLimit-Limit": str(left.limit),
        "X-RateLimit-Remaining": str(left.remaining),
        "X-RateLimit-Reset": str(int(clock.now().timestamp()) + left.reset),
    }


class Door:
    """Lets signed requests pass to what answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            _require_https(request)
            if needs_key(_inner_path(scope)):
                caller = await _let_in(request)
                scope[_CALLER] = caller
                receive = _again(caller.body, receive)
        except CallTraceError as error:
            await render(request, error)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def needs_key(path: str) -> bool:
    """Whether a path is one that only signed requests may ask for."""
    return _within(path, SIGNED_PATHS) and path != SIGNED_PATHS + HEALTH


def _within(path: str, above: str) -> bool:
    return path == above or path.startswith(f"{above}/")


def _inner_path(scope: Scope) -> str:
    return scope["path"].removeprefix(scope.get("root_path", ""))


def _require_https(request: Request) -> None:
    """Acceptance AU-002: in clear only on this machine; what proxies said was believed or not before."""
    peer = request.client.host if request.client else None
    if request.url.scheme != "https" and not is_loopback(peer):
        raise HttpsRequiredError("This API answers over HTTPS only.")


async def _let_in(request: Request) -> Caller:
    """Check everything that can be checked before it is known what is asked for.

    Raises:
        CallTraceError: what is refused first.
    """
    app = cast("FastAPI", request.scope["app"])
    platform = cast("Platform", app.state.platform)
    peer = request.client.host if request.client else None
    try:
        key, body = await _recognised(request, platform, peer)
    except (UnauthorizedError, SignatureError, TimestampExpiredError):
        await _count_failure(platform, peer)
        raise
    await _count(request.scope, platform, key)
    platform.meter.note(platform.database, Asked(key.org_id, CONTRACT, key.mode, key.id))
    await keys.note_use(platform.database, key)
    actor = Actor("api_key", key.prefix, key.id, peer, request.scope["request_id"])
    return Caller(keys.principal_of(key), actor, body)


async def _recognised(request: Request, platform: Platform, peer: str | None) -> tuple[ApiKey, bytes]:
    headers, now = request.headers, clock.now()
    key = await _presented(platform, headers)
    keys.check_address(key, peer)
    timestamp = signing.check_time(headers.get("x-timestamp"), now)
    body = await _body(request)
    sent = request.scope["raw_path"].split(b"?", 1)[0].decode("latin-1")
    texts = (signing.canonical(timestamp, request.method, path, body) for path in signing.paths(sent))
    signature = headers.get("x-signature")
    signing.check_signature(request_secrets.good(key, platform.box, now), signature, texts)
    if request.method not in _REPEATABLE and not await replays.spend(
        platform.database, CONTRACT, key.id, signature
    ):
        raise SignatureError("Signature was already used.")
    return key, body


async def _presented(platform: Platform, headers: Headers) -> ApiKey:
    token = headers.get("x-api-key")
    if not token:
        raise UnauthorizedError("Send the API key as X-Api-Key.")
    return await keys.presented(platform.database, token, CONTRACT)


async def _count_failure(platform: Platform, peer: str | None) -> None:
    """What fails counts for the address, and takes nothing from the key that it may name."""
    counted = limits.subject(CONTRACT, "failed", place(peer if _is_address(peer) else None))
    left = await limits.take(platform.database, counted, FAILED_PER_MINUTE)
    left.require("Too many requests.")


def _is_address(peer: str | None) -> bool:
    try:
        return peer is not None and bool(ip_address(peer))
    except ValueError:
        return False


async def _count(scope: Scope, platform: Platform, key: ApiKey) -> None:
    """Count a request, whatever will become of it.

    Raises:
        RateLimitedError: there were too many in this minute.
    """
    limit = key.rate_limit_per_minute or platform.settings.auralytik_rate_limit
    left = await limits.take(platform.database, limits.subject(CONTRACT, "key", key.id), limit)
    scope[_ALLOWANCE] = left
    if not left.allowed:
        raise RateLimitedError("Too many requests.", left.reset)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            error = TooLargeError(f"A request body has at most {MAX_BYTES} bytes.")
            error.headers = {"Connection": "close"}
            raise error
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more for whoever reads it, then what really comes: that the client hung up."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
