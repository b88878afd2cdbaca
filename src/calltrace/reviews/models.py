"""Tables: what people say of calls, who reviews which, teams, and how far the machine is trusted."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from calltrace.db.base import Base, Json, Named, Row, Tenant

VERDICTS = "('met','partly_met','not_met','not_applicable')"


class OfCall:
    """Mixin: it belongs to one call, and is erased with it."""

    @declared_attr
    def analysis_id(self) -> Mapped[uuid.UUID]:
        """The call."""
        return mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))


class ByWhom:
    """Mixin: who did it, as the audit trail names them; ``via`` is the key that spoke for a person."""

    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[uuid.UUID | None]
    actor: Mapped[str] = mapped_column(String(320))
    via: Mapped[str | None] = mapped_column(String(20))


class Team(Named, Tenant, Base):
    """Agents and those who lead them."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("org_id", "external_id"), Index("ix_teams_org_id", "org_id", "name"))


class TeamMember(Tenant, Base):
    """An agent in a team."""

    __tablename__ = "team_members"
    __table_args__ = (Index("ix_team_members_agent_id", "agent_id"),)
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)


class TeamSupervisor(Tenant, Base):
    """A user who leads a team."""

    __tablename__ = "team_supervisors"
    __table_args__ = (Index("ix_team_supervisors_user_id", "user_id"),)
    team_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


class Override(OfCall, ByWhom, Row, Tenant, Base):
    """One decision on one criterion of one evaluation; rows are added, never changed.

    The newest ``revision`` of a criterion counts. ``scorecard_id`` has no reference: the scorecard that ships
    is in no table. ``machine_verdict`` is the machine's best guess, for measuring agreement. ``before`` and
    ``after`` are the line and the score of the evaluation as they were and became.
    """

    __tablename__ = "overrides"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "criterion_key", "revision"),
        CheckConstraint("decision IN ('confirmed','overridden','undone')", name="decision"),
        CheckConstraint(f"verdict IN {VERDICTS}", name="verdict"),
        CheckConstraint("(decision = 'undone') = (verdict IS NULL)", name="says"),
        Index("ix_overrides_analysis_id", "analysis_id", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_overrides_agreement", "org_id", "scorecard_id", "criterion_key", text("created_at DESC")
        ),
    )  # fmt: skip
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"))
    scorecard_id: Mapped[uuid.UUID]
    criterion_key: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(Integer)
    decision: Mapped[str] = mapped_column(String(10))
    verdict: Mapped[str | None] = mapped_column(String(14))
    points: Mapped[float | None]
    reason: Mapped[str] = mapped_column(Text)
    evidence: Mapped[list[Json]] = mapped_column(JSONB, server_default="[]")
    machine_verdict: Mapped[str] = mapped_column(String(14))
    before: Mapped[Json]
    after: Mapped[Json]


class Comment(OfCall, ByWhom, Row, Tenant, Base):
    """A note on a segment, on a criterion, or on the whole call; ``shared``: the agent may see it."""

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("segment_id IS NULL OR criterion_key IS NULL", name="place"),
        Index("ix_comments_analysis_id", "analysis_id", text("created_at DESC"), text("id DESC")),
    )
    segment_id: Mapped[str | None] = mapped_column(String(40))
    criterion_key: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    shared: Mapped[bool]
    edited_at: Mapped[datetime | None]


class ReviewRule(Named, Tenant, Base):
    """Which finished calls come onto the queue; ``settings`` by kind (``reviews.rules``)."""

    __tablename__ = "review_rules"
    __table_args__ = (
        UniqueConstraint("org_id", "external_id"),
        Index("ix_review_rules_org_id", "org_id", text("created_at DESC"), text("id DESC")),
    )
    kind: Mapped[str] = mapped_column(String(20))
    settings: Mapped[Json]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))


class ReviewItem(OfCall, Row, Tenant, Base):
    """A call on the queue, once; ``reasons`` are the rules that put it there.

    ``assignee_id`` is whom it is meant for, ``claimed_by`` who has it, until ``claimed_until`` by the
    database's clock.
    """

    __tablename__ = "review_items"
    __table_args__ = (
        UniqueConstraint("analysis_id"),
        CheckConstraint("state IN ('open','in_review','done','skipped')", name="state"),
        Index("ix_review_items_org_id", "org_id", "state", text("created_at DESC"), text("id DESC")),
        Index("ix_review_items_assignee_id", "assignee_id"),
        Index("ix_review_items_claimed_by", "claimed_by"),
    )
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    reasons: Mapped[list[Json]] = mapped_column(JSONB)
    assignee_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    claimed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    claimed_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    finished_by: Mapped[str | None] = mapped_column(String(320))
    reason: Mapped[str | None] = mapped_column(Text)


class Acknowledgement(OfCall, Row, Tenant, Base):
    """The agent has seen a result."""

    __tablename__ = "acknowledgements"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "user_id"),
        Index("ix_acknowledgements_analysis_id", "analysis_id"),
    )
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))


class Appeal(OfCall, Row, Tenant, Base):
    """An agent disagrees with one criterion, once; ``decided_by`` is the name of whoever decided."""

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "criterion_key"),
        CheckConstraint("state IN ('open','upheld','rejected')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        Index("ix_appeals_org_id", "org_id", "state", text("created_at DESC"), text("id DESC")),
        Index("ix_appeals_analysis_id", "analysis_id"),
    )
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"))
    criterion_key: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(320))
    decision_reason: Mapped[str | None] = mapped_column(Text)
    override_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("overrides.id", ondelete="SET NULL"))


class Calibration(OfCall, Row, Tenant, Base):
    """Several people score one call, blind to each other and to the machine until they have submitted."""

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint("state IN ('open','closed')", name="state"),
        Index("ix_calibrations_org_id", "org_id", text("created_at DESC"), text("id DESC")),
        Index("ix_calibrations_analysis_id", "analysis_id"),
    )
    evaluation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"))
    scorecard_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    closed_at: Mapped[datetime | None]
    machine: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CalibrationMember(Tenant, Base):
    """One of those who score; ``verdicts`` by criterion once they have submitted."""

    __tablename__ = "calibration_members"
    __table_args__ = (Index("ix_calibration_members_user_id", "user_id"),)
    calibration_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("calibrations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    submitted_at: Mapped[datetime | None]
    verdicts: Mapped[Json | None]


class Standing(Base):
    """How far the machine is trusted with one criterion: ``grade``, or ``suggest`` (a person must confirm).

    ``kappa`` and ``n`` are the agreement when the mode last changed; ``lifted_at``: since then a person
    trusts it again, and only decisions made later count against it.
    """

    __tablename__ = "criterion_standings"
    __table_args__ = (CheckConstraint("mode IN ('grade','suggest')", name="mode"),)
    org_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    scorecard_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    criterion_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    mode: Mapped[str] = mapped_column(String(10), server_default="grade")
    kappa: Mapped[float | None]
    n: Mapped[int] = mapped_column(Integer, server_default="0")
    changed_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(320))


class ReviewSettings(Base):
    """What an organisation sets; without a row the defaults hold.

    Attributes:
        appeal_days: how long after a result an agent may appeal.
        least_agreement: a criterion under this kappa only suggests; null: never.
        least_decisions: how many decisions of people it takes to say so.
    """

    __tablename__ = "review_settings"
    org_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    appeal_days: Mapped[int] = mapped_column(Integer, server_default="7")
    least_agreement: Mapped[float | None] = mapped_column(server_default="0.4")
    least_decisions: Mapped[int] = mapped_column(Integer, server_default="30")


class CoachingNote(ByWhom, Row, Tenant, Base):
    """What those who lead an agent write to them, and they read. ``analysis_id``: about one call."""

    __tablename__ = "coaching_notes"
    __table_args__ = (
        Index("ix_coaching_notes_agent_id", "agent_id", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_coaching_notes_analysis_id", "analysis_id", postgresql_where=text("analysis_id IS NOT NULL")
        ),
    )  # fmt: skip
    agent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"))
    analysis_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("analyses.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
