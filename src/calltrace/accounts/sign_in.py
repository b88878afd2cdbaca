"""Verbs with a password: sign in, change it. No transaction is open while argon2 works."""

from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, passwords, queries, sessions, throttle
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import SignInRefusedError, WrongPasswordError
from calltrace.accounts.models import User
from calltrace.accounts.sessions import SignedIn, Visitor
from calltrace.db.session import Database
from calltrace.kit.errors import FieldError

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_REFUSED = "The e-mail address or the password is not right."
_WRONG = "This is not your current password."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, from where, and the session that this browser was signed in with before."""

    email: str
    password: str
    visitor: Visitor
    previous_token: str | None = None


async def sign_in(database: Database, attempt: Attempt, request_id: str | None) -> tuple[SignedIn, str]:
    """Begin a session; answers it with its token. A session of before ends: tokens are never carried over.

    Raises:
        SignInRefusedError: for an unknown address and a wrong password alike, after the same work.
        RateLimitedError: there were too many tries.
    """
    email = attempt.email.strip()
    await throttle.sign_in_attempt(database, email, attempt.visitor.address)
    async with database.presenting(email.lower()) as session:
        known = await queries.user_by_email(session, email)
    right, renewed = await passwords.verify(attempt.password, known.password_hash if known else None)
    if known is None or not right:
        log.info("sign_in_refused", address=attempt.visitor.address)  # not who was tried: it may be a typo
        raise SignInRefusedError(_REFUSED)
    async with database.tenant(known.org_id) as session:
        user = await _unchanged(session, known)
        if user is None:
            raise SignInRefusedError(_REFUSED)
        user.password_hash = renewed or user.password_hash
        begun, token = await sessions.start(session, user, attempt.visitor)
        who = sessions.as_signed_in(begun, user)
        actor = who.actor(attempt.visitor.address, request_id)
        await audit.record(session, user.org_id, actor, Deed("session.created", begun.id))
    if attempt.previous_token:
        await sessions.leave(database, attempt.previous_token, attempt.visitor, request_id)
    return who, token


async def _unchanged(session: AsyncSession, known: User) -> User | None:
    """The user, locked, unless the password was changed while we checked it."""
    user = await queries.locked_user(session, known.id)
    return user if user and user.password_hash == known.password_hash else None


async def change_password(database: Database, who: SignedIn, old: str, new: str, actor: Actor) -> int:
    """Change the own password; all other sessions of the person end. Answers how many those were.

    Raises:
        WrongPasswordError: ``old`` is not the current one.
        InvalidRequestError: ``new`` is too short or too long.
        RateLimitedError: there were too many tries.
    """
    passwords.check(new, "/newPassword")
    await throttle.password_check(database, who.user_id)
    async with database.tenant(who.org_id) as session:
        known = await queries.user(session, who.user_id)
    right, _renewed = await passwords.verify(old, known.password_hash if known else None)
    hashed = await passwords.hashed(new) if right else ""
    async with database.tenant(who.org_id) as session:
        user = await _unchanged(session, known) if known and right else None
        if user is None:
            raise WrongPasswordError(_WRONG, errors=[FieldError("/currentPassword", _WRONG)])
        user.password_hash = hashed
        await audit.record(session, who.org_id, actor, Deed("user.password_changed", user.id))
        return await sessions.end_others(session, who, actor)
