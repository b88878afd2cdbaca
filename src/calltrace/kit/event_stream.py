"""Server-sent events (WHATWG HTML, section 9.2)."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, cast

from starlette.responses import StreamingResponse
from starlette.types import Send

HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""No proxy may keep, compress or collect what is to be seen at once."""
HEARTBEAT = ":\n\n"
"""A comment: proxies close what is silent, and a client that is gone is noticed."""
RETRY_MILLISECONDS = 2000
RETRY = f"retry: {RETRY_MILLISECONDS}\n"
"""Begins a stream: how long a browser waits before it connects again."""


class EventStream(StreamingResponse):
    """Ends its source at once when the client is gone."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str]) -> None:
        super().__init__(events, headers=HEADERS)

    async def stream_response(self, send: Send) -> None:
        """Send event by event."""
        async with aclosing(cast("AsyncGenerator[str]", self.body_iterator)):
            await super().stream_response(send)


def frame(event_id: str, event: str, data: Mapping[str, Any]) -> str:
    """One event as it travels."""
    return f"id: {event_id}\nevent: {event}\ndata: {json.dumps(data)}\n\n"
