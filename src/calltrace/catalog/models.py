"""Tables: call centres, projects, engagements, agents, queues."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import AGENT_CHANNELS
from calltrace.db.base import Base, Named, Tenant
from calltrace.kit import clock

CAMPAIGN_STATUSES = ("active", "paused", "completed")
ENGAGEMENT_STATUSES = ("active", "completed", "archived")


class Archivable:
    """Mixin: what can be put away, and taken out again: kept with its calls, and offered nowhere."""

    archived_at: Mapped[datetime | None]


class CallCenter(Named, Tenant, Base):
    """A site where calls are taken."""

    __tablename__ = "call_centers"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_call_centers_org_id", "org_id", "name"),
    )


class Project(Archivable, Named, Tenant, Base):
    """A label for recordings that belong together."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_projects_org_id", "org_id", "name"),
    )
    description: Mapped[str | None] = mapped_column(Text)


class Engagement(Named, Tenant, Base):
    """A piece of work with a customer that groups conversations.

    Recordings that name none may go to the organisation's default one (``is_default``).
    """

    __tablename__ = "engagements"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_engagements_org_id", "org_id", "name"),
        CheckConstraint("status IN ('active','completed','archived')", name="status"),
        Index("uq_engagements_default", "org_id", unique=True, postgresql_where=text("is_default")),
    )
    description: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(50), server_default="general")
    status: Mapped[str] = mapped_column(String(10), server_default="active")
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=clock.now)


class Agent(Named, Tenant, Base):
    """A person who takes calls."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("org_id", "external_id"), Index("ix_agents_org_id", "org_id", "name"))
    call_center_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("call_centers.id", ondelete="SET NULL")
    )


class Queue(Archivable, Named, Tenant, Base):
    """Where calls come in; it may choose the scorecard (acceptance CT-046), and where the agent is.

    It may stand for a campaign, and then has a kind, a status and days between which it runs.
    """

    __tablename__ = "queues"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_queues_org_id", "org_id", "name"),
        CheckConstraint(AGENT_CHANNELS, name="agent_channels"),
        CheckConstraint("status IN ('active','paused','completed')", name="status"),
    )
    scorecard_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scorecards.id", ondelete="SET NULL"))
    agent_channels: Mapped[str | None] = mapped_column(String(12))
    description: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(10), server_default="active")
    call_center_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("call_centers.id", ondelete="SET NULL")
    )
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp(), onupdate=clock.now)
