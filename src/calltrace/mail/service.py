"""Writing a message down: the row and the job that sends it, in the transaction of what it tells about."""

import unicodedata
import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db import jobs
from calltrace.mail.models import Mail

LONGEST_SUBJECT = 200


async def send(session: AsyncSession, org_id: uuid.UUID, recipient: str, subject: str, body: str) -> Mail:
    """Send one message to one person; it leaves if and only if the session's transaction commits.

    A recipient that is no address fails when it is sent and not here: nobody's bad address may stop the
    deed that the message is about.

    Args:
        session: a transaction of the organisation.
        org_id: whose message it is.
        recipient: one e-mail address.
        subject: one line; line breaks and control characters become spaces, and it is cut to 200 characters.
        body: plain text.
    """
    mail = Mail(org_id=org_id, recipient=recipient, subject=one_line(subject), body=body)
    session.add(mail)
    await session.flush()
    await jobs.enqueue(session, jobs.SEND_MAIL, f"{org_id}/{mail.id}")
    return mail


def one_line(text: str) -> str:
    """A text as a header can carry it: without line breaks or other control characters."""
    plain = "".join(" " if unicodedata.category(char)[0] == "C" else char for char in text)
    return " ".join(plain.split())[:LONGEST_SUBJECT]
