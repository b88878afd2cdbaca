"""Tables: alert rules, and the alerts that they raised."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import Mode
from calltrace.db.base import Base, Json, Named, Row, Tenant


class AlertRule(Named, Tenant, Base):
    """What to look for in calls (``alerts.document.Conditions``), and in which.

    A rule for one project, agent or queue goes with it: without it, it would hold for every call.
    ``emails`` are addresses of users who are told of each alert.
    """

    __tablename__ = "alert_rules"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_alert_rules_org_id", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_alert_rules_project_id", "project_id"),
        Index("ix_alert_rules_agent_id", "agent_id"),
        Index("ix_alert_rules_queue_id", "queue_id"),
    )
    conditions: Mapped[Json]
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queues.id", ondelete="CASCADE"))
    emails: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))


class Alert(Row, Tenant, Base):
    """A rule matched a call, once; ``reasons`` may hold words of the call, and are erased with it.

    ``rule_name`` and ``score`` as they were then; ``rule_id`` is null once the rule was deleted.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("analysis_id", "rule_id"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        Index("ix_alerts_org_id", "org_id", "mode", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_alerts_open", "org_id", "mode", text("created_at DESC"), text("id DESC"),
            postgresql_where=text("acknowledged_at IS NULL"),
        ),
        Index("ix_alerts_rule_id", "rule_id"),
    )  # fmt: skip
    rule_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("alert_rules.id", ondelete="SET NULL"))
    rule_name: Mapped[str] = mapped_column(String(200))
    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    mode: Mapped[Mode] = mapped_column(String(4))
    score: Mapped[float | None] = mapped_column(Double)
    message: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(320))
