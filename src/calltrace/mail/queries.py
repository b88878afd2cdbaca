"""Every SELECT on mails."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, func, not_, select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.mail.models import Mail


async def waiting(session: AsyncSession, mail_id: uuid.UUID) -> Mail | None:
    """A message that has not left yet and is not given up; locked until the transaction ends."""
    query = select(Mail).where(Mail.id == mail_id, Mail.body.is_not(None))
    return await session.scalar(query.with_for_update())


async def stranded(session: AsyncSession, older_than: timedelta) -> Sequence[tuple[uuid.UUID, uuid.UUID]]:
    """``(org, mail)`` of messages that are due for so long and have no job (operator session)."""
    same = sql("pgqueuer.dedupe_key = 'send_mail:' || mails.org_id || '/' || mails.id")
    job = exists(sql("1")).select_from(sql("pgqueuer")).where(same)
    overdue = (Mail.body.is_not(None), Mail.next_attempt_at < func.clock_timestamp() - older_than)
    query = select(Mail.org_id, Mail.id).where(*overdue, not_(job))
    return [(row[0], row[1]) for row in (await session.execute(query)).all()]
