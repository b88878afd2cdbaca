"""``GET /api/v1/analyses/{id}/transcript``: what was said, as JSON, text or subtitles."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response

from calltrace.analyses import read
from calltrace.api.attachments import attachment
from calltrace.api.deps import PlatformDep, Reader, only_known, path_id
from calltrace.api.negotiation import best
from calltrace.api.openapi import problems
from calltrace.api.problems import NotAcceptableError
from calltrace.speech.formats import to_srt, to_txt, to_vtt
from calltrace.speech.transcript import Transcript

router = APIRouter(prefix="/analyses", tags=["Analyses"])

Format = Literal["json", "txt", "srt", "vtt"]
MEDIA_TYPES: dict[str, Format] = {
    "application/json": "json", "text/plain": "txt", "text/vtt": "vtt", "application/x-subrip": "srt",
    "application/srt": "srt", "text/srt": "srt",
}  # fmt: skip
"""What can be accepted, best first; SubRip has no registered type, so its three usual names are known."""
CONTENT_TYPES: dict[Format, str] = {
    "json": "application/json", "txt": "text/plain; charset=utf-8", "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
}  # fmt: skip
WRITERS: dict[Format, Callable[[Transcript], str]] = {"txt": to_txt, "srt": to_srt, "vtt": to_vtt}
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
    name = attachment(heard.file_name, f"transcript-{heard.analysis_id}", chosen)
    headers = {"Content-Disposition": name, "Vary": "Accept", "Content-Type": CONTENT_TYPES[chosen]}
    content = await asyncio.to_thread(_written, heard.document, chosen)
    return Response(content, headers=headers)


def _accepted(accept: str | None) -> Format:
    media = best(accept, tuple(MEDIA_TYPES))
    if media is None:
        raise NotAcceptableError(f"A transcript can be had as {', '.join(MEDIA_TYPES)}.")
    return MEDIA_TYPES[media]


def _written(document: str, chosen: Format) -> str:
    """In a thread: a transcript of hours must not hold up other requests."""
    return document if chosen == "json" else WRITERS[chosen](Transcript.model_validate_json(document))
