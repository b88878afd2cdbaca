"""Attempts can be planned from the first of their round; completed calls are listed by when they were."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column(
        "webhook_deliveries", sa.Column("round_began_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_analyses_completed_at",
        "analyses",
        ["org_id", "mode", sa.text("completed_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("status = 'completed'"),
    )
