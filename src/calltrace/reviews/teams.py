"""Teams: agents and the supervisors who lead them; and which agent a user is."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Deed, record
from calltrace.accounts.errors import AlreadyExistsError
from calltrace.accounts.models import User
from calltrace.accounts.sessions import LISTENERS
from calltrace.catalog import queries as catalog
from calltrace.catalog.models import Agent
from calltrace.catalog.service import checked_text, refused
from calltrace.db.conflicts import broken_constraint
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.kit.errors import FieldError, NotFoundError
from calltrace.kit.words import Words
from calltrace.reviews import queries
from calltrace.reviews.models import Team, TeamMember, TeamSupervisor
from calltrace.reviews.who import Who

_NO_AGENT = Words("This organisation has no such agent (any more).")
_LIMITS = {"name": ("name", 200), "external_id": ("externalId", 255)}


@dataclass(frozen=True, slots=True)
class Whole:
    """A team with its people."""

    row: Team
    agent_ids: Sequence[uuid.UUID]
    supervisor_ids: Sequence[uuid.UUID]


async def create(session: AsyncSession, admin: Who, values: Mapping[str, Any]) -> Whole:
    """Make a team of ``name``, ``external_id``, ``agent_ids`` and ``supervisor_ids``.

    Raises:
        ForbiddenError: for owners and admins. InvalidRequestError: naming the field.
        AlreadyExistsError: the external id is taken.
    """
    admin.require_administrator()
    row = Team(org_id=admin.org_id)
    await _write(session, admin, row, {"name": "", **values})
    await record(session, admin.org_id, admin.actor, Deed("team.created", row.id, _facts(values)))
    return await _whole(session, row)


async def change(session: AsyncSession, admin: Who, team_id: uuid.UUID, values: Mapping[str, Any]) -> Whole:
    """Give a team other values; lists of people are replaced as a whole.

    Raises:
        NotFoundError: there is none; and as ``create``.
    """
    admin.require_administrator()
    row = await _find(session, team_id, lock=True)
    await _write(session, admin, row, values)
    await record(session, admin.org_id, admin.actor, Deed("team.updated", row.id, _facts(values)))
    return await _whole(session, row)


async def remove(session: AsyncSession, admin: Who, team_id: uuid.UUID) -> None:
    """Delete a team; its people stay, and its supervisors see their calls no more.

    Raises:
        ForbiddenError: for owners and admins. NotFoundError: there is none.
    """
    admin.require_administrator()
    await session.delete(await _find(session, team_id, lock=True))
    await session.flush()
    await record(session, admin.org_id, admin.actor, Deed("team.deleted", team_id))


async def find(session: AsyncSession, team_id: uuid.UUID) -> Whole:
    """One team.

    Raises:
        NotFoundError: there is none.
    """
    return await _whole(session, await _find(session, team_id))


async def page(session: AsyncSession, names: NameFilter, part: Slice) -> tuple[list[Whole], str | None]:
    """One page of teams, newest first, and the cursor of the next page."""
    found, following = cut(await queries.teams(session, names, part), part.limit, lambda row: row)
    return await _wholes(session, found), following


async def bind(session: AsyncSession, admin: Who, user_id: uuid.UUID, agent_id: uuid.UUID | None) -> User:
    """Say which agent a user is, or that they are none.

    Raises:
        ForbiddenError: for owners and admins. NotFoundError: there is no such user.
        InvalidRequestError: there is no such agent. AlreadyExistsError: another user is that agent.
    """
    admin.require_administrator()
    user = await accounts.locked_user(session, user_id)
    if user is None:
        raise NotFoundError("There is no user with this id.")
    if agent_id is not None and not await catalog.has(session, Agent, agent_id):
        raise refused("agentId", "names no agent that this organisation has", _NO_AGENT)
    user.agent_id = agent_id
    taken = Words("Another user is this agent already.")
    await _flush(session, "uq_users_agent_id", "agentId", taken)
    facts = {"agentId": str(agent_id) if agent_id else None}
    await record(session, admin.org_id, admin.actor, Deed("user.agent_set", user.id, facts))
    return user


async def _find(session: AsyncSession, team_id: uuid.UUID, *, lock: bool = False) -> Team:
    row = await session.get(Team, team_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError("There is no team with this id.")
    return row


async def _write(session: AsyncSession, admin: Who, row: Team, values: Mapping[str, Any]) -> None:
    for name, (shown, longest) in _LIMITS.items():
        if name in values:
            setattr(row, name, checked_text(values[name], shown, longest, optional=name != "name"))
    session.add(row)
    taken = Words("There is a team with this external id already.").where_programs_read(
        "There is a team with this externalId already."
    )
    await _flush(session, "uq_teams_org_id_external_id", "externalId", taken)
    if "agent_ids" in values:
        await _set_agents(session, admin, row, set(values["agent_ids"]))
    if "supervisor_ids" in values:
        await _set_supervisors(session, admin, row, set(values["supervisor_ids"]))
    await session.flush()


async def _set_agents(session: AsyncSession, admin: Who, row: Team, agent_ids: Collection[uuid.UUID]) -> None:
    if await queries.known_agents(session, agent_ids) != set(agent_ids):
        raise refused("agentIds", "names an agent that this organisation does not have", _NO_AGENT)
    await session.execute(delete(TeamMember).where(TeamMember.team_id == row.id))
    session.add_all(TeamMember(org_id=admin.org_id, team_id=row.id, agent_id=one) for one in agent_ids)


async def _set_supervisors(
    session: AsyncSession, admin: Who, row: Team, user_ids: Collection[uuid.UUID]
) -> None:
    found = await queries.known_users(session, user_ids)
    if {one.id for one in found} != set(user_ids) or any(one.role not in LISTENERS for one in found):
        reason = "names somebody who is no supervisor of this organisation"
        raise refused("supervisorIds", reason, Words("Somebody who is chosen leads no team here (any more)."))
    await session.execute(delete(TeamSupervisor).where(TeamSupervisor.team_id == row.id))
    session.add_all(TeamSupervisor(org_id=admin.org_id, team_id=row.id, user_id=one) for one in user_ids)


async def _flush(session: AsyncSession, constraint: str, field: str, detail: str) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if broken_constraint(error) == constraint:
            raise AlreadyExistsError(detail, errors=[FieldError(f"/{field}", detail)]) from error
        raise


async def _whole(session: AsyncSession, row: Team) -> Whole:
    [whole] = await _wholes(session, [row])
    return whole


async def _wholes(session: AsyncSession, rows: Sequence[Team]) -> list[Whole]:
    ids = [row.id for row in rows]
    members, leaders = await queries.team_agents(session, ids), await queries.team_leaders(session, ids)
    return [
        Whole(
            row,
            [one.agent_id for one in members if one.team_id == row.id],
            [one.user_id for one in leaders if one.team_id == row.id],
        )
        for row in rows
    ]


def _facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit trail says: which fields, and who may see whose calls from now on; never a name."""
    people = {
        to_camel(name): sorted(map(str, values[name]))
        for name in ("agent_ids", "supervisor_ids")
        if name in values
    }
    return {"fields": sorted(map(to_camel, values)), **people}
