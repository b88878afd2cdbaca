"""Verbs on the people of an organisation: invite, change, send away and take back.

| who acts | may |
|---|---|
| an owner | everything, but not to the own role and access |
| an admin, an API key | everything to whoever is no owner, and make no owner |
| the command line | everything |

An organisation keeps one owner who can sign in, whoever acts.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import codes, links, queries, second_factor, service, sessions
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.errors import ForbiddenError, LastOwnerError, OwnAccountError, UserStateError
from calltrace.accounts.models import User, UserRole
from calltrace.accounts.names import checked_email, checked_name
from calltrace.accounts.queries import PersonFilter
from calltrace.accounts.sessions import ADMINISTRATORS, SignedIn
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Manager:
    """Somebody who manages people.

    Attributes:
        role: of the person; ``None`` for the command line, ``admin`` for an API key.
        user_id: of the person.
        name: as those who are invited read it.
    """

    org_id: uuid.UUID
    actor: Actor
    role: UserRole | None
    user_id: uuid.UUID | None = None
    name: str = "The operator"

    @property
    def commands_owners(self) -> bool:
        """Whether owners may be made, changed and sent away."""
        return self.role in {None, "owner"}


def person(who: SignedIn, actor: Actor) -> Manager:
    """Somebody who is signed in.

    Raises:
        ForbiddenError: neither owner nor admin.
    """
    if who.role not in ADMINISTRATORS:
        raise ForbiddenError("This is for owners and admins. Ask one of yours.")
    return Manager(who.org_id, actor, who.role, who.user_id, who.name or who.email)


def api_key(org_id: uuid.UUID, actor: Actor) -> Manager:
    """An API key, which may do what an admin may."""
    return Manager(org_id, actor, "admin", name="An administrator")


def operator(org_id: uuid.UUID, actor: Actor) -> Manager:
    """The command line."""
    return Manager(org_id, actor, None)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is invited, and as what."""

    email: str
    role: UserRole
    name: str | None = None


async def page(
    session: AsyncSession, which: PersonFilter, *, cursor: str | None, limit: int
) -> tuple[Sequence[User], str | None]:
    """One page of people, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    found = await queries.people(session, which, after, limit + 1)
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Cursor(last.created_at, last.id).encode()


async def find(session: AsyncSession, user_id: uuid.UUID) -> User:
    """One person.

    Raises:
        NotFoundError: there is none with this id.
    """
    found = await queries.user(session, user_id)
    if found is None:
        raise NotFoundError("There is no user with this id.")
    return found


async def invite(
    session: AsyncSession, manager: Manager, wanted: Invitation, public_url: str
) -> tuple[User, str]:
    """Write down a person who has no password yet, and send the link to choose one; answers both.

    Raises:
        InvalidRequestError: naming the field. AlreadyExistsError: the address is taken.
        ForbiddenError: only owners make owners.
    """
    _may_make(manager, wanted.role)
    email, name = checked_email(wanted.email), checked_name(wanted.name)
    user = await service.add_user(
        session, User(org_id=manager.org_id, email=email, role=wanted.role, name=name)
    )
    link = await links.send_invitation(session, user, manager.name, public_url)
    await _record(session, manager, "user.invited", user, {"email": user.email, "role": user.role})
    return user, link


async def invite_again(
    session: AsyncSession, manager: Manager, user_id: uuid.UUID, public_url: str
) -> tuple[User, str]:
    """Send a fresh link to somebody who has not accepted yet; the one of before ends.

    Raises:
        UserStateError: the person has a password, or was deactivated; and as ``change``.
    """
    user = await _taken(session, manager, user_id)
    if user.state != "invited":
        raise UserStateError("The invitation was accepted already, or the person was deactivated.")
    link = await links.send_invitation(session, user, manager.name, public_url)
    await _record(session, manager, "user.invited_again", user)
    return user, link


async def send_reset(
    session: AsyncSession, manager: Manager, user_id: uuid.UUID, public_url: str
) -> tuple[User, str]:
    """Send somebody a link to a new password; the old one stays good until it is used.

    Raises:
        UserStateError: the person was deactivated, or has not accepted the invitation; and as ``change``.
    """
    user = await _taken(session, manager, user_id)
    if user.state != "active":
        raise UserStateError("Only somebody who can sign in is sent a link to a new password.")
    link = await links.send_reset(session, user, public_url)
    await _record(session, manager, "user.reset_sent", user)
    return user, link


async def change(
    session: AsyncSession, manager: Manager, user_id: uuid.UUID, values: Mapping[str, Any]
) -> User:
    """Give a person another ``name`` or ``role``. A changed role holds from the person's next request.

    Raises:
        NotFoundError: there is no such person. InvalidRequestError: naming the field.
        ForbiddenError: only owners make and change owners. OwnAccountError: it is the own role.
        LastOwnerError: nobody else is an owner who can sign in.
    """
    user = await _taken(session, manager, user_id)
    name = checked_name(values["name"]) if "name" in values else user.name
    if name != user.name:
        user.name = name
        await _record(session, manager, "user.updated", user, {"fields": ["name"]})
    before, role = user.role, values.get("role", user.role)
    if role != before:
        _may_make(manager, role)
        _not_oneself(manager, user, "Nobody changes the own role: another owner or admin can.")
        await _keep_an_owner(session, user)
        user.role = role
        await _record(session, manager, "user.role_changed", user, {"from": before, "to": role})
    await session.flush()
    return user


async def deactivate(session: AsyncSession, manager: Manager, user_id: uuid.UUID) -> User:
    """Let nothing open for a person any more, from the very next request on. Again is not an error.

    Raises:
        as ``change``.
    """
    user = await _taken(session, manager, user_id)
    if user.deactivated_at is not None:
        return user
    _not_oneself(manager, user, "Nobody deactivates the own account: another owner or admin can.")
    await _keep_an_owner(session, user)
    user.deactivated_at = clock.now()
    ended = await sessions.end_all(session, user.id)
    await codes.withdraw(session, user.id)
    await _record(session, manager, "user.deactivated", user, {"sessionsEnded": ended})
    return user


async def reactivate(session: AsyncSession, manager: Manager, user_id: uuid.UUID) -> User:
    """Let a person sign in again, with the password and the second factor of before.

    Raises:
        as ``change``.
    """
    user = await _taken(session, manager, user_id)
    if user.deactivated_at is not None:
        user.deactivated_at = None
        await _record(session, manager, "user.reactivated", user)
    return user


async def end_sessions(session: AsyncSession, manager: Manager, user_id: uuid.UUID) -> int:
    """Sign a person out everywhere; answers in how many places that was.

    Raises:
        as ``change``.
    """
    user = await _taken(session, manager, user_id)
    ended = await sessions.end_all(session, user.id)
    await _record(session, manager, "user.sessions_ended", user, {"sessionsEnded": ended})
    return ended


async def forget_second_factor(session: AsyncSession, manager: Manager, user_id: uuid.UUID) -> User:
    """Take the second factor away from somebody who lost it and the recovery codes.

    Raises:
        OwnAccountError: the own one is taken away on the own page, with the password; and as ``change``.
    """
    user = await _taken(session, manager, user_id)
    _not_oneself(manager, user, "Your own second factor is on the page of your account.")
    if user.sealed_totp is not None:
        second_factor.forget(user)
        await _record(session, manager, "user.second_factor_removed", user)
    return user


async def delete(session: AsyncSession, manager: Manager, user_id: uuid.UUID) -> None:
    """Delete a person for good. What they did stays under their name: in reviews and in the audit trail.

    Raises:
        as ``change``.
    """
    user = await _taken(session, manager, user_id)
    _not_oneself(manager, user, "Nobody deletes the own account: another owner or admin can.")
    await _keep_an_owner(session, user)
    await _record(session, manager, "user.deleted", user, {"email": user.email, "role": user.role})
    await session.delete(user)
    await session.flush()


async def _taken(session: AsyncSession, manager: Manager, user_id: uuid.UUID) -> User:
    """The person, locked, after the organisation: of two who demote one another, the second one waits."""
    await queries.locked_organisation(session, manager.org_id)
    user = await queries.locked_user(session, user_id)
    if user is None:
        raise NotFoundError("There is no user with this id.")
    if user.role == "owner" and not manager.commands_owners:
        raise ForbiddenError("Only owners manage owners. Ask one of yours.")
    return user


def _may_make(manager: Manager, role: UserRole) -> None:
    if role == "owner" and not manager.commands_owners:
        raise ForbiddenError("Only owners make owners. Ask one of yours.")


def _not_oneself(manager: Manager, user: User, detail: str) -> None:
    if manager.user_id == user.id:
        raise OwnAccountError(detail)


async def _keep_an_owner(session: AsyncSession, user: User) -> None:
    counts = user.role == "owner" and user.state == "active"
    if counts and await queries.active_owners(session) <= 1:
        raise LastOwnerError("Make somebody else an owner first: an organisation keeps one who can sign in.")


async def _record(
    session: AsyncSession, manager: Manager, action: str, user: User, details: dict[str, Any] | None = None
) -> None:
    await record(session, manager.org_id, manager.actor, Deed(action, user.id, details or {}))
