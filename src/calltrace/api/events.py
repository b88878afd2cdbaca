"""``GET /api/v1/analyses/{id}/events``: progress until the end, as server-sent events (WHATWG HTML, 9.2)."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, cast, get_args

from fastapi import APIRouter, Header, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Send

from calltrace.accounts.keys import Principal
from calltrace.analyses import watching
from calltrace.analyses.document import Stage, Status
from calltrace.analyses.queries import Progress
from calltrace.analyses.watching import End, Watchers
from calltrace.api.deps import PlatformDep, Reader, path_id
from calltrace.api.openapi import problems
from calltrace.db.session import Database

router = APIRouter(prefix="/analyses", tags=["Analyses"])

HEARTBEAT_SECONDS = 15.0
"""A comment this often: proxies close what is silent, and a client that is gone is noticed."""
RETRY_MILLISECONDS = 2000
HEARTBEAT = ":\n\n"
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""No proxy may keep, compress or collect what is to be seen at once."""
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


class EventStream(StreamingResponse):
    """Ends its source at once when the client is gone."""

    media_type = "text/event-stream"

    async def stream_response(self, send: Send) -> None:
        """Send event by event."""
        async with aclosing(cast("AsyncGenerator[str]", self.body_iterator)):
            await super().stream_response(send)


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
    if now.over and last_event_id == _id(now):
        return Response(status_code=204)
    watchers = cast("Watchers", request.app.state.watchers)
    return EventStream(_events(watchers, platform.database, principal, now), headers=HEADERS)


async def _events(
    watchers: Watchers, database: Database, principal: Principal, now: Progress
) -> AsyncGenerator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n{_event(now)}"
    if now.over:
        return
    with watchers.watching(database, principal, now) as watch:
        while True:
            news = await watch.next(HEARTBEAT_SECONDS)
            if news is None:
                yield HEARTBEAT
            elif isinstance(news, Progress):
                yield _event(news)
                if news.over:
                    return
            else:
                if news is End.ERASED:
                    yield _frame("erased", "erased", {"analysisId": str(now.analysis_id)})
                return


def _event(now: Progress) -> str:
    data: dict[str, Any] = {
        "analysisId": str(now.analysis_id), "status": now.status, "stage": now.stage, "percent": now.percent,
    }  # fmt: skip
    if now.over:
        data["error"] = now.error
    return _frame(_id(now), now.status if now.over else "progress", data)


def _id(now: Progress) -> str:
    """The same for the same state, whichever process tells of it."""
    return now.status if now.over else f"{now.attempt}.{now.stage}.{now.percent}"


def _frame(event_id: str, event: str, data: dict[str, Any]) -> str:
    return f"id: {event_id}\nevent: {event}\ndata: {json.dumps(data)}\n\n"
