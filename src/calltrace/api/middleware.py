"""What happens around every request: an id, security headers, and an answer whatever goes wrong."""

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calltrace.api import throttle
from calltrace.kit.ids import ulid

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
"""For data: nothing that is answered here may ever run as a page of this origin."""


class RequestEnvelope:
    """Gives each request an id, and each answer that id, the security headers and what is left of limits."""

    def __init__(self, app: ASGIApp, on_error: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._on_error = on_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call. An error after the answer has begun breaks the connection off."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = f"req_{ulid()}"
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _complete(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if begun:
                raise
            answer = self._on_error(Request(scope), error)
            await answer(scope, receive, send_with_headers)


def _complete(headers: MutableHeaders, scope: Scope) -> None:
    headers["X-Request-Id"] = scope["request_id"]
    headers.update(throttle.headers(scope))
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
