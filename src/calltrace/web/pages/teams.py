"""``/admin/teams``: whose calls a supervisor sees, and which agent a person is."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import User
from calltrace.accounts.sessions import LISTENERS
from calltrace.catalog import queries as catalog
from calltrace.catalog.models import Agent
from calltrace.db.listing import NameFilter, Slice
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.reviews import teams
from calltrace.web import judging
from calltrace.web.deps import Desk, DeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import MOST_NAMES, Position
from calltrace.web.render import NO_MISTAKES, page

PATH = "/admin/teams"
PAGE = 100
router = APIRouter(prefix=PATH)
NAMED = 5
"""Of a team's agents, in the list of teams."""
Part = Annotated[str, Query(max_length=200)]
FIELDS = ("name", "agentIds", "supervisorIds")


@router.get("")
async def show_all(request: Request, desk: DeskDep, cursor: Position = None) -> Response:
    """Every team, and everybody who signs in."""
    return await _list(request, desk, cursor)


async def _list(
    request: Request, desk: Desk, cursor: str | None = None, error: CallTraceError | None = None
) -> Response:
    async with desk.transaction() as session:
        part = Slice(Cursor.decode(cursor) if cursor else None, PAGE)
        found, following = await teams.page(session, NameFilter(), part)
        people = await accounts.users(session)
        agents = await catalog.agents_by_name(session, MOST_NAMES)
        named = {one.id: one.name for one in [*agents, *await _others(session, found, people)]}
    return page(
        request, "teams/list.html", status=error.status if error else 200, teams=found, people=people,
        agents=named, emails={one.id: one.email for one in people},
        choices=[(str(one.id), one.name) for one in agents], shown={one.id for one in agents},
        mistakes=Mistakes.of(error, ()) if error else NO_MISTAKES, first=cursor is None,
        older=f"{PATH}?cursor={following}" if following else None,
    )  # fmt: skip


async def _others(
    session: AsyncSession, found: Sequence[teams.Whole], people: Sequence[User]
) -> Sequence[Agent]:
    """The agents that the page names, however many there are beside them."""
    ids = {one.agent_id for one in people if one.agent_id}
    ids |= {agent for team in found for agent in team.agent_ids[:NAMED]}
    return await catalog.agents_by_name(session, len(ids), ids) if ids else []


@router.get("/new")
async def form(request: Request, desk: DeskDep, find: Part = "") -> Response:
    """The form for a new team."""
    return await _form(request, desk, Form({"find": [find]}), None)


async def _form(
    request: Request, desk: Desk, filled: Form, team_id: uuid.UUID | None, error: CallTraceError | None = None
) -> Response:
    async with desk.transaction() as session:
        agents = await catalog.agents_by_name(session, MOST_NAMES, part=filled.text("find"))
        known = {one.id for one in agents}
        unlisted = [one for one in await _members(session, team_id) if one not in known]
        people = [one for one in await accounts.users(session) if one.role in LISTENERS]
    return page(
        request, "teams/form.html", status=error.status if error else 200, form=filled, team_id=team_id,
        agents=agents, people=people, unlisted=len(unlisted), most=MOST_NAMES,
        mistakes=Mistakes.of(error, FIELDS) if error else NO_MISTAKES,
    )  # fmt: skip


async def _members(session: AsyncSession, team_id: uuid.UUID | None) -> Sequence[uuid.UUID]:
    return (await teams.find(session, team_id)).agent_ids if team_id else []


@router.post("/new")
async def create(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Make a team."""
    try:
        async with desk.open() as (session, admin):
            await teams.create(session, admin, _values(form, []))
    except (InvalidRequestError, AlreadyExistsError) as error:
        return await _form(request, desk, form, None, error)
    return RedirectResponse(f"{PATH}?done=team-saved", 303)


@router.get("/{team_id}")
async def show(request: Request, team_id: str, desk: DeskDep, find: Part = "") -> Response:
    """The form to change a team."""
    async with desk.transaction() as session:
        found = await teams.find(session, path_id(team_id))
    filled = {
        "name": [found.row.name], "agentIds": [str(one) for one in found.agent_ids],
        "supervisorIds": [str(one) for one in found.supervisor_ids], "find": [find],
    }  # fmt: skip
    return await _form(request, desk, Form(filled), found.row.id)


@router.post("/{team_id}")
async def change(request: Request, team_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Give a team another name, or other people."""
    found = path_id(team_id)
    try:
        async with desk.open() as (session, admin):
            members = await _members(session, found)
            await teams.change(session, admin, found, _values(form, members))
    except (InvalidRequestError, AlreadyExistsError) as error:
        return await _form(request, desk, form, found, error)
    return RedirectResponse(f"{PATH}?done=team-saved", 303)


def _values(form: Form, members: Sequence[uuid.UUID]) -> Mapping[str, Any]:
    """A team as the form has it: members that it did not list stay."""
    listed = {as_uuid(one) for one in form.lines("listed")}
    agents = [*(one for one in members if one not in listed), *_ids(form, "agentIds")]
    return {
        "name": form.text("name"), "agent_ids": list(dict.fromkeys(agents)),
        "supervisor_ids": _ids(form, "supervisorIds"),
    }  # fmt: skip


def _ids(form: Form, field: str) -> list[uuid.UUID]:
    found = [as_uuid(one) for one in form.every(field)]
    if None in found:
        raise judging.wrong(field, Words("Choose from the list."))
    return [one for one in found if one]


@router.post("/{team_id}/delete")
async def delete(team_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Delete a team; its people stay."""
    async with desk.open() as (session, admin):
        await teams.remove(session, admin, path_id(team_id))
    return RedirectResponse(f"{PATH}?done=team-deleted", 303)


@router.post("/people/{user_id}")
async def bind(request: Request, user_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Say which agent a person is, or that they are none."""
    found, chosen = path_id(user_id), form.text("agent")
    try:
        if chosen and as_uuid(chosen) is None:
            raise judging.wrong("agent", Words("Choose from the list."))
        async with desk.open() as (session, admin):
            await teams.bind(session, admin, found, as_uuid(chosen))
    except (InvalidRequestError, AlreadyExistsError) as error:
        return await _list(request, desk, error=error)
    return RedirectResponse(f"{PATH}?done=person-bound#people", 303)
