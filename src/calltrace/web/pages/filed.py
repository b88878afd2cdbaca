"""``/projects``, ``/campaigns``, ``/call-centers``, ``/engagements``: made once."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts.errors import AlreadyExistsError
from calltrace.analyses import calls, list_queries
from calltrace.analyses.list_queries import Filters
from calltrace.catalog import queries as catalog
from calltrace.catalog import service
from calltrace.catalog.models import CallCenter
from calltrace.conversations import queries as conversations
from calltrace.db.listing import Slice, cut
from calltrace.insights.measures import Figures
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import CallTraceError, InvalidRequestError, NotFoundError
from calltrace.web import filed
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep, path_id
from calltrace.web.filed import SORTS, Sort
from calltrace.web.forms import Form, Mistakes
from calltrace.web.insight_filters import SPLITS
from calltrace.web.pages.calls import MOST_NAMES, Position, named
from calltrace.web.render import NO_MISTAKES, page

PAGE = 50
NEWEST = 10
"""Calls that the page of one shows."""
_LONGEST = 200
_NOBODY = Figures()


def _room(sort: Sort) -> APIRouter:
    """The pages of one sort."""
    room = APIRouter(prefix=sort.path)

    @room.get("")
    async def show_all(request: Request, desk: JudgesDeskDep, cursor: Position = None) -> Response:
        return await _list(request, desk, sort, cursor)

    @room.get("/new")
    async def new(request: Request, desk: JudgesDeskDep) -> Response:
        return await _form(request, desk, sort, Form())

    @room.post("/new")
    async def create(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
        return await _save(request, desk, sort, form)

    @room.get("/{row_id}")
    async def show(request: Request, row_id: str, desk: JudgesDeskDep) -> Response:
        return await _show(request, desk, sort, path_id(row_id))

    @room.get("/{row_id}/edit")
    async def edit(request: Request, row_id: str, desk: JudgesDeskDep) -> Response:
        async with desk.open() as (session, _reader):
            found = await service.find(session, sort.kind, path_id(row_id))
        return await _form(request, desk, sort, filed.filled(sort, found), found.id)

    @room.post("/{row_id}/edit")
    async def change(request: Request, row_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
        return await _save(request, desk, sort, form, path_id(row_id))

    @room.post("/{row_id}/delete")
    async def delete(row_id: str, desk: JudgesDeskDep, _form: PostedDep) -> Response:
        async with desk.open() as (session, admin):
            admin.require_administrator()
            await service.delete(session, admin.actor, sort.kind, path_id(row_id))
        return RedirectResponse(f"{sort.path}?done=filed-deleted", 303)

    return room


def _archive(sort: Sort) -> APIRouter:
    """Putting one away, and taking it out again."""
    room = APIRouter(prefix=sort.path)

    @room.post("/{row_id}/archive")
    async def archive(row_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
        archived = form.text("archived") == "yes"
        async with desk.open() as (session, admin):
            admin.require_administrator()
            row = await service.change(
                session, admin.actor, sort.kind, path_id(row_id), {"archived": archived}
            )
        done = "filed-archived" if archived else "filed-unarchived"
        return RedirectResponse(f"{sort.path}/{row.id}?done={done}", 303)

    return room


router = APIRouter()
for _sort in SORTS:
    router.include_router(_room(_sort))
    if _sort.archives:
        router.include_router(_archive(_sort))


async def _list(request: Request, desk: Desk, sort: Sort, cursor: str | None) -> Response:
    chosen = _chosen(request.query_params, sort)
    wanted = {one.column: chosen[one.name] for one in sort.sieve if chosen[one.name]}
    model, by = sort.kind.model, SPLITS[sort.label]
    types: Sequence[str] = ()
    async with desk.open() as (session, reader):
        part = Slice(Cursor.decode(cursor) if cursor else None, PAGE)
        found = await catalog.found(
            session, model, chosen["name"], wanted, part, archived=bool(chosen.get("archived"))
        )
        rows, following = cut(found, PAGE, lambda one: one)
        sums = await filed.figures(session, reader, sort)
        last = await list_queries.last_calls(session, by, [one.id for one in rows], reader.agents)
        if "type" in sort.has:
            types = await catalog.types(session, model, MOST_NAMES)
        centers = await _centers(session)
    query = {name: value for name, value in chosen.items() if value}
    return page(
        request, "filed/list.html", sort=sort, sorts=SORTS, rows=rows, sums=sums, last=last, reader=reader,
        chosen=chosen, narrowed=bool(query), first=cursor is None, centers=centers, none=_NOBODY,
        choices={one.name: one.choices or [(kind, kind) for kind in types] for one in sort.sieve},
        newest=_address(sort.path, query),
        older=_address(sort.path, query | {"cursor": following}) if following else None,
    )  # fmt: skip


def _chosen(query: Mapping[str, str], sort: Sort) -> Mapping[str, str]:
    """What the list is narrowed down to.

    Raises:
        NotFoundError: a value that no form of ours offers.
    """
    names = ("name", *(one.name for one in sort.sieve), *(("archived",) if sort.archives else ()))
    chosen = {name: query.get(name, "").strip() for name in names}
    strange = any(len(value) > _LONGEST or "\0" in value for value in chosen.values())
    offered = all(
        not one.choices or chosen[one.name] in {"", *dict(one.choices)} for one in sort.sieve
    )  # fmt: skip
    if strange or not offered or chosen.get("archived") not in {None, "", "yes"}:
        raise NotFoundError("There is no such filter.")
    return chosen


def _address(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


async def _centers(session: Any) -> Mapping[str, str]:
    return dict(named(await catalog.by_name(session, CallCenter, MOST_NAMES)))


async def _show(request: Request, desk: Desk, sort: Sort, row_id: uuid.UUID) -> Response:
    async with desk.open() as (session, reader):
        row = await service.find(session, sort.kind, row_id)
        sums = (await filed.figures(session, reader, sort)).get(row.id, _NOBODY)
        wanted = Filters(agents=reader.agents, **{SPLITS[sort.label]: row.id})
        newest, _more = await calls.listed(session, wanted, cursor=None, limit=NEWEST)
        centers = await _centers(session)
        talks = sort.label == "engagement" and await conversations.any_of_engagement(session, row.id)
    return page(
        request, "filed/show.html", sort=sort, sorts=SORTS, row=row, sums=sums, calls=newest, reader=reader,
        centers=centers, shown=filed.filled(sort, row), talks=talks,
    )  # fmt: skip


async def _form(
    request: Request, desk: Desk, sort: Sort, form: Form, row_id: uuid.UUID | None = None,
    error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    async with desk.open() as (session, reader):
        reader.require_administrator()
        centers = await _centers(session)
        row = await service.find(session, sort.kind, row_id) if row_id else None
    names = tuple(one.name for one in sort.entries)
    return page(
        request, "filed/form.html", status=error.status if error else 200, sort=sort, sorts=SORTS, form=form,
        row_id=row_id, centers=list(centers.items()), archived=sort.archives and row and row.archived_at,
        mistakes=Mistakes.of(error, names) if error else NO_MISTAKES,
    )  # fmt: skip


async def _save(
    request: Request, desk: Desk, sort: Sort, form: Form, row_id: uuid.UUID | None = None
) -> Response:
    try:
        async with desk.open() as (session, admin):
            admin.require_administrator()
            if row_id is None:
                values = filed.values(sort, form)
                row = await service.create(session, admin.org_id, admin.actor, sort.kind, values)
            else:
                await service.find(session, sort.kind, row_id)
                values = filed.values(sort, form)
                row = await service.change(session, admin.actor, sort.kind, row_id, values)
    except (InvalidRequestError, AlreadyExistsError) as error:
        return await _form(request, desk, sort, form, row_id, error)
    return RedirectResponse(f"{sort.path}/{row.id}?done=filed-saved", 303)
