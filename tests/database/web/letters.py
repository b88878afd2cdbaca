"""What is written to people, read before it leaves."""

import re
import uuid

from sqlalchemy import select

from calltrace.db.session import Database
from calltrace.mail.models import Mail

_LINK = re.compile(r"https://calls\.test(/\S+)")


async def letters(database: Database, org: uuid.UUID, recipient: str) -> list[Mail]:
    """The messages to one person, oldest first."""
    async with database.tenant(org) as session:
        query = select(Mail).where(Mail.recipient == recipient).order_by(Mail.created_at)
        return list((await session.scalars(query)).all())


async def newest_link(database: Database, org: uuid.UUID, recipient: str) -> str:
    """The path that the newest message leads to."""
    found = _LINK.search((await letters(database, org, recipient))[-1].body or "")
    assert found
    return found[1]
