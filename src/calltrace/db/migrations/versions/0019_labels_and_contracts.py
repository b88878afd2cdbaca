"""Projects, engagements and call centres group recordings; keys may belong to another contract."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    _groups()
    _campaigns()
    _analyses()
    _keys()


def _groups() -> None:
    _group("call_centers")
    _group("projects", sa.Column("description", sa.Text(), nullable=True))
    _group(
        "engagements",
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(50), server_default="general", nullable=False),
        sa.Column("status", sa.String(10), server_default="active", nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _moment("updated_at"),
        sa.CheckConstraint("status IN ('active','completed','archived')", name="status"),
    )
    op.create_index(
        "uq_engagements_default", "engagements", ["org_id"], unique=True,
        postgresql_where=sa.text("is_default"),
    )  # fmt: skip


def _group(table: str, *more: sa.Column | sa.CheckConstraint) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        _moment("created_at"),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        *more,
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org_id", "external_id"),
    )
    op.create_index(f"ix_{table}_org_id", table, ["org_id", "name"])
    for statement in rls.protect(table):
        op.execute(statement)


def _moment(name: str) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def _campaigns() -> None:
    _reference("agents", "call_center_id", "call_centers")
    _reference("queues", "call_center_id", "call_centers")
    op.add_column("queues", sa.Column("description", sa.Text(), nullable=True))
    op.add_column("queues", sa.Column("kind", sa.String(50), nullable=True))
    op.add_column("queues", sa.Column("status", sa.String(10), server_default="active", nullable=False))
    op.create_check_constraint("status", "queues", "status IN ('active','paused','completed')")
    op.add_column("queues", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("queues", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("queues", _moment("updated_at"))


def _reference(table: str, column: str, target: str, *, ondelete: str = "SET NULL") -> None:
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.create_foreign_key(None, table, target, [column], ["id"], ondelete=ondelete)


def _analyses() -> None:
    _reference("analyses", "project_id", "projects")
    _reference("analyses", "engagement_id", "engagements")
    _reference("analyses", "call_center_id", "call_centers")
    op.add_column("analyses", sa.Column("contact_id", sa.String(255), nullable=True))
    op.add_column(
        "analyses", sa.Column("ai_call", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("analyses", sa.Column("called_at", sa.DateTime(timezone=True), nullable=True))
    # row-level security holds the owner too
    op.execute("ALTER TABLE analyses NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE analyses SET called_at = created_at")
    op.execute("ALTER TABLE analyses FORCE ROW LEVEL SECURITY")
    op.alter_column("analyses", "called_at", nullable=False, server_default=sa.text("clock_timestamp()"))
    for column in ("project_id", "engagement_id"):
        op.create_index(
            f"ix_analyses_{column}", "analyses", [column, sa.text("created_at DESC")],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    op.create_index(
        "ix_analyses_called_at", "analyses",
        ["org_id", "mode", sa.text("called_at DESC"), sa.text("id DESC")],
    )  # fmt: skip


def _keys() -> None:
    op.add_column("api_keys", sa.Column("sealed_secret", sa.Text(), nullable=True))
    op.add_column("api_keys", sa.Column("previous_secret", postgresql.JSONB(), nullable=True))
    op.add_column("api_keys", sa.Column("rate_limit_per_minute", sa.Integer(), nullable=True))
    op.add_column("api_keys", sa.Column("description", sa.String(500), nullable=True))
    _reference("api_keys", "user_id", "users", ondelete="CASCADE")
