"""People who register themselves: an organisation of their own, once they have confirmed their address."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, links, passwords, queries, second_factor, throttle
from calltrace.accounts.access import Pair, Tokens, owes_second_factor
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import (
    AlreadyExistsError,
    ForbiddenError,
    NotVerifiedError,
    UnauthorizedError,
)
from calltrace.accounts.models import Organisation, User
from calltrace.accounts.service import add_user, create_organisation
from calltrace.accounts.sessions import Visitor
from calltrace.accounts.sign_in import unchanged
from calltrace.db.session import Database
from calltrace.kit.encryption import SecretBox
from calltrace.kit.ids import uuid7

_REFUSED = "The address or the password is not right."
_SECOND = "Second factor required: send otp, or use an API key"
_OWED = "Second factor required: set one up on the page of your account"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who registers, and from where; the password was judged."""

    email: str
    password: str
    name: str | None
    phone_number: str | None
    visitor: Visitor
    request_id: str | None


async def register(database: Database, newcomer: Newcomer, public_url: str) -> User:
    """Make a person with an organisation on the plan ``free``, and send the code that opens it.

    Raises:
        AlreadyExistsError: the address is taken.
    """
    hashed = await passwords.hashed(newcomer.password)
    try:
        async with database.operator() as session:
            user_id = uuid7()
            actor = Actor("user", newcomer.email, user_id, newcomer.visitor.address, newcomer.request_id)
            organisation = await _organisation(session, newcomer.email, actor)
            user = User(
                id=user_id, org_id=organisation.id, email=newcomer.email, role="owner", password_hash=hashed,
                name=newcomer.name, phone_number=newcomer.phone_number, email_verified=False,
                awaits_verification=True,
            )  # fmt: skip
            await add_user(session, user)
            await links.send_verification(session, user, public_url)
            await audit.record(session, user.org_id, actor, Deed("user.registered", user.id))
            return user
    except IntegrityError as error:  # two at once
        raise AlreadyExistsError("The address is taken.") from error


async def _organisation(session: AsyncSession, email: str, actor: Actor) -> Organisation:
    """Named as the address; somebody who moved on may have left one of that name."""
    taken = await queries.organisation_by_id_or_name(session, email)
    name = f"{email[:160]} ({uuid7()})" if taken or len(email) > 200 else email  # noqa: PLR2004 - the column
    return await create_organisation(session, name, "free", actor)


@dataclass(frozen=True, slots=True)
class LogIn:
    """What somebody logs in with, and from where; ``otp`` of those who have a second factor."""

    email: str
    password: str = field(repr=False)
    visitor: Visitor
    otp: str | None = field(default=None, repr=False)


async def log_in(database: Database, tokens: Tokens, box: SecretBox, asked: LogIn) -> Pair:
    """The first pair of tokens for a password, and a code where there is a second factor.

    Raises:
        UnauthorizedError: unknown, wrong, or deactivated; or the code is wrong.
        NotVerifiedError, ForbiddenError: the password is right, but the address was never confirmed, or a
            second factor would be passed by.
        RateLimitedError: there were too many tries.
    """
    await throttle.sign_in_attempt(database, asked.email, asked.visitor.address)
    async with database.presenting(asked.email.lower()) as session:
        known = await queries.user_by_email(session, asked.email)
    right, renewed = await passwords.verify(asked.password, known.password_hash if known else None)
    if known is None or not right:
        raise UnauthorizedError(_REFUSED)
    if asked.otp is not None:
        await throttle.second_factor(database, known.id)
    async with database.tenant(known.org_id) as session:
        user = await unchanged(session, known)
        if user is None or user.deactivated_at is not None:
            raise UnauthorizedError(_REFUSED)
        if user.awaits_verification:
            raise NotVerifiedError("The address was not confirmed yet.")
        await _pass_second_factor(session, box, user, asked.otp)
        user.password_hash = renewed or user.password_hash
        return await tokens.begin(session, user)


async def _pass_second_factor(session: AsyncSession, box: SecretBox, user: User, otp: str | None) -> None:
    """A code of whoever has a second factor; whoever owes one sets it up first, on the page for that."""
    if user.sealed_totp is None:
        if await owes_second_factor(session, user):
            raise ForbiddenError(_OWED)
        return
    if otp is None:
        raise ForbiddenError(_SECOND)
    if not second_factor.take(box, user, otp):
        raise UnauthorizedError(_REFUSED)


async def forget(session: AsyncSession, kept: timedelta) -> None:
    """Delete who registered and never confirmed, with their organisations (operator session).

    Whoever does not own an address must not keep it from whoever does. Nothing opens for them before, so
    there is nothing that could be lost; whoever owns the address may take it over at once by a new password.
    """
    old = func.clock_timestamp() - kept
    gone = select(User.org_id).where(User.awaits_verification, User.created_at < old)
    await session.execute(delete(Organisation).where(Organisation.id.in_(gone)))
