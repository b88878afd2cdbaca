"""A recording as an HTTP answer, whole or by ranges (RFC 9110, section 14)."""

import re
from collections.abc import AsyncGenerator, AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.kit.words import Words
from calltrace.recordings.models import SealedAudio
from calltrace.recordings.vault import Vault

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)

MEDIA_TYPES = {
    "wav": "audio/wav", "rf64": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "flac": "audio/flac",
    "mp4": "audio/mp4", "matroska": "audio/webm", "webm": "audio/webm", "asf": "audio/x-ms-wma",
    "amr": "audio/amr", "aiff": "audio/aiff", "au": "audio/basic", "aac": "audio/aac",
}  # fmt: skip
"""By what the bytes are, never by what the source called them: that could be a web page."""


class RangeNotSatisfiableError(CallTraceError):
    """The asked range lies outside of the recording."""

    code = "range_not_satisfiable"
    status = 416
    title = "The range is not satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(Words("The recording has %(size)s bytes.", size=size))
        self.headers = {"Content-Range": f"bytes */{size}"}


async def play(request: Request, vault: Vault, recording: SealedAudio | None, wanted: str | None) -> Response:
    """The recording or the range of it that was asked for; to HEAD without its bytes.

    Raises:
        NotFoundError: there is none. RangeNotSatisfiableError: nothing of the range exists.
        UnavailableError: the object store failed.
    """
    if recording is None:
        raise NotFoundError("There is no recording.")
    part = parse_range(wanted, recording.size_bytes)
    headers = _headers(recording, part)
    status, media = 206 if part else 200, MEDIA_TYPES.get(recording.media, "application/octet-stream")
    if request.method == "HEAD":
        return Response(None, status, headers, media_type=media)
    start, length = part or (0, recording.size_bytes)
    chunks = vault.read(recording.stored, start, length)
    return StreamingResponse(await begun(chunks), status, headers, media_type=media)


async def begun(chunks: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    """Read the first piece before anything is answered: what is missing must not look like a 200."""
    first = await anext(chunks, b"")

    async def rest() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return rest()


def parse_range(wanted: str | None, size: int) -> tuple[int, int] | None:
    """First byte and number of bytes that a Range header asks for; ``None`` for everything.

    A header that we do not understand is ignored, as the RFC asks.

    Raises:
        RangeNotSatisfiableError: nothing of the range exists.
    """
    match = _RANGE.fullmatch(wanted.strip()) if wanted else None
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        start, last = max(0, size - int(match[2])), size - 1
    else:
        start, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    if start > last:
        raise RangeNotSatisfiableError(size)
    return start, last - start + 1


def _headers(recording: SealedAudio, part: tuple[int, int] | None) -> dict[str, str]:
    start, length = part or (0, recording.size_bytes)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(length), "Content-Disposition": "inline"}
    if part:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{recording.size_bytes}"
    return headers
