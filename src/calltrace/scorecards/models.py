"""Tables: scorecards and their versions."""

import uuid

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Json, Row, Tenant


class ScorecardRow(Row, Tenant, Base):
    """A scorecard of the organisation; what it says is in its versions, the newest one counts."""

    __tablename__ = "scorecards"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_scorecards_org_id", "org_id", "name"),
    )
    name: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(255))


class ScorecardVersion(Row, Tenant, Base):
    """One version of a scorecard's document, never changed: evaluations are pinned to it."""

    __tablename__ = "scorecard_versions"
    __table_args__ = (UniqueConstraint("scorecard_id", "version"),)
    scorecard_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scorecards.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    document: Mapped[Json]
