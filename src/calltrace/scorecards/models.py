"""Tables: scorecards and their versions."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Json, Named, Row, Tenant


class ScorecardRow(Named, Tenant, Base):
    """A scorecard of the organisation; what it says is in its versions, the newest one counts.

    Attributes:
        name: that of the newest version's document, for lists.
        deleted_at: since when it is gone for everyone; its versions stay, evaluations are pinned to them.
    """

    __tablename__ = "scorecards"
    __table_args__ = (
        Index(
            "uq_scorecards_org_id_external_id",
            "org_id",
            "external_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_scorecards_org_id", "org_id", "name"),
    )
    deleted_at: Mapped[datetime | None]


class ScorecardVersion(Row, Tenant, Base):
    """One version of a scorecard's document, never changed: evaluations are pinned to it."""

    __tablename__ = "scorecard_versions"
    __table_args__ = (UniqueConstraint("scorecard_id", "version"),)
    scorecard_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scorecards.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    document: Mapped[Json]
