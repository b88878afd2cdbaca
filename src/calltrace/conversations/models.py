"""Tables: conversations, their messages, voice calls, answers to surveys."""

import uuid
from datetime import datetime

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import Mode
from calltrace.db.base import Base, Json, Row, Tenant


class Conversation(Row, Tenant, Base):
    """A thread of messages: a chat, or the turns of a call that a voice bot took (``voice_calls``).

    Attributes:
        channel_id: which chat channel, as the sender names it.
        language: of a chat, ISO 639-1 or ``und``, where it was told.
        analysis_id: what it is evaluated as; it goes when that is erased.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("kind IN ('text','voice')", name="kind"),
        CheckConstraint("status IN ('active','completed')", name="status"),
        UniqueConstraint("org_id", "mode", "kind", "external_id"),
        Index("ix_conversations_org_id", "org_id", "mode", text("created_at DESC"), text("id DESC")),
        Index("ix_conversations_analysis_id", "analysis_id"),
        Index(
            "ix_conversations_engagement_id", "engagement_id",
            postgresql_where=text("engagement_id IS NOT NULL"),
        ),
    )  # fmt: skip
    kind: Mapped[str] = mapped_column(String(5))
    mode: Mapped[Mode] = mapped_column(String(4), server_default="live")
    external_id: Mapped[str | None] = mapped_column(String(255))
    channel_id: Mapped[str | None] = mapped_column(String(255))
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("queues.id", ondelete="SET NULL"))
    agent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    engagement_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("engagements.id", ondelete="SET NULL"))
    status: Mapped[str] = mapped_column(String(10), server_default="completed")
    language: Mapped[str | None] = mapped_column(String(12))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    analysis_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))


class ChatMessage(Row, Tenant, Base):
    """One message or turn; ``external_id`` is what the sender knows it by, if it has one."""

    __tablename__ = "conversation_messages"
    __table_args__ = (
        CheckConstraint("role IN ('customer','agent','bot')", name="role"),
        UniqueConstraint("conversation_id", "position"),
        UniqueConstraint("conversation_id", "external_id"),
    )
    conversation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    role: Mapped[str] = mapped_column(String(10))
    content: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
    external_id: Mapped[str | None] = mapped_column(String(255))


class VoiceCall(Tenant, Base):
    """What is known of a voice bot's call beside its turns; it has the id of its conversation.

    What is null is not told; of a call with a recording it is what the recording says.
    """

    __tablename__ = "voice_calls"
    __table_args__ = (
        CheckConstraint("direction IN ('Inbound','Outbound')", name="direction"),
        CheckConstraint("state IN ('Completed','Busy','NoAnswer','Failed')", name="state"),
    )
    id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    direction: Mapped[str] = mapped_column(String(10), server_default="Inbound")
    state: Mapped[str] = mapped_column(String(10), server_default="Completed")
    duration_seconds: Mapped[float | None] = mapped_column(Double)
    talk_time_seconds: Mapped[float | None] = mapped_column(Double)
    outcome: Mapped[str | None] = mapped_column(String(255))


class Survey(Row, Tenant, Base):
    """What a customer answered after a call: a person's word, kept apart from what the machine says.

    It belongs to a conversation, or to a call that is an analysis, whose mode it has; ``responses`` are
    ``{"question", "answer", "score"}``.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        CheckConstraint("state IN ('Completed','Partial','NotStarted')", name="state"),
        CheckConstraint("completion_reason IN ('AllAnswered','HangUp','Timeout')", name="completion_reason"),
        CheckConstraint("num_nonnulls(conversation_id, analysis_id) = 1", name="subject"),
        UniqueConstraint("conversation_id"),
        UniqueConstraint("analysis_id"),
        UniqueConstraint("org_id", "mode", "external_id"),
        Index("ix_surveys_org_id", "org_id", "mode", text("created_at DESC"), text("id DESC")),
    )
    mode: Mapped[Mode] = mapped_column(String(4), server_default="live")
    external_id: Mapped[str | None] = mapped_column(String(255))
    conversation_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE")
    )
    analysis_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(10))
    completion_reason: Mapped[str | None] = mapped_column(String(12))
    total_questions: Mapped[int] = mapped_column(Integer)
    questions_answered: Mapped[int] = mapped_column(Integer)
    calculated_score: Mapped[float | None] = mapped_column(Double)
    responses: Mapped[list[Json]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    answered_at: Mapped[datetime | None]
