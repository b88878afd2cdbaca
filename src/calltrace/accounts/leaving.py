"""A person who goes for good: credentials die with them, and what only they could answer for."""

import uuid

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries, sessions
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import ApiKey, User
from calltrace.kit import clock


async def is_last_owner(session: AsyncSession, user_id: uuid.UUID) -> bool:
    """Whether the organisation has no other owner; those who change that wait for each other."""
    user = await queries.locked_user(session, user_id)
    if user is None or user.role != "owner":
        return False
    await queries.locked_organisation(session, user.org_id)
    others = select(func.count()).select_from(User).where(User.role == "owner", User.id != user_id)
    return not await session.scalar(others)


async def leave(session: AsyncSession, user_id: uuid.UUID, actor: Actor, *, with_keys: bool) -> None:
    """End everything that opens something for a person, and forget the person.

    Args:
        session: of the organisation.
        user_id: who.
        actor: as the audit trail names them.
        with_keys: revoke every key of the organisation, not only the person's own.
    """
    user = await queries.locked_user(session, user_id)
    if user is None:
        return
    await sessions.end_all(session, user_id)
    revoked = update(ApiKey).where(ApiKey.revoked_at.is_(None)).values(revoked_at=clock.now())
    await session.execute(revoked if with_keys else revoked.where(ApiKey.user_id == user_id))
    await audit.record(session, user.org_id, actor, Deed("user.deleted", user_id, {"role": user.role}))
    await session.delete(user)
    await session.flush()
    if with_keys and not await session.scalar(select(func.count()).select_from(User)):
        organisation = await queries.locked_organisation(session, user.org_id)
        assert organisation is not None
        organisation.name = f"deleted {organisation.id}"  # its name was the person's address
