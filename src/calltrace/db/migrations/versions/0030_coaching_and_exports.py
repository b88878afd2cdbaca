"""Notes to agents, and exports of insights as files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    _coaching_notes()
    _exports()
    for statement in _RECALL:
        op.execute(statement)
    for table in ("coaching_notes", "exports"):
        for statement in rls.protect(table):
            op.execute(statement)


def _row() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    ]


def _coaching_notes() -> None:
    op.create_table(
        "coaching_notes",
        *_row(),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("analysis_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.String(10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(320), nullable=False),
        sa.Column("via", sa.String(20), nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["analysis_id"], ["analyses.id"], ondelete="CASCADE"),
    )
    op.create_index(
        "ix_coaching_notes_agent_id",
        "coaching_notes",
        ["agent_id", sa.text("created_at DESC"), sa.text("id DESC")],
    )
    op.create_index(
        "ix_coaching_notes_analysis_id", "coaching_notes", ["analysis_id"],
        postgresql_where=sa.text("analysis_id IS NOT NULL"),
    )  # fmt: skip


def _exports() -> None:
    op.create_table(
        "exports",
        *_row(),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("format", sa.String(7), nullable=False),
        sa.Column("asked", postgresql.JSONB(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(10), server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column(
            "touched_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("object_key", sa.Text(), nullable=True),
        sa.Column("sealed_key", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("error", postgresql.JSONB(), nullable=True),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.CheckConstraint("mode IN ('live','test')", name="mode"),
        sa.CheckConstraint("status IN ('queued','running','completed','failed','expired')", name="status"),
        sa.CheckConstraint("(status = 'completed') = (object_key IS NOT NULL)", name="object"),
    )
    op.create_index(
        "ix_exports_org_id", "exports", ["org_id", "mode", sa.text("created_at DESC"), sa.text("id DESC")]
    )
    op.create_index(
        "ix_exports_expires_at", "exports", ["expires_at"], postgresql_where=sa.text("status = 'completed'")
    )
    op.create_index(
        "ix_exports_unfinished",
        "exports",
        ["org_id"],
        postgresql_where=sa.text("status IN ('queued','running')"),
    )


# A file must not outlive a call that it tells of: it expires, and one that is being made begins anew.
_RECALL = (
    """
CREATE FUNCTION insight_recall_exports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE exports SET expires_at = clock_timestamp()
    WHERE org_id = OLD.org_id AND mode = OLD.mode AND kind = 'calls' AND status = 'completed'
        AND expires_at > clock_timestamp();
    UPDATE exports SET attempts = attempts + 1
    WHERE org_id = OLD.org_id AND mode = OLD.mode AND kind = 'calls' AND status = 'running';
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER insight_erased AFTER DELETE ON insight_facts
FOR EACH ROW EXECUTE FUNCTION insight_recall_exports()""",
)
