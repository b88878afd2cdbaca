"""``GET /api/v1/analyses/{id}/transcript``: what was said, as JSON, text or subtitles."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from calltrace.analyses import downloads, read
from calltrace.analyses.downloads import Format
from calltrace.api.deps import PlatformDep, Reader, only_known, path_id
from calltrace.api.negotiation import best
from calltrace.api.openapi import problems
from calltrace.api.problems import NotAcceptableError

router = APIRouter(prefix="/analyses", tags=["Analyses"])

MEDIA_TYPES: dict[str, Format] = {
    "application/json": "json", "text/plain": "txt", "text/vtt": "vtt", "application/x-subrip": "srt",
    "application/srt": "srt", "text/srt": "srt",
}  # fmt: skip
"""What can be accepted, best first; SubRip has no registered type, so its three usual names are known."""
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The transcript in the chosen format.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Transcript"}},
            "text/plain": {"schema": {"type": "string"}},
            "text/vtt": {"schema": {"type": "string"}},
            "application/x-subrip": {"schema": {"type": "string"}},
        },
    }
}  # fmt: skip


@router.get(
    "/{analysis_id}/transcript",
    response_class=Response,
    responses={**SHOWN, **problems(400, 401, 403, 404, 406, 409, 500, 503)},
)
async def get_transcript(
    request: Request,
    analysis_id: str,
    platform: PlatformDep,
    principal: Reader,
    wanted: Annotated[Format | None, Query(alias="format", description="Wins over `Accept`.")] = None,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """What was said: `json` with words and times, `txt`, or subtitles as `srt` and `vtt`.

    The format is chosen by `?format=`, else by `Accept`, else it is JSON. 409 `transcript_not_ready` while
    it may still come; 404 once the analysis has failed without one.
    """
    only_known(request, frozenset({"format"}))
    chosen = wanted or _accepted(accept)
    async with platform.database.tenant(principal.org_id) as session:
        heard = await read.transcript(session, path_id(analysis_id), principal.mode)
    file = await downloads.transcript(heard, chosen)
    return Response(file.content, headers={**file.headers, "Vary": "Accept"})


def _accepted(accept: str | None) -> Format:
    media = best(accept, tuple(MEDIA_TYPES))
    if media is None:
        raise NotAcceptableError(f"A transcript can be had as {', '.join(MEDIA_TYPES)}.")
    return MEDIA_TYPES[media]
