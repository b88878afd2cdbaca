"""``/calls``: the organisation's calls, newest first, and recordings sent from the browser."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation
from calltrace.accounts import queries as accounts
from calltrace.accounts.billing import near
from calltrace.accounts.models import Organisation
from calltrace.accounts.quotas import Standing
from calltrace.analyses import calls, excerpts, list_queries, views
from calltrace.analyses.excerpts import Excerpt
from calltrace.analyses.models import SavedView
from calltrace.catalog import queries as catalog
from calltrace.db.base import Json, Named
from calltrace.insights import queries as counted
from calltrace.insights import service as insights
from calltrace.kit.cursor import Cursor
from calltrace.kit.ids import as_uuid
from calltrace.web import call_views
from calltrace.web.call_filters import KEPT, LABELS, MODES, STATUSES, Chosen, kept
from calltrace.web.deps import CallsDeskDep, Desk, JudgesDeskDep
from calltrace.web.forms import Mistakes
from calltrace.web.languages import NAMES, language
from calltrace.web.names import name as called
from calltrace.web.pages.saved_views import viewer
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.taking_in import FIELDS, Taken, take_in

PATH = "/calls"
PAGE = 50
MOST_NAMES = 500
"""Agents and queues that a menu offers."""
_LAST = uuid.UUID(int=(1 << 128) - 1)
"""After every call of the same moment."""
_NOTHING = Cursor(datetime.fromtimestamp(0, UTC), _LAST)
"""Where a list stands that shows no call: each one would be new."""
router = APIRouter(prefix=PATH)
Position = Annotated[str | None, Query(max_length=100)]


@router.get("")
async def show_all(
    request: Request, desk: CallsDeskDep, cursor: Position = None, upto: Position = None
) -> Response:
    """Calls of one mode, narrowed down as the address says; unasked, the view that the person begins with.

    ``upto`` leaves out what came in after the newest call that an open list shows.
    """
    if not request.url.query:
        async with desk.transaction() as session:
            first = await views.first(session, viewer(desk))
        if first is not None:
            return RedirectResponse(call_views.address(first), 303)
    return await _list(request, desk, Chosen.of(request.query_params), cursor, upto=upto)


@router.get("/upload")
async def upload_form(request: Request, desk: JudgesDeskDep) -> Response:
    """The same with the form for recordings open: where a form that was refused leads back to."""
    return await _list(request, desk, Chosen.of(request.query_params), uploading=True)


async def _list(
    request: Request, desk: Desk, chosen: Chosen, cursor: str | None = None, *,
    uploading: bool = False, taken: Taken | None = None, upto: str | None = None,
) -> Response:  # fmt: skip
    warned: Sequence[Standing] = ()
    async with desk.open() as (session, reader):
        zone = await organisation.time_zone(session, reader.org_id)
        filters = replace(chosen.filters(zone), agents=reader.agents)
        found, following, sought = await _page(session, filters, cursor or upto)
        queue, project = filters.queue_id, filters.project_id
        choices: dict[str, object] = {
            "agent_choices": named(await catalog.agents_by_name(session, MOST_NAMES, reader.agents)),
            "queue_choices": named(await catalog.queues_by_name(session, MOST_NAMES, [queue])),
            "project_choices": named(await catalog.projects_by_name(session, MOST_NAMES, [project])),
            "heard_choices": _languages(await list_queries.heard_languages(session, chosen.mode)),
            "spoken_choices": _spoken(await accounts.organisation(session, reader.org_id)),
            "status_choices": [(one, called(one)) for one in STATUSES],
            "kept": await _kept(session, chosen),
        }
        choices |= await _views(session, desk, chosen, projects=bool(choices["project_choices"]))
        if reader.administers:
            warned = await near(session, reader.org_id, desk.platform.plans)
    error = taken.error if taken else None
    return page(
        request, "calls/list.html", status=error.status if error else 200, **choices, modes=MODES,
        quotas=warned, reader=reader, calls=found, chosen=chosen, first=cursor is None,
        uploading=uploading or error is not None, sought=sought,
        older=chosen.address(cursor=following) if following else None,
        taken=len(taken.analysis_ids) if taken else 0,
        mistakes=Mistakes.of(error, (*FIELDS, "file"), blamed="file") if error else NO_MISTAKES,
        max_bytes=desk.platform.limits.max_bytes, public_url=desk.platform.public_url,
        **_following(chosen, found, first=cursor is None, upto=upto),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sought:
    """What a search adds to a page: where in each call it was found, and what was not looked at yet."""

    excerpts: Mapping[uuid.UUID, Excerpt]
    looked_until: datetime | None
    behind: bool

    def link(self, call_id: uuid.UUID) -> str:
        """The call, at the first line in which something was found."""
        if (one := self.excerpts.get(call_id)) is None:
            return f"{PATH}/{call_id}"
        return f"{PATH}/{call_id}?{urlencode({'find': one.first})}#seg-{one.segment_id}"


async def _page(
    session: AsyncSession, filters: list_queries.Filters, cursor: str | None
) -> tuple[Sequence[list_queries.Listed], str | None, Sought | None]:
    if filters.text is None:
        return *await calls.listed(session, filters, cursor=cursor, limit=PAGE), None
    after = Cursor.decode(cursor) if cursor else None
    found, hits = await calls.searched(session, filters, after, PAGE)
    places = await excerpts.of_calls(session, filters.text, hits.ids)
    until = hits.after.moment if hits.after and not hits.whole else None
    return found, hits.after and hits.after.encode(), Sought(places, until, hits.behind)


def _following(
    chosen: Chosen, found: Sequence[list_queries.Listed], *, first: bool, upto: str | None
) -> Json:
    """How the page follows: the stream of its calls, on the first also of new ones; and only those shown."""
    live = [one.analysis.id for one in found if one.analysis.status in {"queued", "processing"}]
    ids = "".join(f"&id={one}" for one in live)
    if not first:
        return {"live": live, "events": f"{PATH}/events?{ids[1:]}" if live else "", "same": ""}
    newest = Cursor(found[0].analysis.created_at, _LAST) if found else _NOTHING
    here = upto or newest.encode()
    events = chosen.address(newerThan=here).replace(PATH, f"{PATH}/events", 1) + ids
    return {"live": live, "events": events, "same": chosen.address(upto=here)}


async def _views(
    session: AsyncSession, desk: Desk, chosen: Chosen, *, projects: bool
) -> dict[str, object]:  # fmt: skip
    """The views that the person has, the one that is shown, and its columns."""
    view: SavedView | None = None
    if chosen.view not in {"", call_views.ALL}:
        view = await views.find(session, viewer(desk), as_uuid(chosen.view))
    found = await views.of(session, viewer(desk))
    columns = view.columns if view else [one for one in call_views.USUAL if projects or one != "project"]
    return {
        "views": [(one, call_views.address(one)) for one in found], "view": view,
        "columns": [(name, call_views.COLUMNS[name]) for name in columns if name in call_views.COLUMNS],
        "all_calls": f"/calls?view={call_views.ALL}" if found else "/calls",
        "saving": chosen.address(view="").replace("/calls", "/calls/views/new", 1),
    }  # fmt: skip


async def _kept(session: AsyncSession, chosen: Chosen) -> list[tuple[str, str]]:
    """What figures of insights led to: each in words, and the way to the list without it."""
    said = list[tuple[str, str]]()
    for name, value in chosen.kept.items():
        text = KEPT.get((name, value)) or kept(name, await _name_of(session, name, value))
        said.append((text, chosen.dropping(name)))
    return said


async def _name_of(session: AsyncSession, name: str, value: str) -> str:
    if name == "criterion":
        scorecard, _colon, key = value.partition(":")
        return await insights.criterion_name(session, scorecard, key)
    if name in LABELS and (found := as_uuid(value)):
        return (await counted.names(session, LABELS[name], [found])).get(found, value)
    return value


def named(found: Sequence[Named]) -> list[tuple[str, str]]:
    """What a menu offers."""
    return [(str(one.id), one.name) for one in found]


def _spoken(organisation: Organisation | None) -> list[tuple[str, str]]:
    """The languages that an upload may be in, those of the organisation's calls first."""
    first = organisation.languages if organisation else []
    return [*_languages(first), *_languages(one for one in NAMES if one not in first)]


def _languages(codes: Iterable[str]) -> list[tuple[str, str]]:
    return sorted(((code, language(code)) for code in codes), key=lambda one: one[1])


@router.post("/upload")
async def upload(request: Request, desk: JudgesDeskDep) -> Response:
    """Take in the recordings that a form brings; scripts send theirs to ``/calls/uploads``."""
    taken = await take_in(request, desk)
    if taken.error is not None:
        answer = await _list(request, desk, Chosen(taken.mode, Chosen.of({}).fields), taken=taken)
        answer.headers.update(taken.error.headers)
        return answer
    if len(taken.analysis_ids) == 1:
        return RedirectResponse(f"{PATH}/{taken.analysis_ids[0]}?done=recording-taken", 303)
    mode = "" if taken.mode == "live" else f"mode={taken.mode}&"
    return RedirectResponse(f"{PATH}?{mode}done=recordings-taken", 303)
