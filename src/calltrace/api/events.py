"""``GET /api/v1/analyses/{id}/events``: progress until the end, as server-sent events (WHATWG HTML, 9.2)."""

from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Header, Request, Response

from calltrace.analyses import watching
from calltrace.analyses.document import Stage, Status
from calltrace.analyses.progress_events import event_id, progress_events
from calltrace.analyses.watching import Pass, Watchers
from calltrace.api.deps import PlatformDep, Reader, path_id
from calltrace.api.openapi import problems
from calltrace.kit.event_stream import EventStream

router = APIRouter(prefix="/analyses", tags=["Analyses"])

PROGRESS: dict[str, Any] = {
    "type": "object",
    "required": ["analysisId"],
    "properties": {
        "analysisId": {"type": "string", "format": "uuid"},
        "status": {"enum": list(get_args(Status))},
        "stage": {"enum": list(get_args(Stage))},
        "percent": {"type": "integer", "minimum": 0, "maximum": 100},
        "error": {"anyOf": [{"$ref": "#/components/schemas/ErrorDocument"}, {"type": "null"}]},
    },
}
EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["event", "id", "data"],
    "properties": {
        "event": {"enum": ["progress", "completed", "failed", "erased"]},
        "id": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": PROGRESS},
        "retry": {"type": "integer", "minimum": 0},
    },
}
"""Of one event: OpenAPI 3.1 has no other place for it."""
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `progress`, then one of `completed`, `failed`, `erased`.",
        "content": {"text/event-stream": {"schema": EVENT}},
    },
    204: {"description": "`Last-Event-ID` names the end: there is nothing more, do not reconnect."},
}


@router.get(
    "/{analysis_id}/events",
    response_class=Response,
    responses={**SHOWN, **problems(401, 403, 404, 500, 503)},
)
async def watch_analysis(
    request: Request,
    analysis_id: str,
    platform: PlatformDep,
    principal: Reader,
    last_event_id: Annotated[str | None, Header(description="Sent by EventSource.")] = None,
) -> Response:
    """Progress until the end, as server-sent events.

    `progress` comes at once and on every change, with `analysisId`, `status`, `stage` and `percent`; then
    `completed` or `failed` with `error` too, or `erased`, and the stream ends. It also ends, without such an
    event, when the key may not be used any more or the server stops: reconnecting tells which.
    """
    async with platform.database.tenant(principal.org_id) as session:
        now = await watching.seen(session, principal, path_id(analysis_id))
    if now.over and last_event_id == event_id(now):
        return Response(status_code=204)
    watchers = cast("Watchers", request.app.state.watchers)
    by = Pass("key", principal.key_id)
    return EventStream(progress_events(watchers, platform.database, principal.org_id, by, [now]))
