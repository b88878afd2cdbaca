"""What owners and admins are told when most of a month's quota is used."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries
from calltrace.accounts.audit import SYSTEM, Deed
from calltrace.kit import clock
from calltrace.mail import service as mail

_SUBJECT = "Most of this month's {what} quota is used"
_BODY = """\
More than 80 % of this month's {what} quota of {limit} is used.

Once it is used up, requests are refused until {reset}.
A larger plan or an agreement of your own (calltrace orgs set-quota) holds at once.
"""


async def warn(session: AsyncSession, org_id: uuid.UUID, what: str, limit: int, reset: datetime) -> None:
    """Write it into the audit trail and to every owner and admin, in the transaction that found it out."""
    details = {"quota": what, "limit": limit, "resetsAt": clock.iso(reset)}
    await audit.record(session, org_id, SYSTEM, Deed("quota.nearly_used", org_id, details))
    body = _BODY.format(what=what, limit=limit, reset=clock.iso(reset))
    for user in await queries.administrators(session):
        await mail.send(session, org_id, user.email, _SUBJECT.format(what=what), body)
