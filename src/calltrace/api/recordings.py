"""``/api/v1/recordings/{analysisId}``: listening by signed link, with HTTP ranges (RFC 9110, section 14)."""

import re
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from calltrace.analyses import queries
from calltrace.api.analyses import problems
from calltrace.api.deps import PlatformDep, path_id
from calltrace.kit.errors import CallTraceError, NotFoundError
from calltrace.recordings.models import Recording

router = APIRouter(prefix="/recordings", tags=["Recordings"])
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class RangeNotSatisfiableError(CallTraceError):
    """The asked range lies outside of the recording."""

    code = "range_not_satisfiable"
    status = 416
    title = "The range is not satisfiable"


@router.get(
    "/{analysis_id}",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"audio/*": {}}},
        206: {"content": {"audio/*": {}}},
        **problems(403, 404, 416),
    },
)
async def listen(
    analysis_id: str,
    platform: PlatformDep,
    org: Annotated[UUID, Query()],
    expires: Annotated[int, Query()],
    signature: Annotated[str, Query(max_length=64)],
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> StreamingResponse:
    """The recording as it was received; the link in ``recordingUrl`` is good for 24 hours."""
    platform.links.verify(org, path_id(analysis_id), expires, signature)
    async with platform.database.tenant(org) as session:
        recording = await queries.recording_of(session, path_id(analysis_id))
    if recording is None:
        raise NotFoundError("There is no recording.")
    part = parse_range(wanted, recording.size_bytes)
    start, length = part or (0, recording.size_bytes)
    return _answer(recording, part, platform.vault.read(recording.stored, start, length))


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
        raise RangeNotSatisfiableError(f"The recording has {size} bytes.")
    return start, last - start + 1


def _answer(
    recording: Recording, part: tuple[int, int] | None, chunks: AsyncIterator[bytes]
) -> StreamingResponse:
    start, length = part or (0, recording.size_bytes)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(length), "Content-Disposition": "inline"}
    if part:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{recording.size_bytes}"
    media = recording.content_type or "application/octet-stream"
    return StreamingResponse(chunks, 206 if part else 200, headers, media_type=media)
