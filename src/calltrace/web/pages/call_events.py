"""``/calls/events``: how far calls on the open page are, as server-sent events by the session's cookie."""

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from calltrace.analyses import queries
from calltrace.analyses.progress_events import progress_events
from calltrace.analyses.watching import Pass, Watchers
from calltrace.kit.event_stream import EventStream
from calltrace.kit.ids import as_uuid
from calltrace.web.deps import CallsDeskDep
from calltrace.web.pages.calls import PAGE, PATH

router = APIRouter(prefix=PATH + "/events")
LONGEST_SECONDS = 300.0
"""Then the browser connects again, and what the person may see is looked up anew."""


@router.get("")
async def follow(
    request: Request, desk: CallsDeskDep,
    wanted: Annotated[list[str], Query(alias="id", min_length=1, max_length=PAGE)],
) -> Response:  # fmt: skip
    """The calls of these ids that the person may see, until all have ended; others are left out."""
    ids = {found for one in wanted if (found := as_uuid(one))}
    async with desk.open() as (session, reader):
        seen = await queries.progress(session, ids, reader.agents)
    by, database = Pass("session", desk.who.session_id), desk.platform.database
    watchers = cast("Watchers", request.app.state.watchers)
    events = progress_events(watchers, database, desk.who.org_id, by, seen, LONGEST_SECONDS)
    return EventStream(events)
