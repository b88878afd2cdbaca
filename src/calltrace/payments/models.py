"""Table: events of the payment service that were dealt with."""

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant


class PaymentEvent(Row, Tenant, Base):
    """An event that was dealt with: it is sent again until it is answered, and perhaps once more."""

    __tablename__ = "payment_events"
    __table_args__ = (UniqueConstraint("event_id"), Index("ix_payment_events_created_at", "created_at"))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(100))
