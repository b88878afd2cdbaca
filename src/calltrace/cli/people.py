"""``calltrace users``: the people who sign in."""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, get_args

import typer

from calltrace.accounts import people, queries, service
from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import User, UserRole, UserState
from calltrace.accounts.people import Invitation, Manager
from calltrace.accounts.queries import PersonFilter
from calltrace.accounts.shown import user_as_json
from calltrace.cli.instance import Scope, in_organisation, settings_of
from calltrace.cli.options import OrgOption, choice
from calltrace.cli.output import JsonOption, show_many, show_one
from calltrace.kit.errors import NotFoundError, UsageError
from calltrace.kit.ids import as_uuid
from calltrace.reviews import teams
from calltrace.reviews.who import Who

users = typer.Typer(no_args_is_help=True, help="People who sign in.")
ROLES: tuple[UserRole, ...] = get_args(UserRole)
STATES: tuple[UserState, ...] = get_args(UserState)
PAGE = 200
RoleHelp = "owner, admin, supervisor, reviewer or agent."


@users.command("create")
def create_user(
    context: typer.Context,
    email: str,
    org: OrgOption,
    role: Annotated[str, typer.Option(help=RoleHelp)],
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Create a user; without --password-stdin a password is made up and shown once."""
    chosen = choice(role, ROLES, "--role")
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None

    async def work(scope: Scope) -> dict[str, Any]:
        user, password = await service.create_user(scope.session, scope.org_id, email, chosen, given)
        made_up = {} if given is not None else {"password": password}
        return {"id": str(user.id), "email": user.email, "role": user.role, **made_up}

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@users.command("invite")
def invite_user(
    context: typer.Context,
    email: str,
    org: OrgOption,
    role: Annotated[str, typer.Option(help=RoleHelp)],
    name: Annotated[str, typer.Option(help="As colleagues see it.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Invite somebody by e-mail; the link is also shown, this once."""
    wanted = Invitation(email, choice(role, ROLES, "--role"), name)

    async def work(scope: Scope) -> dict[str, Any]:
        user, link = await people.invite(scope.session, _manager(scope), wanted, scope.platform.public_url)
        return user_as_json(user) | {"link": link}

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@users.command("list")
def list_users(
    context: typer.Context,
    org: OrgOption,
    role: Annotated[str | None, typer.Option(help=RoleHelp)] = None,
    state: Annotated[str | None, typer.Option(help="invited, active or deactivated.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List users of an organisation, newest first."""
    which = PersonFilter(
        role=choice(role, ROLES, "--role") if role is not None else None,
        state=choice(state, STATES, "--state") if state is not None else None,
    )

    async def work(scope: Scope) -> list[dict[str, Any]]:
        found, cursor = list[User](), ""
        while cursor is not None:
            page, cursor = await people.page(scope.session, which, cursor=cursor or None, limit=PAGE)
            found += page
        return [user_as_json(one) for one in found]

    columns = ("id", "email", "name", "role", "state", "agentId", "secondFactor", "lastSeenAt")
    show_many(in_organisation(settings_of(context), org, work), columns, as_json=as_json)


@users.command("set-agent")
def set_agent(
    context: typer.Context,
    email: str,
    org: OrgOption,
    agent: Annotated[
        str | None, typer.Option(help="Id of the agent that this user is; none: no agent.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which agent a user is: with the role agent they see the calls of that agent."""
    agent_id = as_uuid(agent) if agent is not None else None
    if agent is not None and agent_id is None:
        raise UsageError("--agent is the id of an agent; `calltrace agents list` shows it.")

    async def work(scope: Scope) -> dict[str, Any]:
        user = await _find(scope, email)
        bound = await teams.bind(scope.session, Who(scope.org_id, OPERATOR), user.id, agent_id)
        return {"id": str(bound.id), "email": bound.email, "role": bound.role, "agentId": agent}

    show_one(in_organisation(settings_of(context), org, work), as_json=as_json)


@users.command("set-role")
def set_role(
    context: typer.Context,
    email: str,
    org: OrgOption,
    role: Annotated[str, typer.Option(help=RoleHelp)],
    as_json: JsonOption = False,
) -> None:
    """Give a user another role, from the very next request on."""
    values = {"role": choice(role, ROLES, "--role")}

    async def work(scope: Scope, user: User) -> dict[str, Any]:
        return user_as_json(await people.change(scope.session, _manager(scope), user.id, values))

    _to_user(context, org, email, work, as_json=as_json)


@users.command("deactivate")
def deactivate(context: typer.Context, email: str, org: OrgOption, as_json: JsonOption = False) -> None:
    """Let nothing open for a user any more; sessions end at once."""

    async def work(scope: Scope, user: User) -> dict[str, Any]:
        return user_as_json(await people.deactivate(scope.session, _manager(scope), user.id))

    _to_user(context, org, email, work, as_json=as_json)


@users.command("reactivate")
def reactivate(context: typer.Context, email: str, org: OrgOption, as_json: JsonOption = False) -> None:
    """Let a user sign in again, with the password of before."""

    async def work(scope: Scope, user: User) -> dict[str, Any]:
        return user_as_json(await people.reactivate(scope.session, _manager(scope), user.id))

    _to_user(context, org, email, work, as_json=as_json)


@users.command("reset-password")
def reset_password(context: typer.Context, email: str, org: OrgOption, as_json: JsonOption = False) -> None:
    """Send a user a link to a new password; the link is also shown, this once."""

    async def work(scope: Scope, user: User) -> dict[str, Any]:
        found, link = await people.send_reset(
            scope.session, _manager(scope), user.id, scope.platform.public_url
        )
        return user_as_json(found) | {"link": link}

    _to_user(context, org, email, work, as_json=as_json)


@users.command("remove-second-factor")
def remove_second_factor(
    context: typer.Context, email: str, org: OrgOption, as_json: JsonOption = False
) -> None:
    """Take the second factor away from a user who lost it and the recovery codes."""

    async def work(scope: Scope, user: User) -> dict[str, Any]:
        return user_as_json(await people.forget_second_factor(scope.session, _manager(scope), user.id))

    _to_user(context, org, email, work, as_json=as_json)


@users.command("delete")
def delete_user(context: typer.Context, email: str, org: OrgOption, as_json: JsonOption = False) -> None:
    """Delete a user for good; what they did stays under their name."""

    async def work(scope: Scope, user: User) -> dict[str, Any]:
        await people.delete(scope.session, _manager(scope), user.id)
        return {"id": str(user.id), "email": user.email, "deleted": True}

    _to_user(context, org, email, work, as_json=as_json)


Work = Callable[[Scope, User], Awaitable[dict[str, Any]]]


def _to_user(context: typer.Context, org: str, email: str, work: Work, *, as_json: bool) -> None:
    """Do something to one user and show what came of it."""

    async def run(scope: Scope) -> dict[str, Any]:
        return await work(scope, await _find(scope, email))

    show_one(in_organisation(settings_of(context), org, run), as_json=as_json)


def _manager(scope: Scope) -> Manager:
    return people.operator(scope.org_id, OPERATOR)


async def _find(scope: Scope, email: str) -> User:
    user = await queries.user_by_email(scope.session, email)
    if user is None:
        raise NotFoundError(f"There is no user {email!r}.")
    return user
