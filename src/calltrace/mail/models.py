"""Table: mails."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant


class Mail(Row, Tenant, Base):
    """One message to one person.

    Attributes:
        body: forgotten once it is sent, or once nobody tries any more.
        sent_at: ``None`` while it waits, and for good when it was given up.
        next_attempt_at: not before then; while somebody sends it, how long that may take.
        error: why the last attempt failed; never words of the message.
    """

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_unsent", "next_attempt_at", postgresql_where=text("body IS NOT NULL")),)
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    error: Mapped[str | None] = mapped_column(Text)
