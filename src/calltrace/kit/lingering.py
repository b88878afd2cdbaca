"""Refusing a request whose body is still on its way, so that the client gets to read why.

Closing a connection while data waits unread makes the operating system reset it, and the answer is lost with
it (RFC 9112, section 9.6): after the answer, a little more is read and thrown away.
"""

import asyncio
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_SECONDS = 2.0
_NOTHING: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class LingeringRefusals:
    """Holds the end of an answer that closes its connection until the client has stopped sending."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        closing = ended = False

        async def receive_and_note() -> Message:
            nonlocal ended
            message = await receive()
            ended = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_and_linger(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start":
                closing = Headers(raw=message["headers"]).get("connection") == "close"
            elif closing and not message.get("more_body", False):
                await send({**message, "more_body": True})
                with suppress(TimeoutError):
                    async with asyncio.timeout(LINGER_SECONDS):
                        while not ended:
                            await receive_and_note()
                message = _NOTHING
            await send(message)

        await self._app(scope, receive_and_note, send_and_linger)
