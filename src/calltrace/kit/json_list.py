"""Long lists as JSON, sent as they are read: a page of transcripts can be hundreds of megabytes."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from starlette.responses import Response, StreamingResponse

T = TypeVar("T")
_JSON = "application/json"


async def json_list(
    chosen: Sequence[T],
    write: Callable[[Sequence[T]], Awaitable[bytes]],
    before: bytes,
    after: bytes,
    *,
    at_once: int,
) -> Response:
    """The entries that were chosen, between two pieces of JSON.

    Args:
        chosen: what says which, such as ids.
        write: reads some of them and writes their JSON with commas between, or nothing if all are gone.
        before: what the answer begins with, up to and with ``[``.
        after: what it ends with, from ``]`` on.
        at_once: how many are in memory together; a list that is no longer is sent whole.

    Raises:
        whatever ``write`` raises for the first ones; what it raises later cuts the answer off.
    """
    pieces = _pieces(chosen, write, at_once)
    first = await anext(pieces, b"")  # what goes wrong at once is still told as an error

    async def whole() -> AsyncIterator[bytes]:
        yield before + first
        async for piece in pieces:
            yield piece
        yield after

    if len(chosen) > at_once:
        return StreamingResponse(whole(), media_type=_JSON)
    return Response(b"".join([piece async for piece in whole()]), media_type=_JSON)


async def _pieces(
    chosen: Sequence[T], write: Callable[[Sequence[T]], Awaitable[bytes]], at_once: int
) -> AsyncIterator[bytes]:
    begun = False
    for first in range(0, len(chosen), at_once):
        piece = await write(chosen[first : first + at_once])
        if piece:
            yield b"," + piece if begun else piece
            begun = True
