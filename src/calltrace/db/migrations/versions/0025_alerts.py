"""Alert rules look at every call as it is evaluated; what they find is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from calltrace.db import rls

revision = "0025"
down_revision = "0024"

NEWEST = [sa.text("created_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    _rules()
    _alerts()
    for table in ("alert_rules", "alerts"):
        for statement in rls.protect(table):
            op.execute(statement)


def _rules() -> None:
    op.create_table(
        "alert_rules",
        *_row(),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("conditions", JSONB(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("queue_id", sa.Uuid(), nullable=True),
        sa.Column("emails", ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org_id", "external_id"),
    )
    op.create_index("ix_alert_rules_org_id", "alert_rules", ["org_id", *NEWEST])
    for column in ("project_id", "agent_id", "queue_id"):
        op.create_index(f"ix_alert_rules_{column}", "alert_rules", [column])


def _alerts() -> None:
    op.create_table(
        "alerts",
        *_row(),
        sa.Column("rule_id", sa.Uuid(), nullable=True),
        sa.Column("rule_name", sa.String(200), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reasons", JSONB(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(320), nullable=True),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["rule_id"], ["alert_rules.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["analysis_id"], ["analyses.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("analysis_id", "rule_id"),
    )
    op.create_index("ix_alerts_org_id", "alerts", ["org_id", "mode", *NEWEST])
    op.create_index(
        "ix_alerts_open", "alerts", ["org_id", "mode", *NEWEST],
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_alerts_rule_id", "alerts", ["rule_id"])


def _row() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )  # fmt: skip
