"""``/admin/users/{id}``: one person, and what can be done with their access."""

import uuid
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import people, sessions
from calltrace.accounts.errors import LastOwnerError, OwnAccountError, UserStateError
from calltrace.accounts.models import User
from calltrace.accounts.people import Manager
from calltrace.catalog import queries as catalog
from calltrace.kit.errors import CallTraceError
from calltrace.reviews import queries as reviews
from calltrace.reviews import teams
from calltrace.web import once
from calltrace.web.deps import Desk, DeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages import people as all_people
from calltrace.web.pages.calls import MOST_NAMES
from calltrace.web.pages.people import PATH, chosen_agent, chosen_role, offered_roles
from calltrace.web.render import NO_MISTAKES, page

router = APIRouter(prefix=f"{PATH}/{{user_id}}")
_REFUSED = (*all_people.REFUSED, OwnAccountError, LastOwnerError, UserStateError)
Verb = Callable[[AsyncSession, Manager, uuid.UUID], Awaitable[object]]
Sending = Callable[[AsyncSession, Manager, uuid.UUID, str], Awaitable[tuple[User, str]]]


@router.get("")
async def show(request: Request, user_id: str, desk: DeskDep) -> Response:
    """Who it is, and what can be changed."""
    return await _show(request, desk, path_id(user_id))


async def _show(
    request: Request, desk: Desk, user_id: uuid.UUID, filled: Form | None = None,
    error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    async with desk.transaction() as session:
        user = await people.find(session, user_id)
        agents = await catalog.agents_by_name(session, MOST_NAMES)
        of_teams = await reviews.teams_of_users(session, [user.id])
        living = await sessions.living(session, user.id)
    form = filled or Form(
        {"name": [user.name or ""], "role": [user.role], "agent": [str(user.agent_id or "")]}
    )
    return page(
        request, "users/show.html", status=error.status if error else 200, person=user, form=form,
        roles=offered_roles(desk), choices=[(str(one.id), one.name) for one in agents],
        teams=of_teams.get(user.id, ()), sessions=living, own=user.id == desk.who.user_id,
        untouchable=user.role == "owner" and desk.who.role != "owner", once=once.ticket(desk.who),
        mistakes=Mistakes.of(error, all_people.FIELDS) if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("")
async def change(request: Request, user_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Give a person another name or role, or say which agent they are."""
    found = path_id(user_id)
    try:
        async with desk.open() as (session, admin):
            values = {"name": form.text("name")}
            if form.text("role"):  # the own role is not offered
                values["role"] = chosen_role(form)
            user = await people.change(session, people.person(desk.who, desk.actor), found, values)
            agent_id = chosen_agent(form)
            if agent_id != user.agent_id:
                await teams.bind(session, admin, found, agent_id)
    except _REFUSED as error:
        return await _show(request, desk, found, form, error)
    return RedirectResponse(f"{PATH}/{found}?done=person-saved", 303)


@router.post("/invite")
async def invite(request: Request, user_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Send the invitation once more."""
    return await _send(request, user_id, desk, form, people.invite_again)


@router.post("/reset-password")
async def reset_password(request: Request, user_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Send a link to a new password."""
    return await _send(request, user_id, desk, form, people.send_reset)


async def _send(request: Request, user_id: str, desk: Desk, form: Form, send: Sending) -> Response:
    """Send a link; without a mail server it is shown, this once."""
    found = path_id(user_id)
    async with desk.transaction() as session:
        await people.find(session, found)
    try:
        await once.use(desk.platform.database, desk.who, form.exact("once"))
        async with desk.transaction() as session:
            manager = people.person(desk.who, desk.actor)
            user, link = await send(session, manager, found, desk.platform.public_url)
    except _REFUSED as error:
        return await _show(request, desk, found, error=error)
    kind = "invite" if send is people.invite_again else "reset"
    if desk.platform.settings.smtp_url:
        done = "person-invited" if kind == "invite" else "reset-sent"
        return RedirectResponse(f"{PATH}/{found}?done={done}", 303)
    return page(request, "users/link.html", status=201, person=user, link=link, kind=kind)


@router.get("/deactivate")
async def ask_deactivate(request: Request, user_id: str, desk: DeskDep) -> Response:
    """What deactivating does."""
    return await _ask(request, user_id, desk, "users/deactivate.html")


@router.post("/deactivate")
async def deactivate(request: Request, user_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Let nothing open for the person any more."""
    return await _do(request, user_id, desk, people.deactivate, "person-deactivated")


@router.post("/reactivate")
async def reactivate(request: Request, user_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Let the person sign in again."""
    return await _do(request, user_id, desk, people.reactivate, "person-reactivated")


@router.post("/end-sessions")
async def end_sessions(request: Request, user_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Sign the person out everywhere."""
    return await _do(request, user_id, desk, people.end_sessions, "person-signed-out")


@router.post("/second-factor")
async def remove_second_factor(request: Request, user_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Take the second factor away from somebody who lost it."""
    return await _do(request, user_id, desk, people.forget_second_factor, "second-factor-removed")


@router.get("/delete")
async def ask_delete(request: Request, user_id: str, desk: DeskDep) -> Response:
    """Whether it is really meant: it cannot be undone."""
    return await _ask(request, user_id, desk, "users/delete.html")


@router.post("/delete")
async def delete(request: Request, user_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Delete the person."""
    return await _do(request, user_id, desk, people.delete, "person-deleted", gone=True)


async def _ask(request: Request, user_id: str, desk: Desk, template: str) -> Response:
    async with desk.transaction() as session:
        user = await people.find(session, path_id(user_id))
    return page(request, template, person=user)


async def _do(
    request: Request, user_id: str, desk: Desk, verb: Verb, done: str, *, gone: bool = False
) -> Response:
    found = path_id(user_id)
    try:
        async with desk.transaction() as session:
            await verb(session, people.person(desk.who, desk.actor), found)
    except _REFUSED as error:
        return await _show(request, desk, found, error=error)
    return RedirectResponse(f"{PATH if gone else f'{PATH}/{found}'}?done={done}", 303)
