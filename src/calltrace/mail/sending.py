"""The life of a message under a worker: claim, then sent, postponed or given up.

A claim lasts longer than an attempt can: of two workers with the same job one sends. A worker that dies
between the server's yes and writing it down is the one case in which a message leaves twice.

``now`` is always the database's: a machine whose clock is hours ahead must not put a message off by hours.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.mail import queries
from calltrace.mail.models import Mail
from calltrace.mail.smtp import SECONDS

CLAIM = timedelta(seconds=2 * SECONDS)
FIRST_GAP, LONGEST_GAP = 15.0, 3600.0
"""Seconds between attempts: doubled each time, from the first to the longest."""
GIVE_UP_AFTER = timedelta(days=4)
"""RFC 5321, section 4.5.4.1: tries go on for at least 4 to 5 days."""
KEPT = timedelta(days=30)
"""How long it stays known that a message was sent, or given up."""


class NotYetDueError(Exception):
    """The next attempt is due in ``seconds``, or another worker makes one."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"due in {seconds:.0f} s")
        self.seconds = seconds


async def claim(session: AsyncSession, mail_id: uuid.UUID, now: datetime) -> Mail | None:
    """Take a message for one attempt; ``None`` when it has left or nobody tries any more.

    Raises:
        NotYetDueError: it is for later, or in other hands.
    """
    mail = await queries.waiting(session, mail_id)
    if mail is None:
        return None
    if mail.next_attempt_at > now:
        raise NotYetDueError((mail.next_attempt_at - now).total_seconds())
    mail.attempts += 1
    mail.next_attempt_at = now + CLAIM
    return mail


async def sent(session: AsyncSession, mail_id: uuid.UUID, now: datetime) -> None:
    """It has left: its text is forgotten."""
    mail = await queries.waiting(session, mail_id)
    if mail is not None:
        mail.body, mail.sent_at, mail.error = None, now, None


async def postpone(session: AsyncSession, mail_id: uuid.UUID, error: str, now: datetime) -> float | None:
    """It did not leave; answers the seconds until the next attempt, ``None`` when that was the last one."""
    mail = await queries.waiting(session, mail_id)
    if mail is None:
        return None
    mail.error = error
    if now - mail.created_at >= GIVE_UP_AFTER:
        mail.body = None
        return None
    gap = min(LONGEST_GAP, FIRST_GAP * 2 ** min(mail.attempts - 1, 20))
    mail.next_attempt_at = now + timedelta(seconds=gap)
    return gap


async def give_up(session: AsyncSession, mail_id: uuid.UUID, error: str) -> None:
    """It was refused for good: its text is forgotten, why is kept."""
    mail = await queries.waiting(session, mail_id)
    if mail is not None:
        mail.body, mail.error = None, error


async def prune(session: AsyncSession, now: datetime) -> None:
    """Forget messages that left, or were given up, long ago (operator session)."""
    await session.execute(delete(Mail).where(Mail.body.is_(None), Mail.created_at < now - KEPT))
