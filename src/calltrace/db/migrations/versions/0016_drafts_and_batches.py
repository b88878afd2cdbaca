"""Scorecards have drafts, are archived, and one is the organisation's default; evaluations are made in bulk."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from calltrace.db import rls

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    _versions()
    _batches()


def _versions() -> None:
    op.add_column("scorecards", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "scorecards", sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_index(
        "uq_scorecards_default", "scorecards", ["org_id"], unique=True,
        postgresql_where=sa.text("is_default"),
    )  # fmt: skip
    op.add_column("scorecard_versions", sa.Column("based_on", sa.Integer(), nullable=True))
    op.add_column("scorecard_versions", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    # what is there took effect when it was written; row-level security holds the owner too
    op.execute("ALTER TABLE scorecard_versions NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE scorecard_versions SET published_at = created_at")
    op.execute("ALTER TABLE scorecard_versions FORCE ROW LEVEL SECURITY")
    op.create_index(
        "uq_scorecard_versions_draft", "scorecard_versions", ["scorecard_id"], unique=True,
        postgresql_where=sa.text("published_at IS NULL"),
    )  # fmt: skip


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("status", sa.String(9), server_default="queued", nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
        sa.Column("scorecard_id", sa.Uuid(), nullable=True),
        sa.Column("scorecard_version_id", sa.Uuid(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=True),
        sa.Column("by_choice", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=True),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "touched_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('backtest','evaluate')", name="kind"),
        sa.CheckConstraint("mode IN ('live','test')", name="mode"),
        sa.CheckConstraint("status IN ('queued','running','completed','cancelled')", name="status"),
        sa.CheckConstraint("(kind = 'backtest') = (document IS NOT NULL)", name="document"),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scorecard_id"], ["scorecards.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["scorecard_version_id"], ["scorecard_versions.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["against_id"], ["scorecard_versions.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    op.create_index(
        "ix_batches_org_id", "batches",
        ["org_id", "mode", "kind", sa.text("created_at DESC"), sa.text("id DESC")],
    )  # fmt: skip
    op.create_index(
        "ix_batches_unfinished", "batches", ["org_id"],
        postgresql_where=sa.text("status IN ('queued','running')"),
    )  # fmt: skip
    op.create_table(
        "batch_calls",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(7), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("code", sa.String(64), nullable=True),
        sa.Column("evaluation_id", sa.Uuid(), nullable=True),
        sa.Column("before", JSONB(), nullable=True),
        sa.Column("after", JSONB(), nullable=True),
        sa.CheckConstraint("status IN ('waiting','done','failed')", name="status"),
        sa.CheckConstraint("(status = 'failed') = (code IS NOT NULL)", name="code"),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["analysis_id"], ["analyses.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["evaluation_id"], ["evaluations.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("batch_id", "analysis_id"),
    )  # fmt: skip
    op.create_index("ix_batch_calls_analysis_id", "batch_calls", ["analysis_id"])
    op.create_index(
        "ix_batch_calls_evaluation_id", "batch_calls", ["evaluation_id"],
        postgresql_where=sa.text("evaluation_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index("uq_batch_calls_position", "batch_calls", ["batch_id", "position"], unique=True)
    op.create_index(
        "ix_batch_calls_waiting", "batch_calls", ["batch_id", "tries", "position"],
        postgresql_where=sa.text("status = 'waiting'"),
    )  # fmt: skip
    for table in ("batches", "batch_calls"):
        for statement in rls.protect(table):
            op.execute(statement)
