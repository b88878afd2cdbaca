"""Tables: webhook endpoints, signing secrets, deliveries, attempts."""

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import Mode
from calltrace.db.base import Base, Row, Tenant


class Endpoint(Row, Tenant, Base):
    """A subscriber's URL; its secret is stored sealed because every delivery is signed with it.

    Attributes:
        mode: ``live`` or ``test``: it is told of analyses of that mode only.
        previous_secrets: the secrets of before, newest first, as ``{"sealed", "until"}``: each is good
            until its own time (ISO-8601).
        failing_since: the first failed attempt since the last one that succeeded.
        updated_at: when somebody last changed it.
        deleted_at: since when it is gone for everybody; housekeeping removes what hangs on it bit by bit.
        slow_since: the first attempt that took its time since the last one that did not (``lanes``).
        single_of: SHA-256 of the URL, where it came with an analysis: it is told of those that name it only.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index("ix_webhook_endpoints_org_id", "org_id", "created_at"),
        UniqueConstraint("org_id", "contract", "mode", "single_of"),
    )
    contract: Mapped[str] = mapped_column(String(20))
    mode: Mapped[Mode] = mapped_column(String(4), server_default="live")
    description: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sealed_secret: Mapped[str] = mapped_column(Text)
    previous_secrets: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    failing_since: Mapped[datetime | None]
    slow_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    deleted_at: Mapped[datetime | None]
    single_of: Mapped[str | None] = mapped_column(String(64))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class SigningSecret(Row, Tenant, Base):
    """What a contract signs everything with that URLs which came with analyses are sent."""

    __tablename__ = "signing_secrets"
    __table_args__ = (UniqueConstraint("org_id", "contract", "mode"),)
    contract: Mapped[str] = mapped_column(String(20))
    mode: Mapped[Mode] = mapped_column(String(4))
    sealed_secret: Mapped[str] = mapped_column(Text)


class Delivery(Tenant, Base):
    """One event for one endpoint; ``body`` is the exact text that every attempt sends and signs.

    Attempts are numbered on for good; a replay starts a new round of the schedule at ``first_of_round``,
    whose first attempt began at ``round_began_at``.
    ``error`` says why it failed: the last attempt's error, or what ended it without one.
    The table is its own queue (decision 0006): a pending delivery is due at ``next_attempt_at``, unless the
    worker ``leased_by`` is at it, which it says anew before ``leased_until``. What is ``suppressed`` was only
    written down: nothing leaves in the test mode of a contract that promises so.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending','delivered','failed','suppressed')", name="status"),
        CheckConstraint("status <> 'pending' OR next_attempt_at IS NOT NULL", name="due"),
        Index("ix_webhook_deliveries_org_id", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_webhook_deliveries_endpoint_id", "endpoint_id", text("created_at DESC"), text("id DESC")),
        Index("ix_webhook_deliveries_analysis_id", "analysis_id"),
        Index("ix_webhook_deliveries_settled", "created_at", postgresql_where=text("status <> 'pending'")),
        Index(
            "ix_webhook_deliveries_pending", "endpoint_id", text("GREATEST(next_attempt_at, leased_until)"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_webhook_deliveries_failed", "endpoint_id", text("created_at DESC"), text("id DESC"),
            postgresql_where=text("status = 'failed'"),
        ),
    )  # fmt: skip
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    endpoint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    analysis_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    event: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), server_default="pending")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    first_of_round: Mapped[int] = mapped_column(Integer, server_default="1")
    round_began_at: Mapped[datetime | None]
    next_attempt_at: Mapped[datetime | None] = mapped_column(server_default=text("clock_timestamp()"))
    delivered_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class Attempt(Row, Tenant, Base):
    """One HTTP try (acceptance CT-124)."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_delivery_id", "delivery_id", "number"),)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("webhook_deliveries.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    response_code: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
