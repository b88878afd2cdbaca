"""``/calls/events``: how far calls on the open page are, as server-sent events by the session's cookie."""

from dataclasses import replace
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from calltrace.accounts import organisation
from calltrace.analyses import queries, search
from calltrace.analyses.progress_events import progress_events
from calltrace.analyses.watching import Coming, Pass, Watchers
from calltrace.kit.cursor import Cursor
from calltrace.kit.event_stream import EventStream
from calltrace.kit.ids import as_uuid
from calltrace.web.call_filters import Chosen
from calltrace.web.deps import CallsDeskDep
from calltrace.web.pages.calls import PAGE, PATH

router = APIRouter(prefix=PATH + "/events")
LONGEST_SECONDS = 300.0
"""Then the browser connects again, and what the person may see is looked up anew."""


@router.get("")
async def follow(
    request: Request, desk: CallsDeskDep,
    wanted: Annotated[list[str], Query(alias="id", max_length=PAGE)] = [],  # noqa: B006 - read only
    than: Annotated[str | None, Query(alias="newerThan", max_length=100)] = None,
) -> Response:  # fmt: skip
    """The calls of these ids that the person may see, until all have ended; others are left out.

    With ``newerThan``, and what a list is narrowed down to, also how many calls it would show before that.
    """
    ids = {found for one in wanted if (found := as_uuid(one))}
    cursor = Cursor.decode(than) if than else None
    async with desk.open() as (session, reader):
        seen = await queries.progress(session, ids, reader.agents)
        zone = await organisation.time_zone(session, reader.org_id)
        filters = replace(Chosen.of(request.query_params).filters(zone), agents=reader.agents)
        filters = await search.meant(session, filters)
    by, database = Pass("session", desk.who.session_id), desk.platform.database
    watchers = cast("Watchers", request.app.state.watchers)
    coming = Coming(filters, cursor) if cursor else None
    org_id, seconds = desk.who.org_id, LONGEST_SECONDS
    return EventStream(progress_events(watchers, database, org_id, by, seen, seconds=seconds, coming=coming))
