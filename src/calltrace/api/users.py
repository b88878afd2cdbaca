"""``/api/v1/users``: the people of the organisation, for systems that know who joins and leaves.

A key does what an admin may: it neither makes nor touches owners.
"""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from calltrace.accounts import people
from calltrace.accounts.keys import Principal
from calltrace.accounts.models import UserRole, UserState
from calltrace.accounts.names import LONGEST_EMAIL, LONGEST_NAME
from calltrace.accounts.people import Invitation, Manager
from calltrace.accounts.queries import PersonFilter
from calltrace.accounts.shown import user_as_json
from calltrace.api.body import read_json
from calltrace.api.deps import ActorDep, PlatformDep, live, only_known, path_id, scoped
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position
from calltrace.api.schemas import Wire
from calltrace.kit.storable import Storable
from calltrace.pipeline.context import Platform
from calltrace.reviews import teams
from calltrace.reviews.who import of_key

router = APIRouter(prefix="/users", tags=["Users"])
ONE = "/{user_id}"
LIST_PARAMETERS = frozenset({"email", "role", "state", "limit", "cursor"})
UserReader = Annotated[Principal, Security(scoped("users:read"), scopes=["users:read"])]
UserWriter = Annotated[Principal, Security(live("users:write"), scopes=["users:write"])]
Email = Annotated[str, StringConstraints(min_length=3, max_length=LONGEST_EMAIL)]
PersonName = Annotated[Storable, StringConstraints(max_length=LONGEST_NAME)]
AgentId = Annotated[uuid.UUID, Field(strict=False)]
AGENT = "Which agent of the catalogue the person is; null: none."
LINK = (
    "What was sent to the person, this once: only where the installation has no mail server and somebody has"
    " to hand it over; else null."
)


class UserRequest(Wire):
    """``POST /users``: somebody to be invited."""

    email: Email = Field(examples=["jane@example.com"])
    role: UserRole = Field(examples=["reviewer"])
    name: PersonName | None = Field(None, examples=["Jane Okonkwo"])
    agent_id: AgentId | None = Field(None, description=AGENT)


class UserChanges(Wire):
    """``PATCH /users/{id}``: only what is sent counts."""

    role: UserRole = Field("reviewer", examples=["supervisor"])
    name: PersonName | None = Field(None, examples=["Jane Okonkwo"])
    agent_id: AgentId | None = Field(None, description=AGENT)


class UserDocument(Wire):
    """A person."""

    id: str
    email: str = Field(examples=["jane@example.com"])
    name: str | None = Field(examples=["Jane Okonkwo"])
    role: UserRole
    state: UserState = Field(description="`invited` until a password was chosen.")
    agent_id: str | None = Field(description=AGENT)
    second_factor: bool
    last_seen_at: str | None
    created_at: str
    deactivated_at: str | None


class UserWithLink(UserDocument):
    """A person who was just sent a link."""

    link: str | None = Field(description=LINK, examples=[None])


class UserList(Wire):
    """One page."""

    data: list[UserDocument]
    next_cursor: str | None


def _manager(principal: Principal, actor: ActorDep) -> Manager:
    return people.api_key(principal.org_id, actor)


async def person_filter(
    email: Annotated[Storable | None, Query(max_length=LONGEST_EMAIL, description="Exactly this.")] = None,
    role: Annotated[UserRole | None, Query()] = None,
    state: Annotated[UserState | None, Query()] = None,
) -> PersonFilter:
    """The filters of the list."""
    return PersonFilter(email=email or "", role=role, state=state)


@router.get("", response_model=UserList, responses=problems(400, 401, 403, 500, 503))
async def list_users(
    request: Request,
    platform: PlatformDep,
    principal: UserReader,
    which: Annotated[PersonFilter, Depends(person_filter)],
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """People of the organisation, newest first."""
    only_known(request, LIST_PARAMETERS)
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await people.page(session, which, cursor=cursor, limit=limit)
    return JSONResponse({"data": [user_as_json(one) for one in found], "nextCursor": following})


@router.get(ONE, response_model=UserDocument, responses=problems(401, 403, 404, 500, 503))
async def get_user(user_id: str, platform: PlatformDep, principal: UserReader) -> Response:
    """One person."""
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse(user_as_json(await people.find(session, path_id(user_id))))


@router.post(
    "", status_code=201, response_model=UserWithLink, responses=problems(400, 401, 403, 409, 413, 500, 503),
    openapi_extra=json_body(UserRequest),
)  # fmt: skip
async def invite_user(
    request: Request, platform: PlatformDep, principal: UserWriter, actor: ActorDep
) -> Response:
    """Invite somebody by e-mail: they choose a password by a link that works once, within a week."""
    wanted = await read_json(request, UserRequest)
    async with platform.database.tenant(principal.org_id) as session:
        invitation = Invitation(wanted.email, wanted.role, wanted.name)
        manager = _manager(principal, actor)
        user, link = await people.invite(session, manager, invitation, platform.public_url)
        if wanted.agent_id:
            await teams.bind(session, of_key(principal.org_id, actor, "live"), user.id, wanted.agent_id)
        made = user_as_json(user) | _link(platform, link)
    return JSONResponse(made, 201, headers={"Location": f"{request.url.path}/{user.id}"})


@router.patch(
    ONE, response_model=UserDocument, responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(UserChanges),
)  # fmt: skip
async def change_user(
    user_id: str, request: Request, platform: PlatformDep, principal: UserWriter, actor: ActorDep
) -> Response:
    """Change the fields that are sent. A changed role holds from the person's next request."""
    body = await read_json(request, UserChanges)
    values = {name: getattr(body, name) for name in body.model_fields_set}
    async with platform.database.tenant(principal.org_id) as session:
        user = await people.change(session, _manager(principal, actor), path_id(user_id), values)
        if "agent_id" in values:
            await teams.bind(session, of_key(principal.org_id, actor, "live"), user.id, values["agent_id"])
        return JSONResponse(user_as_json(user))


@router.delete(ONE, status_code=204, responses=problems(401, 403, 404, 409, 500, 503))
async def delete_user(user_id: str, platform: PlatformDep, principal: UserWriter, actor: ActorDep) -> None:
    """Delete a person for good; what they did stays under their name."""
    async with platform.database.tenant(principal.org_id) as session:
        await people.delete(session, _manager(principal, actor), path_id(user_id))


@router.post(
    f"{ONE}/deactivate", response_model=UserDocument, responses=problems(401, 403, 404, 409, 500, 503)
)
async def deactivate_user(
    user_id: str, platform: PlatformDep, principal: UserWriter, actor: ActorDep
) -> Response:
    """Let nothing open for a person any more; every session ends at once."""
    async with platform.database.tenant(principal.org_id) as session:
        manager = _manager(principal, actor)
        return JSONResponse(user_as_json(await people.deactivate(session, manager, path_id(user_id))))


@router.post(
    f"{ONE}/reactivate", response_model=UserDocument, responses=problems(401, 403, 404, 409, 500, 503)
)
async def reactivate_user(
    user_id: str, platform: PlatformDep, principal: UserWriter, actor: ActorDep
) -> Response:
    """Let a person sign in again, with the password of before."""
    async with platform.database.tenant(principal.org_id) as session:
        manager = _manager(principal, actor)
        return JSONResponse(user_as_json(await people.reactivate(session, manager, path_id(user_id))))


@router.post(
    f"{ONE}/reset-password", status_code=202, response_model=UserWithLink,
    responses=problems(401, 403, 404, 409, 500, 503),
)  # fmt: skip
async def reset_user_password(
    user_id: str, platform: PlatformDep, principal: UserWriter, actor: ActorDep
) -> Response:
    """Send a person a link to a new password; the old one stays good until the link is used."""
    async with platform.database.tenant(principal.org_id) as session:
        manager = _manager(principal, actor)
        user, link = await people.send_reset(session, manager, path_id(user_id), platform.public_url)
        return JSONResponse(user_as_json(user) | _link(platform, link), 202)


@router.post(
    f"{ONE}/invite", status_code=202, response_model=UserWithLink,
    responses=problems(401, 403, 404, 409, 500, 503),
)  # fmt: skip
async def invite_user_again(
    user_id: str, platform: PlatformDep, principal: UserWriter, actor: ActorDep
) -> Response:
    """Send the invitation once more; the link of before ends."""
    async with platform.database.tenant(principal.org_id) as session:
        manager = _manager(principal, actor)
        user, link = await people.invite_again(session, manager, path_id(user_id), platform.public_url)
        return JSONResponse(user_as_json(user) | _link(platform, link), 202)


def _link(platform: Platform, link: str) -> dict[str, Any]:
    return {"link": None if platform.settings.smtp_url else link}
