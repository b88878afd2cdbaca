"""Addresses that people changed to and never confirmed: they are freed, for somebody else may own them.

The person goes on with the address of before. Where somebody took that one meanwhile, they keep their
account and what is in it, and sign in again when an owner or admin gives them an address.
"""

import uuid
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, codes, queries
from calltrace.accounts.audit import SYSTEM, Deed
from calltrace.accounts.models import User
from calltrace.db.clock import database_now
from calltrace.db.session import Database
from calltrace.mail import service as mail

NOBODYS = "nobody.invalid"
"""No mail goes there, ever (RFC 2606)."""
_FREED = """\
The address {email} of your account at Call Trace was never confirmed, so it is this one again.

Sign in with this address; you can change it again on the page of your account.
"""


def confirmed(user: User) -> None:
    """The person reads the mails of the address."""
    user.email_verified, user.awaits_verification = True, False
    user.former_email = user.moved_at = None


async def free(database: Database, kept: timedelta) -> None:
    """Give people back the address of before whose new one was not confirmed for so long."""
    async with database.operator() as session:
        old = User.moved_at < func.clock_timestamp() - kept
        found = (await session.execute(select(User.org_id, User.id).where(old))).all()
    for org_id, user_id in found:
        try:
            await _free(database, org_id, user_id, kept, taken=False)
        except IntegrityError:  # somebody has the address of before by now
            await _free(database, org_id, user_id, kept, taken=True)


async def _free(
    database: Database, org_id: uuid.UUID, user_id: uuid.UUID, kept: timedelta, *, taken: bool
) -> None:
    async with database.tenant(org_id) as session:
        user = await queries.locked_user(session, user_id)
        if user is None or user.moved_at is None or user.moved_at > await database_now(session) - kept:
            return  # confirmed, or changed again, meanwhile
        freed, former = user.email, None if taken else user.former_email
        user.email = former or f"{user.id}@{NOBODYS}"
        user.email_verified = former is not None
        user.former_email = user.moved_at = None
        await codes.withdraw(session, user.id)
        await session.flush()
        await _tell(session, user, freed)


async def _tell(session: AsyncSession, user: User, freed: str) -> None:
    """Into the trail, and to the person where there is a way to them."""
    await audit.record(session, user.org_id, SYSTEM, Deed("user.address_freed", user.id, {"address": freed}))
    if user.email_verified:
        body = _FREED.format(email=mail.one_line(freed))
        await mail.send(session, user.org_id, user.email, "Your address for Call Trace", body)
