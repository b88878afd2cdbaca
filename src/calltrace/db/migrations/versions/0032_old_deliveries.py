"""Deliveries that are over are found by their age, so that they can go."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_index(
        "ix_webhook_deliveries_settled", "webhook_deliveries", ["created_at"],
        postgresql_where=sa.text("status <> 'pending'"),
    )  # fmt: skip
