"""``/api/v1/recordings/{analysisId}``: listening by signed link, with HTTP ranges (RFC 9110, section 14)."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from calltrace.analyses import queries, sound
from calltrace.analyses.models import Analysis
from calltrace.api.deps import PlatformDep, path_id
from calltrace.api.openapi import problems
from calltrace.recordings.playing import play

router = APIRouter(prefix="/recordings", tags=["Recordings"])

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
    return await play(request, platform.vault, recording, wanted)


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
    return await play(request, platform.vault, audio, wanted)
