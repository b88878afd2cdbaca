"""``/api/v1/calls``: that a call took place, and its recording; nothing of what was said (CT-026)."""

import hashlib
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from calltrace.analyses import calls, queries, sound
from calltrace.analyses.calls import CallRecord
from calltrace.analyses.sound import Peaks
from calltrace.api.deps import CallReader, PlatformDep, only_known, path_id
from calltrace.api.filters import LIST_PARAMETERS, ListFilters
from calltrace.api.negotiation import is_known
from calltrace.api.openapi import problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.recordings import AUDIO, PLAYED
from calltrace.api.schemas import Wire
from calltrace.recordings.playing import play

router = APIRouter(prefix="/calls", tags=["Calls"])


PEAKS: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}}}},
    304: {"description": "It is the one that the client has."},
    **problems(401, 403, 404, 500, 503),
}


class CallList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[CallRecord]
    next_cursor: str | None


@router.get("", response_model=CallList, responses=problems(400, 401, 403, 500, 503))
async def list_calls(
    request: Request,
    platform: PlatformDep,
    principal: CallReader,
    filters: ListFilters,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """Calls of the key's organisation, newest first; filters as for analyses."""
    only_known(request, LIST_PARAMETERS)
    wanted = replace(filters, mode=principal.mode)
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await calls.page(session, wanted, cursor=cursor, limit=limit)
    shown = [calls.record(one, platform.links) for one in found]
    return await as_json(
        lambda: {"data": [one.model_dump(mode="json") for one in shown], "nextCursor": following}
    )


@router.get("/{call_id}", responses=problems(401, 403, 404, 500, 503))
async def get_call(call_id: str, platform: PlatformDep, principal: CallReader) -> CallRecord:
    """One call; `callId` is the id of its analysis."""
    async with platform.database.tenant(principal.org_id) as session:
        found = await calls.find(session, path_id(call_id), principal.mode)
    return calls.record(found, platform.links)


@router.head("/{call_id}/recording", include_in_schema=False)
@router.get(
    "/{call_id}/recording",
    response_class=StreamingResponse,
    responses={200: AUDIO, 206: AUDIO, **problems(401, 403, 404, 416, 500, 503)},
)
async def listen_to_call(
    request: Request,
    call_id: str,
    platform: PlatformDep,
    principal: CallReader,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """The recording as it was received, with HTTP ranges."""
    async with platform.database.tenant(principal.org_id) as session:
        found = await calls.find(session, path_id(call_id), principal.mode)
        recording = await queries.recording_of(session, found.id)
    return await play(request, platform.vault, recording, wanted)


@router.head("/{call_id}/playback", include_in_schema=False)
@router.get(
    "/{call_id}/playback",
    response_class=StreamingResponse,
    responses={200: PLAYED, 206: PLAYED, **problems(401, 403, 404, 416, 500, 503)},
)
async def play_call(
    request: Request,
    call_id: str,
    platform: PlatformDep,
    principal: CallReader,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:
    """What every browser plays of the recording, with HTTP ranges: MP3, or AAC where it came so.

    404 `playback_not_there` while the call was not heard yet, and where no such copy could be made; the
    recording as it was received may be there nevertheless.
    """
    async with platform.database.tenant(principal.org_id) as session:
        audio = await sound.playback(session, await calls.find(session, path_id(call_id), principal.mode))
    return await play(request, platform.vault, audio, wanted)


@router.get("/{call_id}/peaks", response_model=Peaks, responses=PEAKS)
async def get_peaks(
    call_id: str,
    platform: PlatformDep,
    principal: CallReader,
    known: Annotated[str | None, Header(alias="If-None-Match")] = None,
) -> Response:
    """The waveform for drawing: the greatest amplitude of each piece, 0 to 1, for each channel.

    404 `waveform_not_there` while the call was not heard yet. It never changes: keep it, and ask again with
    `If-None-Match`.
    """
    async with platform.database.tenant(principal.org_id) as session:
        found = await calls.find(session, path_id(call_id), principal.mode)
        row = await sound.waveform(session, found)
    tag = f'"{hashlib.sha256(row.points).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if is_known(known, tag):
        return Response(status_code=304, headers=headers)
    answer = await as_json(lambda: sound.peaks(found, row).model_dump(mode="json"))
    answer.headers.update(headers)
    return answer
