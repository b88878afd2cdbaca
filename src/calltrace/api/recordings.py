"""``/api/v1/recordings/{analysisId}``: listening by signed link, with HTTP ranges (RFC 9110, section 14)."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from calltrace.analyses import queries
from calltrace.api.deps import PlatformDep, path_id
from calltrace.api.openapi import problems
from calltrace.recordings.playing import play

router = APIRouter(prefix="/recordings", tags=["Recordings"])

AUDIO: dict[str, Any] = {"content": {"audio/*": {}}}


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
    responses={
        200: {"content": {"audio/*": {}}},
        206: {"content": {"audio/*": {}}},
        **problems(400, 403, 404, 416, 500, 503),
    },
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
