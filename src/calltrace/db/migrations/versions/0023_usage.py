"""What is used up is written in one ledger, and requests are counted by key, contract and day."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    _table(
        "usage_entries",
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
    )
    op.create_index(
        "ix_usage_entries_month", "usage_entries", ["org_id", "mode", "created_at"],
        postgresql_include=["what", "quantity", "api_key_id"],
    )  # fmt: skip
    op.create_index(
        "uq_usage_entries_resource", "usage_entries", ["org_id", "what", "resource_id"], unique=True
    )
    _table(
        "request_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("contract", sa.String(20), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )
    op.create_index(
        "uq_request_counts_day", "request_counts", ["org_id", "day", "contract", "mode", "api_key_id"],
        unique=True, postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    _count_what_was_heard()


def _table(name: str, *columns: sa.Column) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        *columns,
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )  # fmt: skip
    for statement in rls.protect(name):
        op.execute(statement)


def _count_what_was_heard() -> None:
    """Calls that were completed before there was a ledger are in it, too."""
    for table in ("analyses", "usage_entries"):  # row-level security holds the owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        INSERT INTO usage_entries
            (id, org_id, created_at, what, quantity, unit, mode, resource_id, api_key_id)
        SELECT gen_random_uuid(), org_id, coalesce(completed_at, created_at), 'audio',
               ceil(duration_seconds), 'second', mode, id, api_key_id
        FROM analyses WHERE status = 'completed' AND duration_seconds IS NOT NULL
    """)
    for table in ("analyses", "usage_entries"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
