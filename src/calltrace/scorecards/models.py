"""Tables: scorecards and their versions."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Json, Named, Row, Tenant


class ScorecardRow(Named, Tenant, Base):
    """A scorecard of the organisation; what it says is in its versions, the newest published one counts.

    Attributes:
        name: that of the newest published version's document, else of the draft's, for lists.
        archived_at: since when it chooses nothing any more and is not changed; it can be taken up again.
        is_default: what calls of the organisation are held against where no queue says otherwise.
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
        Index("uq_scorecards_default", "org_id", unique=True, postgresql_where=text("is_default")),
        Index("ix_scorecards_org_id", "org_id", "name"),
    )
    archived_at: Mapped[datetime | None]
    is_default: Mapped[bool] = mapped_column(server_default=text("false"))
    deleted_at: Mapped[datetime | None]


class ScorecardVersion(Row, Tenant, Base):
    """One version of a scorecard's document; once published it never changes: evaluations are pinned to it.

    Without ``published_at`` it is the scorecard's one draft, which no call is judged by; ``based_on`` is the
    number of the version that was the newest when the draft was begun.
    """

    __tablename__ = "scorecard_versions"
    __table_args__ = (
        UniqueConstraint("scorecard_id", "version"),
        Index(
            "uq_scorecard_versions_draft",
            "scorecard_id",
            unique=True,
            postgresql_where=text("published_at IS NULL"),
        ),
    )
    scorecard_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scorecards.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(Integer)
    document: Mapped[Json]
    based_on: Mapped[int | None] = mapped_column(Integer)
    published_at: Mapped[datetime | None]
