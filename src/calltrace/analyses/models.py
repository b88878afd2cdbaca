"""Tables: analyses, transcripts, evaluations, idempotency keys."""

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.db.base import Base, Json, Row, Tenant


class Analysis(Row, Tenant, Base):
    """One run over one recording.

    ``attempt`` counts claims: a worker writes only while its claim is the latest (fencing). ``tries``
    counts failed tries and ``lost_leases`` claims that were never given back. ``touched_at`` is the last
    sign of life of the worker that has it.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        CheckConstraint("status IN ('queued','processing','completed','failed')", name="status"),
        Index("ix_analyses_org_id", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_analyses_external_id", "org_id", "external_id"),
        Index("ix_analyses_unfinished", "status", postgresql_where=text("status IN ('queued','processing')")),
    )
    status: Mapped[str] = mapped_column(String(12), server_default="queued")
    stage: Mapped[str] = mapped_column(String(12), server_default="queued")
    percent: Mapped[int] = mapped_column(Integer, server_default="0")

    file_url: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str | None] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(12), server_default="auto")
    external_id: Mapped[str | None] = mapped_column(String(255))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queues.id", ondelete="SET NULL"))
    details: Mapped[Json] = mapped_column("metadata", JSONB, server_default="{}")
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))

    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    claimed: Mapped[bool] = mapped_column(server_default=text("false"))
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    lost_leases: Mapped[int] = mapped_column(Integer, server_default="0")
    started_at: Mapped[datetime | None]
    touched_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]

    recording_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("recordings.id", ondelete="SET NULL"))
    duration_seconds: Mapped[float | None]
    channels: Mapped[int | None]
    sample_rate: Mapped[int | None]
    metrics: Mapped[Json | None]
    processing: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    error: Mapped[Json | None]


class TranscriptRow(Tenant, Base):
    """What was said, as one document; kept apart so that lists stay small."""

    __tablename__ = "transcripts"
    analysis_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    document: Mapped[Json]


class EvaluationRow(Row, Tenant, Base):
    """A scorecard applied to the transcript; the newest one is shown."""

    __tablename__ = "evaluations"
    __table_args__ = (Index("ix_evaluations_analysis_id", "analysis_id", text("created_at DESC")),)
    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    score: Mapped[float | None] = mapped_column(Numeric(4, 1, asdecimal=False))
    passed: Mapped[bool | None]
    document: Mapped[Json]


class IdempotencyKey(Row, Tenant, Base):
    """The first answer given for a key: a retry gets it again (acceptance CT-056, CT-057)."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("org_id", "key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
