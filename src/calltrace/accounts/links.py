"""Links that people get by mail: to accept an invitation, to choose a new password."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import addresses, audit, codes, passwords, queries, sessions, sign_in, throttle
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.models import CodeKind, User
from calltrace.accounts.names import checked_name
from calltrace.accounts.sessions import SignedIn, Visitor
from calltrace.db.clock import database_now
from calltrace.db.session import Database
from calltrace.mail import service as mail

PATHS: Mapping[CodeKind, str] = {
    "invite": "/invitation", "reset": "/reset-password", "verify": "/verify-email",
}  # fmt: skip
_INVITED = """\
{inviter} invites you to Call Trace, where {organisation} listens to its calls.

Choose a password and you are in:

    {link}

The link works once, until {until}. If you did not expect it, do nothing: nothing happens then.
"""
_RESET = """\
Somebody, most likely you, asked for a new password for {email} at Call Trace.

Choose one here:

    {link}

Code: {code}

The link works once, within an hour. If you did not ask, do nothing: your password stays as it is.
"""
_VERIFY = """\
Somebody, most likely you, gave this address to Call Trace. Confirm that it is yours:

    {link}

Code: {code}

Both work once, within a day. If it was not you, do nothing: nothing happens then.
"""
_MOVED = """\
The address of your account at Call Trace was changed to {email}, and this one opens nothing any more.

If it was not you, ask an owner or admin of your organisation at once.
"""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What somebody chose who came by a link. ``name`` is asked for with an invitation only."""

    code: str
    password: str
    visitor: Visitor
    request_id: str | None
    name: str | None = None


async def send_invitation(session: AsyncSession, user: User, inviter: str, public_url: str) -> str:
    """Write the message with a fresh link, and answer the link."""
    organisation = await queries.organisation(session, user.org_id)
    link = _link(public_url, "invite", await codes.issue(session, user, "invite"))
    until = f"{codes.LIFETIMES['invite'].days} days from now"
    body = _INVITED.format(
        inviter=mail.one_line(inviter), link=link, until=until,
        organisation=mail.one_line(organisation.name) if organisation else "an organisation",
    )  # fmt: skip
    await mail.send(session, user.org_id, user.email, "Your invitation to Call Trace", body)
    return link


async def send_reset(session: AsyncSession, user: User, public_url: str) -> str:
    """Write the message with a link to a new password, and answer the link.

    It goes to the last address that was confirmed: one that was mistyped is somebody else's.
    """
    code = await codes.issue(session, user, "reset")
    link = _link(public_url, "reset", code)
    body = _RESET.format(email=user.email, link=link, code=code)
    await mail.send(
        session, user.org_id, user.former_email or user.email, "A new password for Call Trace", body
    )
    return link


async def send_verification(session: AsyncSession, user: User, public_url: str) -> None:
    """Write the message that asks whoever reads it to confirm the address."""
    code = await codes.issue(session, user, "verify")
    body = _VERIFY.format(link=_link(public_url, "verify", code), code=code)
    await mail.send(session, user.org_id, user.email, "Confirm your address for Call Trace", body)


async def send_to_new_address(session: AsyncSession, user: User, email: str, public_url: str) -> None:
    """Change a person's address: the new one is to be confirmed, and the old one is told.

    Raises:
        IntegrityError: somebody has it.
    """
    before, was_verified = user.email, user.email_verified
    user.former_email = before if was_verified else user.former_email
    user.email, user.email_verified, user.moved_at = email, False, await database_now(session)
    await session.flush()
    await codes.withdraw(session, user.id, "reset")  # its link lies in the old mailbox
    await send_verification(session, user, public_url)
    await mail.send(session, user.org_id, before, "Your address for Call Trace", _MOVED.format(email=email))


async def verify(database: Database, code: str, visitor: Visitor, request_id: str | None) -> User:
    """Take a person's word that the address is theirs, and answer the person.

    Raises:
        CodeRefusedError: the code is not good, or no more. RateLimitedError: too many were tried from there.
    """
    known = await codes.holder(database, "verify", code, visitor.address)
    async with database.tenant(known.org_id) as session:
        user = await codes.use(session, "verify", code)
        addresses.confirmed(user)
        actor = Actor("user", user.email, user.id, visitor.address, request_id)
        await audit.record(session, user.org_id, actor, Deed("user.email_verified", user.id))
        return user


def _link(public_url: str, kind: CodeKind, code: str) -> str:
    return f"{public_url}{PATHS[kind]}?token={code}"


async def ask_for_reset(
    database: Database, email: str, public_url: str, visitor: Visitor, request_id: str | None
) -> None:
    """Send a link to a new password, if there is such a person and not too many links went there already.

    Nothing tells the caller what came of it; and it is best done after the answer, so that time tells
    nothing either. The request itself is counted before (``throttle.link_request``).
    """
    email = email.strip()
    if not await throttle.may_send_link(database, email):
        return
    async with database.presenting(email.lower()) as session:
        known = await queries.user_by_email(session, email)
    if known is None:
        return
    async with database.tenant(known.org_id) as session:
        user = await queries.locked_user(session, known.id)
        if user is None or user.deactivated_at is not None:
            return
        await send_reset(session, user, public_url)
        actor = Actor("user", user.email, user.id, visitor.address, request_id)
        await audit.record(session, user.org_id, actor, Deed("user.reset_asked", user.id))


async def reset(database: Database, chosen: NewPassword) -> None:
    """Set the password of whoever has the link; every session of the person ends.

    Raises:
        InvalidRequestError: the password will not do. CodeRefusedError: the link is not good, or no more.
        RateLimitedError: too many links were tried from there.
    """
    passwords.check(chosen.password, "/newPassword")
    known = await codes.holder(database, "reset", chosen.code, chosen.visitor.address)
    hashed = await passwords.hashed(chosen.password)
    async with database.tenant(known.org_id) as session:
        user = await codes.use(session, "reset", chosen.code)
        if user.former_email is None:
            addresses.confirmed(user)  # the mail was read
        await _settle(session, user, hashed)
        await audit.record(session, user.org_id, _actor(user, chosen), Deed("user.password_reset", user.id))


async def accept(database: Database, chosen: NewPassword) -> tuple[SignedIn, str]:
    """Take an invitation: set name and password, and begin a session; answers it with its token.

    Raises:
        as ``reset``.
    """
    passwords.check(chosen.password, "/newPassword")
    name = checked_name(chosen.name)
    known = await codes.holder(database, "invite", chosen.code, chosen.visitor.address)
    hashed = await passwords.hashed(chosen.password)
    async with database.tenant(known.org_id) as session:
        user = await codes.use(session, "invite", chosen.code)
        user.name = name or user.name
        await _settle(session, user, hashed)
        deed = Deed("user.invitation_accepted", user.id)
        await audit.record(session, user.org_id, _actor(user, chosen), deed)
        return await sign_in.begin(session, user, chosen.visitor, chosen.request_id)


async def _settle(session: AsyncSession, user: User, password_hash: str) -> None:
    """With the new password everything ends that came before it."""
    user.password_hash = password_hash
    await sessions.end_all(session, user.id)
    for kind in ("invite", "reset"):
        await codes.withdraw(session, user.id, kind)


def _actor(user: User, chosen: NewPassword) -> Actor:
    return Actor("user", user.email, user.id, chosen.visitor.address, chosen.request_id)
