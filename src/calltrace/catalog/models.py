"""Tables: agents, queues."""

import uuid

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Row, Tenant


class Agent(Row, Tenant, Base):
    """A person who takes calls."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("org_id", "external_id"), Index("ix_agents_org_id", "org_id", "name"))
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(255))


class Queue(Row, Tenant, Base):
    """Where calls come in; it may choose the scorecard (acceptance CT-046)."""

    __tablename__ = "queues"
    __table_args__ = (UniqueConstraint("org_id", "external_id"), Index("ix_queues_org_id", "org_id", "name"))
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(255))
    scorecard_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scorecards.id", ondelete="SET NULL"))
