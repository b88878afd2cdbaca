"""A person who goes for good: credentials die with them, and what only they could answer for."""

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries, sessions
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import ApiKey, User
from calltrace.kit import clock

_REVOKED = update(ApiKey).where(ApiKey.revoked_at.is_(None))


async def is_last_owner(session: AsyncSession, user_id: uuid.UUID) -> bool:
    """Whether nobody else is an owner who can sign in; those who change that wait for each other."""
    user = await _taken(session, user_id)
    if user is None or user.role != "owner":
        return False
    return await queries.active_owners(session) <= int(user.state == "active")


async def _taken(session: AsyncSession, user_id: uuid.UUID) -> User | None:
    """The person, locked, after the organisation: in the order in which people are managed."""
    known = await queries.user(session, user_id)
    if known is None:
        return None
    await queries.locked_organisation(session, known.org_id)
    return await queries.locked_user(session, user_id)


async def close(session: AsyncSession, user_id: uuid.UUID) -> None:
    """Before everything is erased: no key of the organisation brings in more, and the person is signed out.

    The person stays until all is gone, and can go on when something breaks off.
    """
    await sessions.end_all(session, user_id)
    await session.execute(_REVOKED.values(revoked_at=clock.now()))


async def leave(session: AsyncSession, user_id: uuid.UUID, actor: Actor, *, with_keys: bool) -> None:
    """End everything that opens something for a person, and forget the person.

    Args:
        session: of the organisation.
        user_id: who.
        actor: as the audit trail names them.
        with_keys: revoke every key of the organisation, not only the person's own.
    """
    user = await _taken(session, user_id)
    if user is None:
        return
    await sessions.end_all(session, user_id)
    revoked = _REVOKED.values(revoked_at=clock.now())
    await session.execute(revoked if with_keys else revoked.where(ApiKey.user_id == user_id))
    await audit.record(session, user.org_id, actor, Deed("user.deleted", user_id, {"role": user.role}))
    await session.delete(user)
    await session.flush()
    left = select(func.count()).select_from(User).where(User.deactivated_at.is_(None))
    if with_keys and not await session.scalar(left):
        organisation = await queries.locked_organisation(session, user.org_id)
        assert organisation is not None
        organisation.name = f"deleted {organisation.id}"  # its name was the person's address
