"""Long lists as JSON, sent as they are read: a page of transcripts can be hundreds of megabytes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from starlette.responses import Response, StreamingResponse

AT_ONCE = 20
"""So many entries are in memory together."""

T = TypeVar("T")
_JSON = "application/json"


async def json_list(
    chosen: Sequence[T], write: Callable[[Sequence[T]], Awaitable[bytes]], before: bytes, after: bytes
) -> Response:
    """The entries that were chosen, between two pieces of JSON.

    Args:
        chosen: what says which, such as ids.
        write: reads some of them and writes their JSON with commas between, or nothing if all are gone.
        before: what the answer begins with, up to and with ``[``.
        after: what it ends with, from ``]`` on.

    Raises:
        whatever ``write`` raises for the first ones; what it raises later cuts the answer off.
    """
    pieces = _pieces(chosen, write)
    first = await anext(pieces, b"")  # what goes wrong at once is still told as an error

    async def whole() -> AsyncIterator[bytes]:
        yield before + first
        async for piece in pieces:
            yield piece
        yield after

    if len(chosen) > AT_ONCE:
        return StreamingResponse(whole(), media_type=_JSON)
    return Response(b"".join([piece async for piece in whole()]), media_type=_JSON)


async def _pieces(
    chosen: Sequence[T], write: Callable[[Sequence[T]], Awaitable[bytes]]
) -> AsyncIterator[bytes]:
    begun = False
    for first in range(0, len(chosen), AT_ONCE):
        piece = await write(chosen[first : first + AT_ONCE])
        if piece:
            yield b"," + piece if begun else piece
            begun = True
