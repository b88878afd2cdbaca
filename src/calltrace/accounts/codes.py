"""Codes in links to people: an invitation, a forgotten password, an address to be confirmed.

A code is 256 random bits and works once, for one purpose, for a while; only its hash is kept. Whoever
presents one is counted first, and a new code of a kind ends the ones of before.
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries, throttle
from calltrace.accounts.errors import CodeRefusedError
from calltrace.accounts.models import AccountCode, CodeKind, User
from calltrace.db.clock import database_now
from calltrace.db.session import Database, enter

LIFETIMES: Mapping[CodeKind, timedelta] = {
    "invite": timedelta(days=7), "reset": timedelta(hours=1), "verify": timedelta(hours=24),
}  # fmt: skip
KEPT = timedelta(days=30)
"""How long a code that is over can still be told from one that never was."""
_BYTES = 32
_REFUSED = "This link was used before, is too old, or was replaced by a newer one."


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose code it is."""

    org_id: uuid.UUID
    user_id: uuid.UUID
    email: str
    name: str | None


def code_hash(kind: CodeKind, code: str) -> str:
    """SHA-256, hex, of a code for one purpose; for another it is another hash, which nobody has."""
    return hashlib.sha256(f"{kind}:{code}".encode()).hexdigest()


async def issue(session: AsyncSession, user: User, kind: CodeKind) -> str:
    """Make a code for a person and answer it: the only time that it is known. Earlier ones end.

    Args:
        session: of the organisation.
        user: whose.
        kind: what it is good for, and so for how long (LIFETIMES).
    """
    await withdraw(session, user.id, kind)
    code, now = secrets.token_urlsafe(_BYTES), await database_now(session)
    session.add(
        AccountCode(
            org_id=user.org_id, user_id=user.id, kind=kind, code_hash=code_hash(kind, code),
            expires_at=now + LIFETIMES[kind],
        )
    )  # fmt: skip
    await session.flush()
    return code


async def withdraw(session: AsyncSession, user_id: uuid.UUID, kind: CodeKind | None = None) -> None:
    """End the codes of a person that were not used, of one kind or of all."""
    open_ones = delete(AccountCode).where(AccountCode.user_id == user_id, AccountCode.used_at.is_(None))
    await session.execute(open_ones if kind is None else open_ones.where(AccountCode.kind == kind))


async def holder(database: Database, kind: CodeKind, code: str, peer: str | None) -> Holder:
    """Whose code this is, without using it. In a transaction of its own, after counting the try.

    Args:
        database: where codes are kept.
        kind: what it is presented for.
        code: what was presented.
        peer: IP address of whoever presents it.

    Raises:
        CodeRefusedError: it is unknown, used, too old, for something else, or of somebody deactivated.
        RateLimitedError: too many were tried from there.
    """
    await throttle.code_attempt(database, peer)
    hashed = code_hash(kind, code)
    async with database.presenting(hashed) as session:
        found = await queries.presented_code(session, hashed)
        if found is None:
            raise CodeRefusedError(_REFUSED)
        await enter(session, found.org_id)
        user = _checked(found, await queries.user(session, found.user_id), await database_now(session))
        return Holder(user.org_id, user.id, user.email, user.name)


async def use(session: AsyncSession, kind: CodeKind, code: str) -> User:
    """Use a code up and answer its person, locked: of several at once, one gets here.

    Args:
        session: of the organisation that ``holder`` answered.
        kind: what it is presented for.
        code: what was presented.

    Raises:
        CodeRefusedError: it is not good, or not any more.
    """
    found = await queries.locked_code(session, code_hash(kind, code))
    if found is None:
        raise CodeRefusedError(_REFUSED)
    now = await database_now(session)
    user = _checked(found, await queries.locked_user(session, found.user_id), now)
    found.used_at = now
    return user


def _checked(found: AccountCode, user: User | None, now: datetime) -> User:
    over = found.used_at is not None or found.expires_at <= now
    if over or user is None or user.deactivated_at is not None:
        raise CodeRefusedError(_REFUSED)
    return user


async def forget(session: AsyncSession) -> None:
    """Delete the codes that are over for long (operator session)."""
    await session.execute(delete(AccountCode).where(AccountCode.expires_at < func.clock_timestamp() - KEPT))
