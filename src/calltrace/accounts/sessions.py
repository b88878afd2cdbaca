"""Sessions of people in the web UI; they are no credential of the API (acceptance CT-003)."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import delete, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import RefreshToken, User, UserRole, WebSession
from calltrace.accounts.tokens import hash_token
from calltrace.db.session import Database, enter
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError

IDLE = timedelta(hours=12)
"""A session that nobody used for so long is over: a working day with its breaks."""
LIFETIME = timedelta(days=7)
"""However much it is used, after this a person signs in again."""
ADMINISTRATORS: frozenset[UserRole] = frozenset({"owner", "admin"})
LISTENERS: frozenset[UserRole] = frozenset({"owner", "admin", "supervisor", "reviewer"})
KEPT = timedelta(days=30)
"""How long a session that is over can still be looked up by its id in the audit trail."""
_SEEN_RESOLUTION = timedelta(minutes=1)
_TOKEN_BYTES = 32
_LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from: IP address and what the browser calls itself."""

    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, as of this request: a changed role holds from the very next one.

    ``owes_second_factor`` while the organisation asks for a second factor and the person has none; a provider
    of single sign-on asks for its own.
    """

    org_id: uuid.UUID
    user_id: uuid.UUID
    email: str
    role: UserRole
    session_id: uuid.UUID
    csrf_token: str
    name: str | None = None
    has_second_factor: bool = False
    owes_second_factor: bool = False
    single_sign_on: bool = False

    @property
    def administers(self) -> bool:
        """Whether integrations may be managed (acceptance CT-002)."""
        return self.role in ADMINISTRATORS

    @property
    def hears_calls(self) -> bool:
        """Whether this person judges calls of others; agents see their own (``reviews.who``)."""
        return self.role in LISTENERS

    @property
    def sees_every_call(self) -> bool:
        """Whether nothing of the organisation's calls is hidden; supervisors see those of their teams."""
        return self.role in LISTENERS - {"supervisor"}

    def actor(self, address: str | None, request_id: str | None) -> Actor:
        """The person as the audit trail names it."""
        return Actor("user", self.email, self.user_id, address, request_id)


async def start(
    session: AsyncSession, user: User, visitor: Visitor, *, single_sign_on: bool = False
) -> tuple[WebSession, str]:
    """Begin a session and answer it with its token: the only time that the token is known."""
    token, now = secrets.token_urlsafe(_TOKEN_BYTES), clock.now()
    begun = WebSession(
        org_id=user.org_id, user_id=user.id, token_hash=hash_token(token),
        csrf_token=secrets.token_urlsafe(_TOKEN_BYTES), address=visitor.address,
        user_agent=(visitor.user_agent or "")[:_LONGEST_USER_AGENT] or None,
        last_seen_at=now, expires_at=now + LIFETIME, single_sign_on=single_sign_on,
    )  # fmt: skip
    session.add(begun)
    user.last_seen_at = now
    await session.flush()
    return begun, token


async def current(database: Database, token: str | None) -> SignedIn | None:
    """Who presents this token; ``None`` when it is unknown, revoked, idle for too long or too old.

    Nor does it open anything for somebody who was deactivated.
    """
    if not token:
        return None
    hashed = hash_token(token)
    async with database.presenting(hashed) as session:
        found = await queries.presented_session(session, hashed)
        if found is None or not alive(found, clock.now()):
            return None
        await enter(session, found.org_id)
        known = await queries.member(session, found.user_id)
        if known is None or known[0].deactivated_at is not None:
            return None
        await _note_use(session, found)
        return as_signed_in(found, *known)


def as_signed_in(found: WebSession, user: User, asks_second_factor: bool) -> SignedIn:  # noqa: FBT001 - a column
    """A session and its user as one value, and whether the organisation asks for a second factor."""
    role = cast("UserRole", user.role)  # a check constraint of the table
    has = user.sealed_totp is not None
    return SignedIn(
        user.org_id, user.id, user.email, role, found.id, found.csrf_token, user.name, has,
        asks_second_factor and not has and not found.single_sign_on, found.single_sign_on,
    )  # fmt: skip


def alive(session: WebSession, now: datetime) -> bool:
    """Whether a session still opens anything."""
    return session.revoked_at is None and now < min(session.expires_at, session.last_seen_at + IDLE)


async def _note_use(session: AsyncSession, used: WebSession) -> None:
    """Remember the last use, with at most one write a minute."""
    now = clock.now()
    if used.last_seen_at < now - _SEEN_RESOLUTION:
        statement = update(WebSession).where(WebSession.id == used.id, WebSession.revoked_at.is_(None))
        await session.execute(statement.values(last_seen_at=now))
        await session.execute(update(User).where(User.id == used.user_id).values(last_seen_at=now))


async def living(session: AsyncSession, user_id: uuid.UUID) -> Sequence[WebSession]:
    """The sessions with which a person is signed in somewhere, last used first."""
    now = clock.now()
    return [one for one in await queries.sessions_of(session, user_id) if alive(one, now)]


async def end(session: AsyncSession, who: SignedIn, session_id: uuid.UUID, actor: Actor) -> None:
    """Sign a person out of one of the own sessions. Again is not an error.

    Raises:
        NotFoundError: it is not one of this person's.
    """
    found = await queries.session_of(session, who.user_id, session_id)
    if found is None:
        raise NotFoundError("There is no such session.")
    if found.revoked_at is None:
        found.revoked_at = clock.now()
        await audit.record(session, who.org_id, actor, Deed("session.revoked", session_id))


async def end_others(session: AsyncSession, who: SignedIn, actor: Actor) -> int:
    """Sign a person out everywhere else; answers in how many places that was.

    Refresh tokens end too, all of them: no session knows which are its person's own.
    """
    await queries.locked_user(session, who.user_id)
    await session.execute(delete(RefreshToken).where(RefreshToken.user_id == who.user_id))
    others = [one for one in await living(session, who.user_id) if one.id != who.session_id]
    for one in others:
        one.revoked_at = clock.now()
        await audit.record(session, who.org_id, actor, Deed("session.revoked", one.id))
    return len(others)


async def end_all(session: AsyncSession, user_id: uuid.UUID) -> int:
    """Sign a person out everywhere, from the very next request on; answers in how many places that was."""
    now = clock.now()
    found = await living(session, user_id)
    mine = (WebSession.user_id == user_id, WebSession.revoked_at.is_(None))
    await session.execute(update(WebSession).where(*mine).values(revoked_at=now))
    await session.execute(delete(RefreshToken).where(RefreshToken.user_id == user_id))
    return len(found)


async def leave(database: Database, token: str, visitor: Visitor, request_id: str | None) -> None:
    """Sign out whoever presents this token. A token that opens nothing any more is not an error."""
    hashed = hash_token(token)
    async with database.presenting(hashed) as session:
        found = await queries.presented_session(session, hashed)
        if found is None:
            return
        await enter(session, found.org_id)
        known = await queries.member(session, found.user_id)
        if known is not None:
            who = as_signed_in(found, *known)
            await end(session, who, found.id, who.actor(visitor.address, request_id))


async def forget(session: AsyncSession) -> None:
    """Delete the sessions that ended long ago (operator session)."""
    await session.execute(delete(WebSession).where(WebSession.expires_at < func.clock_timestamp() - KEPT))
