"""Table: mails."""

from datetime import datetime

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant


class Mail(Row, Tenant, Base):
    """One message to one person; its text is forgotten once it is sent."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_unsent", "created_at", postgresql_where=text("sent_at IS NULL")),)
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
