"""What happens around every HTTP request: an id, headers on every answer, an answer whatever goes wrong."""

from collections.abc import Callable, Mapping

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from calltrace.kit.ids import ulid

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
}
"""For data: nothing that is answered here may ever run as a page of this origin."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class RequestEnvelope:
    """Gives each request an id, and each answer that id and the headers that it does not set itself.

    Args:
        app: what answers.
        on_error: makes the answer when it fails.
        headers: what every answer carries unless it says otherwise.
    """

    def __init__(
        self,
        app: ASGIApp,
        on_error: Callable[[Request, Exception], Response],
        headers: Callable[[Scope], Mapping[str, str]],
    ) -> None:
        self._app = app
        self._on_error = on_error
        self._headers = headers

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
                self._complete(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("client_hung_up", request_id=scope["request_id"])  # nobody is there to be answered
        except Exception as error:
            if begun:
                raise
            answer = self._on_error(Request(scope), error)
            await answer(scope, receive, send_with_headers)

    def _complete(self, headers: MutableHeaders, scope: Scope) -> None:
        headers["X-Request-Id"] = scope["request_id"]
        for name, value in self._headers(scope).items():
            headers.setdefault(name, value)
