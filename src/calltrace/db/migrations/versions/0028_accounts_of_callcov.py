"""People register themselves, hold refresh tokens, and their requests are answered once."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("users", sa.Column("phone_number", sa.String(16), nullable=True))
    op.add_column(
        "users", sa.Column("email_verified", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column(
        "users",
        sa.Column("awaits_verification", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("users", _moment("updated_at"))
    _table(
        "refresh_tokens",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_refresh_tokens_user_id", "refresh_tokens", ["user_id"])
    op.create_index("ix_refresh_tokens_family", "refresh_tokens", ["family"])
    _table(
        "answers",
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("operation", sa.String(200), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("sealed_body", sa.Text(), nullable=True),
        sa.UniqueConstraint("org_id", "mode", "operation", "key"),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])
    _table(
        "subscriptions",
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("status", sa.String(10), server_default="active", nullable=False),
        sa.Column("test_plan", sa.String(20), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("org_id", "mode"),
    )
    op.create_index(
        "ix_subscriptions_ends_at", "subscriptions", ["ends_at"],
        postgresql_where=sa.text("ends_at IS NOT NULL"),
    )  # fmt: skip


def _moment(name: str) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def _table(name: str, *parts: sa.Column | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        _moment("created_at"),
        *parts,
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    for statement in rls.protect(name):
        op.execute(statement)
