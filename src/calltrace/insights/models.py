"""Tables: what is counted of each call, changes that are not yet added up, and the sums (decision 0026).

``insight_facts`` has one row for each analysis. Triggers keep it equal to the view ``insight_states``, which
says what is to be counted, in the transaction that changes the call; every change of a fact is a row of
``insight_changes``. These are added up later into ``insight_cells`` and ``insight_marks``: writers never
wait for one another. What is true is always the sums and the changes together.
"""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from calltrace.accounts.models import Mode
from calltrace.db.base import Base, Json, Row, Tenant
from calltrace.insights.measures import CALLS, DIMENSIONS, MARKS


class Counted:
    """Mixin: what is counted of one call.

    Whole numbers throughout, so that adding and taking away is exact: ``duration_ms`` and ``silence_ms`` are
    milliseconds, ``score`` is in tenths, each of ``notes`` is a criterion's share of its points in tenths of
    a percent (null where it has none). ``state`` is pending, completed or failed. What follows
    ``evaluation_id`` comes from the evaluation that a completed call shows: ``mood`` is the customer's,
    ``verdicts`` has a letter for each of ``criteria`` (see ``measures.LETTERS``).
    """

    mode: Mapped[Mode] = mapped_column(String(4))
    called_at: Mapped[datetime]
    project_id: Mapped[uuid.UUID | None]
    engagement_id: Mapped[uuid.UUID | None]
    call_center_id: Mapped[uuid.UUID | None]
    queue_id: Mapped[uuid.UUID | None]
    agent_id: Mapped[uuid.UUID | None]
    ai_call: Mapped[bool]
    state: Mapped[str] = mapped_column(String(9))
    duration_ms: Mapped[int | None] = mapped_column(BigInteger)
    silence_ms: Mapped[int | None] = mapped_column(BigInteger)
    evaluation_id: Mapped[uuid.UUID | None]
    scorecard_id: Mapped[str | None] = mapped_column(Text)
    score: Mapped[int | None] = mapped_column(Integer)
    passed: Mapped[bool | None]
    mood: Mapped[str | None] = mapped_column(Text)
    effort: Mapped[int | None] = mapped_column(Integer)
    escalated: Mapped[bool | None]
    criteria: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    verdicts: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[list[int | None] | None] = mapped_column(ARRAY(Integer))


class Fact(Counted, Tenant, Base):
    """What is counted of one call now."""

    __tablename__ = "insight_facts"
    __table_args__ = (
        Index("ix_insight_facts_called_at", "org_id", "mode", text("called_at DESC"), "analysis_id"),
        Index(
            "ix_insight_facts_agent_id", "agent_id", text("called_at DESC"),
            postgresql_where=text("agent_id IS NOT NULL"),
        ),
        Index(
            "ix_insight_facts_queue_id", "queue_id", text("called_at DESC"),
            postgresql_where=text("queue_id IS NOT NULL"),
        ),
    )  # fmt: skip
    analysis_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True
    )


class SurveyFact(Tenant, Base):
    """What is counted of one survey: kept by triggers as the view ``survey_states`` says it.

    ``said`` is the customer's score on the sender's scale, ``scored`` that of the call, 0 to 100.
    """

    __tablename__ = "survey_facts"
    __table_args__ = (Index("ix_survey_facts_called_at", "org_id", "mode", "called_at"),)
    survey_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("surveys.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[Mode] = mapped_column(String(4))
    called_at: Mapped[datetime]
    project_id: Mapped[uuid.UUID | None]
    engagement_id: Mapped[uuid.UUID | None]
    call_center_id: Mapped[uuid.UUID | None]
    queue_id: Mapped[uuid.UUID | None]
    agent_id: Mapped[uuid.UUID | None]
    answered: Mapped[bool]
    said: Mapped[float | None] = mapped_column(Double)
    scored: Mapped[float | None] = mapped_column(Double)


class Change(Counted, Tenant, Base):
    """A fact that came (``sign`` 1) or went (-1) and is not added up yet. It does not say which call."""

    __tablename__ = "insight_changes"
    __table_args__ = (
        CheckConstraint("sign IN (-1, 1)", name="sign"),
        Index("ix_insight_changes_org_id", "org_id", "mode"),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    sign: Mapped[int] = mapped_column(SmallInteger)


class Zone(Base):
    """A time zone by whose days an organisation's calls are summed; ``ready`` once all past calls are.

    ``round`` is new whenever summing them begins anew. ``left_at`` says since when the organisation has
    another time zone: its sums go after a while.
    """

    __tablename__ = "insight_zones"
    org_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True
    )
    zone: Mapped[str] = mapped_column(String(64), primary_key=True)
    ready: Mapped[bool] = mapped_column(server_default=text("false"))
    round: Mapped[uuid.UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    left_at: Mapped[datetime | None]


class Export(Row, Tenant, Base):
    """Insights as a file: made by a worker, kept sealed in the object store until it expires.

    ``asked`` is what is exported (``exports.Asked``). ``attempts`` counts claims: who writes names the one
    that it has (fencing). ``lost`` counts workers that were never heard of again. ``rows`` of ``total`` are
    written; ``touched_at`` is the last sign of life, by the database's clock. ``user_id`` is the person who
    asked: nobody else sees it. ``chosen`` are ids of calls, where it is about those alone.
    """

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("mode IN ('live','test')", name="mode"),
        CheckConstraint("status IN ('queued','running','completed','failed','expired')", name="status"),
        CheckConstraint("(status = 'completed') = (object_key IS NOT NULL)", name="object"),
        Index("ix_exports_org_id", "org_id", "mode", text("created_at DESC"), text("id DESC")),
        Index("ix_exports_expires_at", "expires_at", postgresql_where=text("status = 'completed'")),
        Index("ix_exports_unfinished", "org_id", postgresql_where=text("status IN ('queued','running')")),
    )
    mode: Mapped[Mode] = mapped_column(String(4))
    kind: Mapped[str] = mapped_column(String(12))
    format: Mapped[str] = mapped_column(String(7))
    asked: Mapped[Json]
    chosen: Mapped[list[uuid.UUID] | None] = mapped_column(ARRAY(Uuid), deferred=True)
    api_key_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("api_keys.id", ondelete="SET NULL"))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(10), server_default="queued")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    lost: Mapped[int] = mapped_column(Integer, server_default="0")
    rows: Mapped[int] = mapped_column(Integer, server_default="0")
    total: Mapped[int | None] = mapped_column(Integer)
    touched_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    object_key: Mapped[str | None] = mapped_column(Text)
    sealed_key: Mapped[str | None] = mapped_column(Text)
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True))


def _sums(name: str, measures: tuple[str, ...], *more: Column[str]) -> Table:
    """Sums of a day or month (``grain`` d or m, from ``starts``) in a time zone.

    ``kind`` says by which dimensions they are split, as ``GROUPING`` of PostgreSQL has it: a bit for each
    that they are not split by, 31 for the total, 0 for all five at once.
    """
    keys = ("org_id", "mode", "zone", "grain", "kind", "starts", *DIMENSIONS, *(one.name for one in more))
    return Table(
        name,
        Base.metadata,
        Column("org_id", Uuid, ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
        Column("mode", String(4), nullable=False),
        Column("zone", String(64), nullable=False),
        Column("grain", String(1), nullable=False),
        Column("kind", SmallInteger, nullable=False),
        Column("starts", Date, nullable=False),
        *(Column(one, Uuid) for one in DIMENSIONS),
        *more,
        *(Column(one, BigInteger, nullable=False) for one in measures),
        Index(f"uq_{name}", *keys, unique=True, postgresql_nulls_not_distinct=True),
        *(
            Index(
                f"ix_{name}_{one}", one, "zone", "grain", "kind", "starts",
                postgresql_where=text(f"{one} IS NOT NULL"),
            )
            for one in ("agent_id", "queue_id")
        ),
    )  # fmt: skip


CELLS = _sums("insight_cells", tuple(CALLS))
MARKED = _sums(
    "insight_marks", tuple(MARKS), Column("scorecard_id", Text), Column("criterion", Text, nullable=False)
)
