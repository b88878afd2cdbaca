"""Tables: batches and the calls of each."""

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import Mode
from calltrace.db.base import Base, Json, Row, Tenant


class Batch(Row, Tenant, Base):
    """Calls that are evaluated one after the other, by a durable job.

    A ``backtest`` changes nothing of the calls: what it finds stands in ``batch_calls``. An ``evaluate``
    makes ordinary evaluations.

    Attributes:
        selected: how many calls it began with; those that were erased since are no longer among its calls.
        scorecard_id: whose back-test it is; none for a file that was only tried.
        document: what a back-test judges by, as it was when it was asked for: a draft may change meanwhile.
        scorecard_version_id: what an ``evaluate`` judges by; none is the scorecard that ships.
        by_choice: in place of that, what queue or organisation chooses for each call when its turn comes.
        against_id: the version a back-test compares with; none is the result that each call had.
        attempts: how often a worker took it over; who writes names the one that it has (fencing).
        touched_at: the last sign of life, by the database's clock.
    """

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("kind IN ('backtest','evaluate')", name="kind"),
        CheckConstraint("mode IN ('live','test')", name="mode"),
        CheckConstraint("status IN ('queued','running','completed','cancelled')", name="status"),
        CheckConstraint("(kind = 'backtest') = (document IS NOT NULL)", name="document"),
        Index("ix_batches_org_id", "org_id", "mode", "kind", text("created_at DESC"), text("id DESC")),
        Index("ix_batches_unfinished", "org_id", postgresql_where=text("status IN ('queued','running')")),
    )
    kind: Mapped[str] = mapped_column(String(8))
    mode: Mapped[Mode] = mapped_column(String(4))
    status: Mapped[str] = mapped_column(String(9), server_default="queued")
    selected: Mapped[int] = mapped_column(Integer)
    scorecard_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("scorecards.id", ondelete="CASCADE"))
    scorecard_version_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("scorecard_versions.id", ondelete="CASCADE")
    )
    document: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    by_choice: Mapped[bool] = mapped_column(server_default=text("false"))
    against_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("scorecard_versions.id", ondelete="CASCADE")
    )
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    touched_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    completed_at: Mapped[datetime | None]


class BatchCall(Tenant, Base):
    """One call of a batch; erased with the call.

    Attributes:
        position: the order in which they are worked on, from 1.
        code: why it could not be judged.
        evaluation_id: of a back-test the result that it compares with, of an ``evaluate`` the one it made.
        before, after: ``{"score", "passed", "verdicts": {criterion: verdict}}``, of a back-test; of one that
            is about a single call, ``after`` also has its ``evaluation``, with quotes and reasons.
    """

    __tablename__ = "batch_calls"
    __table_args__ = (
        CheckConstraint("status IN ('waiting','done','failed')", name="status"),
        CheckConstraint("(status = 'failed') = (code IS NOT NULL)", name="code"),
        Index("uq_batch_calls_position", "batch_id", "position", unique=True),
        Index(
            "ix_batch_calls_waiting", "batch_id", "tries", "position",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_batch_calls_analysis_id", "analysis_id"),
        Index(
            "ix_batch_calls_evaluation_id", "evaluation_id",
            postgresql_where=text("evaluation_id IS NOT NULL"),
        ),
    )  # fmt: skip
    batch_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True
    )
    analysis_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(7), server_default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    code: Mapped[str | None] = mapped_column(String(64))
    evaluation_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evaluations.id", ondelete="SET NULL"))
    before: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))
