"""Receipts of erasures are found by the analysis that was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index(
        "ix_audit_entries_erased",
        "audit_entries",
        ["org_id", "target_id"],
        unique=False,
        postgresql_where=sa.text("action = 'analysis.erased'"),
    )
