"""Tables: events of the payment service that were dealt with, and what it was told of usage."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant


class PaymentEvent(Row, Tenant, Base):
    """An event that was dealt with: it is sent again until it is answered, and perhaps once more."""

    __tablename__ = "payment_events"
    __table_args__ = (UniqueConstraint("event_id"), Index("ix_payment_events_created_at", "created_at"))
    event_id: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(100))


class MeterReport(Row, Tenant, Base):
    """So much more of a month is charged: told to the payment service once, under the row's own id.

    Attributes:
        month: its first day (UTC).
        cents: US cents, beside those of earlier reports of the month.
        first_tried_at: since when it may have arrived; the service knows an id again for a day only.
        tried_at: when it was last tried.
        sent_at: when it was known to have arrived.
        unclear: nobody here can tell whether it arrived, and it is not told again.
    """

    __tablename__ = "meter_reports"
    __table_args__ = (
        Index("ix_meter_reports_month", "org_id", "month"),
        Index("ix_meter_reports_waiting", "org_id", postgresql_where=text("sent_at IS NULL AND NOT unclear")),
    )
    month: Mapped[date]
    cents: Mapped[int] = mapped_column(BigInteger)
    first_tried_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    unclear: Mapped[bool] = mapped_column(server_default=text("false"))
