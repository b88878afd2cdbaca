"""``/admin/users``: the people of the organisation, and inviting them."""

import uuid
from collections.abc import Mapping
from typing import Annotated, cast, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import people
from calltrace.accounts.errors import AlreadyExistsError, ForbiddenError
from calltrace.accounts.models import UserRole, UserState
from calltrace.accounts.people import Invitation
from calltrace.accounts.queries import PersonFilter
from calltrace.catalog import queries as catalog
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.reviews import queries as reviews
from calltrace.reviews import teams
from calltrace.web import once
from calltrace.web.deps import Desk, DeskDep, PostedDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.names import name as called
from calltrace.web.pages.calls import MOST_NAMES, Position
from calltrace.web.render import NO_MISTAKES, page
from calltrace.web.roles import ROLES

PATH = "/admin/users"
PAGE = 50
STATES = get_args(UserState)
router = APIRouter(prefix=PATH)
FIELDS = ("email", "name", "role", "agent")
REFUSED = (InvalidRequestError, AlreadyExistsError, ForbiddenError)
Narrowed = Annotated[str, Query(max_length=200)]


@router.get("")
async def show_all(
    request: Request, desk: DeskDep, text: Narrowed = "", role: Narrowed = "", state: Narrowed = "",
    cursor: Position = None,
) -> Response:  # fmt: skip
    """Everybody who signs in, newest first."""
    chosen = {"text": text.strip(), "role": role, "state": state}
    which = _filter(chosen)
    async with desk.transaction() as session:
        found, following = await people.page(session, which, cursor=cursor, limit=PAGE)
        bound = [one.agent_id for one in found if one.agent_id]
        agents = await catalog.agents_by_name(session, PAGE, bound)
        of_teams = await reviews.teams_of_users(session, [one.id for one in found])
    narrowed = {name: value for name, value in chosen.items() if value}
    return page(
        request, "users/list.html", people=found, agents={one.id: one.name for one in agents},
        teams=of_teams, chosen=chosen, roles=[(one, called(one)) for one in ROLES],
        states=[(one, called(one)) for one in STATES], narrowed=bool(narrowed), first=cursor is None,
        newest=f"{PATH}?{urlencode(narrowed)}",
        older=f"{PATH}?{urlencode({**narrowed, 'cursor': following})}" if following else None,
    )  # fmt: skip


def _filter(chosen: Mapping[str, str]) -> PersonFilter:
    """The filters of the address; what no form of ours offers leads to no page."""
    strange = chosen["role"] not in {"", *ROLES} or chosen["state"] not in {"", *STATES}
    if strange or "\0" in chosen["text"]:
        raise NotFoundError("There is no such filter.")
    role = cast("UserRole", chosen["role"]) if chosen["role"] else None
    state = cast("UserState", chosen["state"]) if chosen["state"] else None
    return PersonFilter(chosen["text"], role, state)


@router.get("/new")
async def form(request: Request, desk: DeskDep) -> Response:
    """The form that invites somebody."""
    return await _form(request, desk, Form({"role": ["reviewer"]}))


async def _form(request: Request, desk: Desk, filled: Form, error: CallTraceError | None = None) -> Response:
    async with desk.transaction() as session:
        agents = await catalog.agents_by_name(session, MOST_NAMES)
    return page(
        request, "users/new.html", status=error.status if error else 200, form=filled,
        roles=offered_roles(desk), choices=[(str(one.id), one.name) for one in agents],
        once=once.ticket(desk.who), mistakes=Mistakes.of(error, FIELDS) if error else NO_MISTAKES,
    )  # fmt: skip


def offered_roles(desk: Desk) -> Mapping[UserRole, str]:
    """The roles that somebody may give: only owners make owners."""
    return {role: text for role, text in ROLES.items() if role != "owner" or desk.who.role == "owner"}


@router.post("/new")
async def invite(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Invite somebody by e-mail; without a mail server the link is shown, this once."""
    try:
        wanted, agent_id = (
            Invitation(form.text("email"), chosen_role(form), form.text("name")),
            chosen_agent(form),
        )
        await once.use(desk.platform.database, desk.who, form.exact("once"))
        async with desk.open() as (session, admin):
            manager = people.person(desk.who, desk.actor)
            user, link = await people.invite(session, manager, wanted, desk.platform.public_url)
            if agent_id:
                await teams.bind(session, admin, user.id, agent_id)
    except REFUSED as error:
        return await _form(request, desk, form, error)
    if desk.platform.settings.smtp_url:
        return RedirectResponse(f"{PATH}?done=person-invited", 303)
    return page(request, "users/link.html", status=201, person=user, link=link, kind="invite")


def chosen_role(form: Form) -> UserRole:
    """The role that was chosen.

    Raises:
        InvalidRequestError: none of ours.
    """
    role = form.text("role")
    if role not in ROLES:
        raise _wrong("role", Words("Choose a role."))
    return cast("UserRole", role)


def chosen_agent(form: Form) -> uuid.UUID | None:
    """The agent that was chosen, if one was.

    Raises:
        InvalidRequestError: no id.
    """
    text = form.text("agent")
    found = as_uuid(text) if text else None
    if text and found is None:
        raise _wrong("agent", Words("Choose from the list."))
    return found


def _wrong(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])
