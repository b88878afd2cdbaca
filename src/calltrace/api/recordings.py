"""``/api/v1/recordings/{analysisId}``: listening by signed link, with HTTP ranges (RFC 9110, section 14)."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from calltrace.analyses import queries, sound
from calltrace.analyses.models import Analysis
from calltrace.api.deps import PlatformDep, path_id
from calltrace.api.openapi import problems
from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.pipeline.context import Platform
from calltrace.recordings.models import SealedAudio

router = APIRouter(prefix="/recordings", tags=["Recordings"])
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
        super().__init__(f"The recording has {size} bytes.")
        self.headers = {"Content-Range": f"bytes */{size}"}


AUDIO: dict[str, Any] = {"content": {"audio/*": {}}}
PLAYED: dict[str, Any] = {"content": {"audio/mpeg": {}, "audio/mp4": {}}}


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What a recording link carries beside the id."""

    org: UUID
    expires: int
    signature: str


async def signed_link(
    org: Annotated[UUID, Query()],
    expires: Annotated[int, Query(ge=0, le=1 << 40)],
    signature: Annotated[str, Query(max_length=64)],
) -> SignedLink:
    """The link's query parameters."""
    return SignedLink(org, expires, signature)


@router.head("/{analysis_id}", include_in_schema=False)
@router.get(
    "/{analysis_id}",
    response_class=StreamingResponse,
    responses={200: AUDIO, 206: AUDIO, **problems(400, 403, 404, 416, 500, 503)},
)
async def listen(
    request: Request,
    analysis_id: str,
    platform: PlatformDep,
    link: Annotated[SignedLink, Depends(signed_link)],
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """The recording as it was received; the link in ``recordingUrl`` is good for 24 hours."""
    platform.links.verify(link.org, path_id(analysis_id), link.expires, link.signature)
    async with platform.database.tenant(link.org) as session:
        recording = await queries.recording_of(session, path_id(analysis_id))
    return await play(request, platform, recording, wanted)


@router.head("/{analysis_id}/playback", include_in_schema=False)
@router.get(
    "/{analysis_id}/playback",
    response_class=StreamingResponse,
    responses={200: PLAYED, 206: PLAYED, **problems(400, 403, 404, 416, 500, 503)},
)
async def listen_in_a_browser(
    request: Request,
    analysis_id: str,
    platform: PlatformDep,
    link: Annotated[SignedLink, Depends(signed_link)],
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """What every browser plays of the recording; the link in `playbackUrl` is good for 24 hours.

    404 `playback_not_there` while the call was not heard yet, and where no such copy could be made.
    """
    platform.links.verify(link.org, path_id(analysis_id), link.expires, link.signature)
    async with platform.database.tenant(link.org) as session:
        audio = await sound.playback(session, await session.get(Analysis, path_id(analysis_id)))
    return await play(request, platform, audio, wanted)


async def play(
    request: Request, platform: Platform, recording: SealedAudio | None, wanted: str | None
) -> Response:
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
    chunks = platform.vault.read(recording.stored, start, length)
    return StreamingResponse(await _begun(chunks), status, headers, media_type=media)


async def _begun(chunks: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
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
