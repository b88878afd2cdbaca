"""Single sign-on, saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.add_column("users", sa.Column("signed_on_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "web_sessions",
        sa.Column("single_sign_on", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        _organisation(),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("fields", postgresql.JSONB(), nullable=False),
        sa.Column("columns", postgresql.ARRAY(sa.Text()), nullable=False),
    )
    op.create_index(
        "uq_saved_views_name",
        "saved_views",
        ["org_id", "user_id", sa.text("lower(name)")],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "view_choices",
        sa.Column(
            "user_id",
            sa.Uuid(),
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("view_id", sa.Uuid(), sa.ForeignKey("saved_views.id", ondelete="CASCADE"), nullable=False),
        _organisation(),
    )
    for table in ("saved_views", "view_choices"):
        for statement in rls.protect(table):
            op.execute(statement)


def _organisation() -> sa.Column:
    return sa.Column(
        "org_id", sa.Uuid(), sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False
    )
