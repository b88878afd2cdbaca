"""Verbs with a password: sign in, confirm it, change it. No transaction is open while argon2 works."""

import hashlib
import uuid
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, passwords, queries, sessions, throttle
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import SecondFactorNeededError, SignInRefusedError, WrongPasswordError
from calltrace.accounts.models import User
from calltrace.accounts.sessions import SignedIn, Visitor
from calltrace.db.session import Database
from calltrace.kit.errors import FieldError

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_REFUSED = "The e-mail address or the password is not right."
_LEFT = "This account was deactivated. Ask an owner or admin of your organisation."
_UNCONFIRMED = "Confirm your address first: the link is in the mail that you were sent."
_WRONG = "This is not your current password."


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, from where, and the session that this browser was signed in with before."""

    email: str
    password: str
    visitor: Visitor
    previous_token: str | None = None


@dataclass(frozen=True, slots=True)
class HalfWay:
    """Somebody whose password was right: the second factor is asked for as long as it stays the same."""

    org_id: uuid.UUID
    user_id: uuid.UUID
    password_mark: str


class HalfWayError(SecondFactorNeededError):
    """The same, with whoever it is."""

    def __init__(self, half_way: HalfWay) -> None:
        super().__init__("Enter the code of your authenticator.")
        self.half_way = half_way


async def sign_in(database: Database, attempt: Attempt, request_id: str | None) -> tuple[SignedIn, str]:
    """Begin a session; answers it with its token. A session of before ends: tokens are never carried over.

    Raises:
        SignInRefusedError: for an unknown address and a wrong password alike, after the same work; and for
            somebody who was deactivated, once the password is right.
        HalfWayError: the password is right, and the second factor comes next (``second_step.finish``).
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
        user = await unchanged(session, known)
        if user is None:
            raise SignInRefusedError(_REFUSED)
        if user.deactivated_at is not None:
            raise SignInRefusedError(_LEFT)
        if user.awaits_verification:
            raise SignInRefusedError(_UNCONFIRMED)
        user.password_hash = renewed or user.password_hash
        if user.sealed_totp is None:
            begun = await begin(session, user, attempt.visitor, request_id)
        else:
            begun = None
    if begun is None:
        raise HalfWayError(HalfWay(user.org_id, user.id, password_mark(user)))
    await leave_previous(database, attempt, request_id)
    return begun


async def begin(
    session: AsyncSession,
    user: User,
    visitor: Visitor,
    request_id: str | None,
    *,
    single_sign_on: bool = False,
) -> tuple[SignedIn, str]:
    """Begin a session of somebody who has shown who they are."""
    begun, token = await sessions.start(session, user, visitor, single_sign_on=single_sign_on)
    known = await queries.member(session, user.id)
    who = sessions.as_signed_in(begun, user, known is not None and known[1])
    actor = who.actor(visitor.address, request_id)
    details = {"by": "single sign-on"} if single_sign_on else {}
    await audit.record(session, user.org_id, actor, Deed("session.created", begun.id, details))
    return who, token


async def leave_previous(database: Database, attempt: Attempt, request_id: str | None) -> None:
    """End the session that the browser came with."""
    if attempt.previous_token:
        await sessions.leave(database, attempt.previous_token, attempt.visitor, request_id)


def password_mark(user: User) -> str:
    """Tells whether a password is still the same, and nothing of its hash."""
    return hashlib.sha256((user.password_hash or "").encode()).hexdigest()


async def unchanged(session: AsyncSession, known: User) -> User | None:
    """The user, locked, unless the password was changed while we checked it."""
    user = await queries.locked_user(session, known.id)
    return user if user and user.password_hash == known.password_hash else None


async def confirmed(database: Database, who: SignedIn, password: str) -> User:
    """Somebody who is signed in, having given the own password once more.

    Raises:
        WrongPasswordError: it is not the current one. RateLimitedError: there were too many tries.
    """
    await throttle.password_check(database, who.user_id)
    async with database.tenant(who.org_id) as session:
        known = await queries.user(session, who.user_id)
    right, _renewed = await passwords.verify(password, known.password_hash if known else None)
    if known is None or not right:
        raise WrongPasswordError(_WRONG, errors=[FieldError("/currentPassword", _WRONG)])
    return known


async def change_password(database: Database, who: SignedIn, old: str, new: str, actor: Actor) -> int:
    """Change the own password; all other sessions of the person end. Answers how many those were.

    Raises:
        WrongPasswordError: ``old`` is not the current one.
        InvalidRequestError: ``new`` is too short or too long.
        RateLimitedError: there were too many tries.
    """
    passwords.check(new, "/newPassword")
    known = await confirmed(database, who, old)
    hashed = await passwords.hashed(new)
    async with database.tenant(who.org_id) as session:
        user = await unchanged(session, known)
        if user is None:
            raise WrongPasswordError(_WRONG, errors=[FieldError("/currentPassword", _WRONG)])
        user.password_hash = hashed
        await audit.record(session, who.org_id, actor, Deed("user.password_changed", user.id))
        return await sessions.end_others(session, who, actor)
