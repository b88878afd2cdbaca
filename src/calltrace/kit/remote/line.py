"""Calls of a server that answers JSON: each with a time limit for everything, and only so many at once.

What may pass (429 and its ``Retry-After``, RFC 9110 section 10.2.3; 5xx; connections that fail or break) is
tried again; what will stay so is a failure at once. Redirects are not followed: the key and the data go where
the operator says, and nowhere else. Neither the key nor what was sent is ever logged.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import httpx2
import structlog

from calltrace.kit import clock
from calltrace.kit.remote.failure import Failure
from calltrace.kit.remote.manners import Manners
from calltrace.kit.retry_after import asked_for
from calltrace.kit.trust import trusting

_NOT_UNDERSTOOD = {400, 415, 422, 501}
_KEY = {401, 403}
_PASSING = {408, 425, 429}
_LONGEST_WAIT_SECONDS = 30.0
"""A server that wants to be left alone for longer is left to the schedule of the whole job."""
_CONNECT_SECONDS = 10.0
_MOST_BYTES = 16 * 1024 * 1024
_MOST_SAID = 200
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""As OpenSSL says it."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Line:
    """An open line to one server."""

    def __init__(self, manners: Manners, client: httpx2.AsyncClient) -> None:
        self._manners = manners
        self._client = client
        self._free = asyncio.Semaphore(manners.concurrency)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait until one more call may be made."""
        async with self._free:
            yield

    async def post(self, **request: Any) -> object:
        """Send one request, again if what went wrong may pass, and answer the JSON document.

        Args:
            request: the body, as httpx takes it.

        Raises:
            Failure: it came to nothing.
        """
        for wait in (*self._manners.waits, None):
            try:
                return await self._once(request)
            except Failure as failure:
                if failure.trouble != "later":
                    raise
                pause = None if wait is None else max(wait, failure.after)
                log.warning(self._manners.event("call_failed"), trouble=failure.trouble, again_in=pause)
                if pause is None or pause > _LONGEST_WAIT_SECONDS:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("the last try has no wait")

    async def _once(self, request: Mapping[str, Any]) -> object:
        noun, limit = self._manners.noun, self._manners.timeout_seconds
        try:
            async with (
                asyncio.timeout(limit),
                self._client.stream("POST", self._manners.endpoint, **request) as answer,
            ):
                return self._document(answer, await self._body(answer))
        except TimeoutError:
            raise Failure("later", f"The {noun} did not answer within {limit:g} seconds.") from None
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            log.warning(self._manners.event("not_reached"), error=f"{type(error).__name__}: {error}")
            # Without its words, which may hold names of the operator's network: customers read this.
            kind = "its certificate is not trusted" if _UNTRUSTED in str(error) else type(error).__name__
            raise Failure("later", f"The {noun} could not be asked ({kind}).") from error

    async def _body(self, answer: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                said = f"The {self._manners.noun}'s answer is too long for {self._manners.result}."
                raise Failure("unreadable", said)
        return bytes(body)

    def _document(self, answer: httpx2.Response, body: bytes) -> object:
        if answer.status_code != HTTPStatus.OK:
            raise self._refusal(answer, body)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            kind = answer.headers.get("content-type", "").partition(";")[0] or "no content type"
            if kind == "application/json":  # it meant to
                raise Failure("later", f"The {self._manners.noun}'s answer is broken off.") from error
            raise Failure(
                "unreadable",
                f"The {self._manners.noun} answered with {kind} and not with JSON: "
                f"check {self._manners.setting}_URL.",
            ) from error

    def _refusal(self, answer: httpx2.Response, body: bytes) -> Failure:
        status, setting = answer.status_code, self._manners.setting
        said = f"The {self._manners.noun} answered {status}"
        if status in _KEY:  # without its words: some repeat the key in them
            return Failure("key", f"{said}: check {setting}_API_KEY.")
        if answer.is_redirect:
            target = f"set {setting}_URL to its target."
            return Failure("refused", f"{said}, a redirect, which is not followed: {target}")
        said += self._reason(body)
        if status in _NOT_UNDERSTOOD:
            return Failure("not_understood", said)
        if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Failure("later", said, asked_for(answer.headers.get("retry-after"), clock.now()))
        return Failure("refused", said)

    def _reason(self, body: bytes) -> str:
        """The one sentence that servers explain themselves with; lists of details may repeat what we sent."""
        try:
            error: Any = json.loads(body)
        except (ValueError, RecursionError):
            return "."
        for name in ("error", "message", "detail"):
            if isinstance(error, dict):
                error = cast("dict[str, Any]", error).get(name, error)
        if not isinstance(error, str):
            return "."
        key = self._manners.api_key
        text = " ".join((error.replace(key, "…") if key else error).split())
        return f": {text[:_MOST_SAID]}"


@asynccontextmanager
async def calling(manners: Manners) -> AsyncGenerator[Line]:
    """Connections to a server, closed in the end.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """
    headers = {"Authorization": f"Bearer {manners.api_key}"} if manners.api_key else {}
    timeout = httpx2.Timeout(None, connect=_CONNECT_SECONDS)
    async with httpx2.AsyncClient(
        headers=headers, timeout=timeout, follow_redirects=False, verify=trusting(manners.ca_file)
    ) as client:
        yield Line(manners, client)
