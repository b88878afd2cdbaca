"""Tables: analyses, transcripts, evaluations, idempotency keys."""

import uuid
from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import AGENT_CHANNELS, Mode
from calltrace.db.base import Base, Json, Row, Tenant


class Analysis(Row, Tenant, Base):
    """One run over one recording.

    ``attempt`` counts claims: a worker writes only while its claim is the latest (fencing). ``tries``
    counts failed tries and ``lost_leases`` claims that were never given back. ``touched_at`` is the last
    sign of life of the worker that has it, by the database's clock; at first when it was taken in.
    ``playable`` once browsers can play something of it: a rendition, or the recording as it came.
    ``called_at`` is when the call took place, as far as anybody said so; else when it was taken in.
    ``webhook_endpoint_id`` is a URL that came with it and is told of its end (``webhooks.single``).
    ``contact_id`` is who the customer is in the caller's own system, and ``ai_call`` says that no person
    was the agent. ``medium`` is ``text`` for a chat: its transcript is what was written, and there is no
    recording. ``scorecard_id`` is what whoever sent it wants it to be held against, before queue and
    organisation are asked.
    """

    __tablename__ = "analyses"
    __table_args__ = (
        CheckConstraint("status IN ('queued','processing','completed','failed')", name="status"),
        CheckConstraint(
            "CASE WHEN medium = 'voice' THEN (file_url IS NULL) <> (upload_id IS NULL)"
            " ELSE file_url IS NULL AND upload_id IS NULL END",
            name="source",
        ),
        CheckConstraint("medium IN ('voice','text')", name="medium"),
        CheckConstraint("mode IN ('live','test')", name="mode"),
        CheckConstraint(AGENT_CHANNELS, name="agent_channels"),
        Index(
            "ix_analyses_org_id",
            "org_id",
            "mode",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_include=["status", "agent_id", "contact_id", "called_at", "medium"],
        ),
        Index(
            "ix_analyses_webhook_endpoint_id",
            "webhook_endpoint_id",
            postgresql_where=text("webhook_endpoint_id IS NOT NULL"),
        ),
        Index("ix_analyses_status", "org_id", "mode", "status", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_analyses_agent_id",
            "agent_id",
            text("created_at DESC"),
            postgresql_where=text("agent_id IS NOT NULL"),
        ),
        Index(
            "ix_analyses_queue_id",
            "queue_id",
            text("created_at DESC"),
            postgresql_where=text("queue_id IS NOT NULL"),
        ),
        Index(
            "ix_analyses_project_id",
            "project_id",
            text("created_at DESC"),
            postgresql_where=text("project_id IS NOT NULL"),
        ),
        Index(
            "ix_analyses_engagement_id",
            "engagement_id",
            text("created_at DESC"),
            postgresql_where=text("engagement_id IS NOT NULL"),
        ),
        Index("ix_analyses_called_at", "org_id", "mode", text("called_at DESC"), text("id DESC")),
        Index(
            "ix_analyses_completed_at",
            "org_id",
            "mode",
            text("completed_at DESC"),
            text("id DESC"),
            postgresql_include=["medium"],
            postgresql_where=text("status = 'completed'"),
        ),
        Index("ix_analyses_age", "org_id", "created_at"),
        Index(
            "ix_analyses_recorded", "org_id", "created_at", postgresql_where=text("recording_id IS NOT NULL")
        ),
        Index(
            "ix_analyses_contact_id",
            "org_id",
            "mode",
            "contact_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("contact_id IS NOT NULL"),
        ),
        Index("ix_analyses_external_id", "org_id", "external_id"),
        Index("ix_analyses_file_name", "org_id", "file_name", postgresql_where=text("file_name IS NOT NULL")),
        Index(
            "ix_analyses_heard_language",
            "org_id",
            "mode",
            "heard_language",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("heard_language IS NOT NULL"),
        ),
        Index(
            "uq_analyses_upload_id", "upload_id", unique=True, postgresql_where=text("upload_id IS NOT NULL")
        ),
        Index("ix_analyses_unfinished", "status", postgresql_where=text("status IN ('queued','processing')")),
    )
    status: Mapped[str] = mapped_column(String(12), server_default="queued")
    stage: Mapped[str] = mapped_column(String(12), server_default="queued")
    percent: Mapped[int] = mapped_column(Integer, server_default="0")

    mode: Mapped[Mode] = mapped_column(String(4), server_default="live")
    medium: Mapped[str] = mapped_column(String(5), server_default="voice")
    file_url: Mapped[str | None] = mapped_column(Text)
    upload_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("uploads.id", ondelete="RESTRICT"))
    file_name: Mapped[str | None] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(12), server_default="auto")
    agent_channels: Mapped[str | None] = mapped_column(String(12))
    heard_language: Mapped[str | None] = mapped_column(String(12))
    external_id: Mapped[str | None] = mapped_column(String(255))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queues.id", ondelete="SET NULL"))
    project_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagements.id", ondelete="SET NULL"))
    call_center_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("call_centers.id", ondelete="SET NULL")
    )
    scorecard_id: Mapped[uuid.UUID | None]
    contact_id: Mapped[str | None] = mapped_column(String(255))
    webhook_endpoint_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("webhook_endpoints.id", ondelete="SET NULL")
    )
    ai_call: Mapped[bool] = mapped_column(server_default=text("false"))
    called_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    details: Mapped[Json] = mapped_column("metadata", JSONB, server_default="{}")
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))

    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    claimed: Mapped[bool] = mapped_column(server_default=text("false"))
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    lost_leases: Mapped[int] = mapped_column(Integer, server_default="0")
    started_at: Mapped[datetime | None]
    touched_at: Mapped[datetime | None] = mapped_column(server_default=text("clock_timestamp()"))
    completed_at: Mapped[datetime | None]

    recording_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("recordings.id", ondelete="SET NULL"))
    duration_seconds: Mapped[float | None]
    channels: Mapped[int | None]
    sample_rate: Mapped[int | None]
    metrics: Mapped[Json | None]
    marks: Mapped[list[Json] | None] = mapped_column(JSONB)
    playable: Mapped[bool] = mapped_column(server_default=text("false"))
    processing: Mapped[Json] = mapped_column(JSONB, server_default="{}")
    error: Mapped[Json | None]

    @property
    def measured_seconds(self) -> float | None:
        """How long what times are measured in is; ``None`` for a chat, of which no time is measured."""
        return None if self.medium == "text" else self.duration_seconds or 0.0


class WaitingFile(Row, Tenant, Base):
    """A recording that is sent before anybody asks for its analysis, with what was said of it.

    The analysis gets the same id and takes the upload; one that is never asked for goes with its upload.
    """

    __tablename__ = "waiting_files"
    __table_args__ = (
        UniqueConstraint("upload_id"),
        Index("ix_waiting_files_org_id", "org_id", text("created_at DESC"), text("id DESC")),
    )
    upload_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"))
    file_name: Mapped[str] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(12), server_default="auto")
    external_id: Mapped[str | None] = mapped_column(String(255))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queues.id", ondelete="SET NULL"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagements.id", ondelete="SET NULL"))
    call_center_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("call_centers.id", ondelete="SET NULL")
    )
    ai_call: Mapped[bool] = mapped_column(server_default=text("false"))
    called_at: Mapped[datetime]


class TranscriptRow(Tenant, Base):
    """What was said, as one document; kept apart so that lists stay small."""

    __tablename__ = "transcripts"
    analysis_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    document: Mapped[Json] = mapped_column(JSON)  # as it was written: it is only ever passed on whole


class CallText(Tenant, Base):
    """What a call is found by; the database makes the row, and empties it when it is not true.

    ``words`` are null until it is read (``texts``). ``said`` has the lines of the transcript, each after its
    id and a tab; ``folded`` the same lines as a search compares them, ``named`` file name and external id.
    """

    __tablename__ = "call_texts"
    __table_args__ = (
        Index("ix_call_texts_words", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        Index("ix_call_texts_due", "org_id", text("created_at DESC"), postgresql_where=text("words IS NULL")),
    )
    analysis_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[Mode] = mapped_column(String(4))
    created_at: Mapped[datetime]
    named: Mapped[str | None] = mapped_column(Text)
    said: Mapped[str | None] = mapped_column(Text)
    folded: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(TSVECTOR)


class EvaluationRow(Row, Tenant, Base):
    """A scorecard applied to the transcript; the newest completed one is shown.

    The first one, which comes with the analysis itself, has its id, so that it can be named beforehand.

    ``scorecard_version_id`` is null for the scorecard that ships with the product. ``attempts`` counts how
    often a worker began and ``tries`` how often it failed: one that was asked for later can kill its workers
    too. ``document``, ``score`` and ``passed`` are what is shown: once people decided criteria
    (``human_lines`` of them), what the machine said is kept in ``machine_document``.
    """

    __tablename__ = "evaluations"
    __table_args__ = (
        CheckConstraint("status IN ('queued','completed','failed')", name="status"),
        CheckConstraint("(status = 'completed') = (document IS NOT NULL)", name="document"),
        Index("ix_evaluations_analysis_id", "analysis_id", text("created_at DESC")),
        Index("ix_evaluations_score", "org_id", "score", postgresql_where=text("status = 'completed'")),
        Index("ix_evaluations_waiting", "analysis_id", postgresql_where=text("status = 'queued'")),
    )
    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    score: Mapped[float | None] = mapped_column(Double)
    passed: Mapped[bool | None]
    document: Mapped[Json | None] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(10), server_default="completed")
    scorecard_version_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("scorecard_versions.id", ondelete="SET NULL")
    )
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    machine_document: Mapped[Json | None] = mapped_column(JSON)
    human_lines: Mapped[int] = mapped_column(Integer, server_default="0")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    completed_at: Mapped[datetime | None]
    error: Mapped[Json | None]


class IdempotencyKey(Row, Tenant, Base):
    """The first answer given for a key: a retry gets it again (acceptance CT-056, CT-057).

    It outlives an erased analysis: a retry that comes late must not bring the call back.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("org_id", "mode", "key"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    mode: Mapped[Mode] = mapped_column(String(4), server_default="live")
    analysis_id: Mapped[uuid.UUID]


class SavedView(Row, Tenant, Base):
    """Filters and columns of the list of calls under a name (``analyses.views``).

    Attributes:
        user_id: whose it is; null: everybody's.
        fields: of the list's address, those that are not empty.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        Index(
            "uq_saved_views_name", "org_id", "user_id", text("lower(name)"), unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))


class ViewChoice(Tenant, Base):
    """The view that a person begins with."""

    __tablename__ = "view_choices"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    view_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("saved_views.id", ondelete="CASCADE"))
