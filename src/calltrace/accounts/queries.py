"""Every SELECT on organisations, users, their sessions, API keys and the audit trail."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, literal, or_, select, tuple_
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import ApiKey, AuditEntry, Organisation, User, WebSession
from calltrace.kit.cursor import Cursor
from calltrace.kit.ids import as_uuid

_PRESENTED_KEY = select(ApiKey).from_statement(sql("SELECT * FROM presented_key(:hash)"))
"""Columns are found by their names: their order in a table is an accident of its history."""


async def organisation_by_id_or_name(session: AsyncSession, text: str) -> Organisation | None:
    """An organisation by its id or its exact name (operator session)."""
    match = or_(Organisation.name == text, Organisation.id == as_uuid(text))
    return await session.scalar(select(Organisation).where(match))


async def organisations(session: AsyncSession) -> Sequence[Organisation]:
    """All organisations, oldest first (operator session)."""
    return (await session.scalars(select(Organisation).order_by(Organisation.created_at))).all()


async def organisation(session: AsyncSession, org_id: uuid.UUID) -> Organisation | None:
    """The organisation by its id."""
    return await session.scalar(select(Organisation).where(Organisation.id == org_id))


async def time_zone(session: AsyncSession, org_id: uuid.UUID) -> str | None:
    """The time zone of an organisation."""
    return await session.scalar(select(Organisation.time_zone).where(Organisation.id == org_id))


async def locked_organisation(session: AsyncSession, org_id: uuid.UUID) -> Organisation | None:
    """The organisation, locked: what must be decided one at a time within it waits here."""
    query = select(Organisation).where(Organisation.id == org_id)
    return await session.scalar(query.with_for_update(key_share=True))


async def presented_key(session: AsyncSession, token_hash: str) -> ApiKey | None:
    """The key whose hash is presented; whoever knows it may, so no organisation is needed."""
    return await session.scalar(_PRESENTED_KEY, {"hash": token_hash})


async def keys(session: AsyncSession) -> Sequence[ApiKey]:
    """All keys of the organisation, newest first."""
    return (await session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc()))).all()


async def usable_keys(session: AsyncSession, key_ids: Collection[uuid.UUID], now: datetime) -> set[uuid.UUID]:
    """Which of some keys of the organisation are neither revoked nor expired."""
    unexpired = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    query = select(ApiKey.id).where(ApiKey.id.in_(key_ids), ApiKey.revoked_at.is_(None), unexpired)
    return set((await session.scalars(query)).all())


async def key_by_id_or_prefix(session: AsyncSession, text: str) -> Sequence[ApiKey]:
    """Keys of the organisation that an id, a name or a prefix names."""
    match = or_(ApiKey.id == as_uuid(text), ApiKey.prefix == text, ApiKey.name == text)
    return (await session.scalars(select(ApiKey).where(match))).all()


async def user_by_email(session: AsyncSession, email: str) -> User | None:
    """A user by e-mail address, letter case ignored."""
    return await session.scalar(select(User).where(func.lower(User.email) == email.lower()))


async def users(session: AsyncSession) -> Sequence[User]:
    """All users of the organisation, oldest first."""
    return (await session.scalars(select(User).order_by(User.created_at))).all()


async def administrators(session: AsyncSession) -> Sequence[User]:
    """The owners and admins of the organisation, oldest first."""
    query = select(User).where(User.role.in_(("owner", "admin")))
    return (await session.scalars(query.order_by(User.created_at))).all()


async def audit_entries(session: AsyncSession, after: Cursor | None, limit: int) -> Sequence[AuditEntry]:
    """The next entries of the audit trail after a cursor, newest first."""
    query = select(AuditEntry)
    if after:
        position = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(AuditEntry.created_at, AuditEntry.id) < position)
    query = query.order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def deeds_on(session: AsyncSession, target_id: object, begins: str, limit: int) -> Sequence[AuditEntry]:
    """The newest ``limit`` entries of the audit trail about one thing, newest first.

    Args:
        session: of the organisation.
        target_id: what was done something to.
        begins: how the actions begin, as ``scorecard.``.
        limit: how many.
    """
    query = select(AuditEntry).where(AuditEntry.target_id == str(target_id))
    query = query.where(AuditEntry.action.startswith(begins, autoescape=True))
    newest = query.order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc())
    return (await session.scalars(newest.limit(limit))).all()


async def user(session: AsyncSession, user_id: uuid.UUID) -> User | None:
    """A user by id."""
    return await session.scalar(select(User).where(User.id == user_id))


async def locked_user(session: AsyncSession, user_id: uuid.UUID) -> User | None:
    """A user by id, fresh, and held until the transaction ends."""
    query = select(User).where(User.id == user_id).with_for_update()
    return await session.scalar(query, execution_options={"populate_existing": True})


async def presented_session(session: AsyncSession, session_hash: str) -> WebSession | None:
    """The session whose token's hash is presented."""
    return await session.scalar(select(WebSession).where(WebSession.token_hash == session_hash))


async def sessions_of(session: AsyncSession, user_id: uuid.UUID) -> Sequence[WebSession]:
    """Sessions of a user that were not revoked, last used first."""
    own = (WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
    return (
        await session.scalars(select(WebSession).where(*own).order_by(WebSession.last_seen_at.desc()))
    ).all()


async def session_of(session: AsyncSession, user_id: uuid.UUID, session_id: uuid.UUID) -> WebSession | None:
    """One session of a user."""
    own = (WebSession.user_id == user_id, WebSession.id == session_id)
    return await session.scalar(select(WebSession).where(*own))
