"""Tables: agents, queues."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import AGENT_CHANNELS
from calltrace.db.base import Base, Named, Tenant


class Agent(Named, Tenant, Base):
    """A person who takes calls."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("org_id", "external_id"), Index("ix_agents_org_id", "org_id", "name"))


class Queue(Named, Tenant, Base):
    """Where calls come in; it may choose the scorecard (acceptance CT-046), and where the agent is."""

    __tablename__ = "queues"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_queues_org_id", "org_id", "name"),
        CheckConstraint(AGENT_CHANNELS, name="agent_channels"),
    )
    scorecard_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scorecards.id", ondelete="SET NULL"))
    agent_channels: Mapped[str | None] = mapped_column(String(12))
