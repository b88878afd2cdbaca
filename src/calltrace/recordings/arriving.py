"""The body of a request as it comes, and not for ever."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.requests import ClientDisconnect, Request

from calltrace.recordings.errors import UploadInterruptedError

IDLE_SECONDS = 60.0
"""How long a sending client may be silent: it would hold memory for ever otherwise."""


async def arriving(request: Request, idle_seconds: float) -> AsyncGenerator[bytes]:
    """The body as it comes.

    Raises:
        UploadInterruptedError: the client hung up, or said nothing for too long.
    """
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except (ClientDisconnect, TimeoutError):
            raise UploadInterruptedError("The body ended in the middle; ask where to go on.") from None
        yield chunk
