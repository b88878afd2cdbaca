"""Several earlier secrets at once, endpoints that are going, why a delivery failed; mail that is tried again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _endpoints()
    _deliveries()
    _mails()


def _endpoints() -> None:
    op.add_column(
        "webhook_endpoints",
        sa.Column(
            "previous_secrets",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
    )
    op.drop_column("webhook_endpoints", "previous_sealed_secret")
    op.drop_column("webhook_endpoints", "previous_secret_until")
    op.add_column("webhook_endpoints", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))


def _deliveries() -> None:
    op.add_column("webhook_deliveries", sa.Column("error", sa.Text(), nullable=True))
    op.create_index(
        "ix_webhook_deliveries_failed",
        "webhook_deliveries",
        ["endpoint_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("status = 'failed'"),
    )


def _mails() -> None:
    op.add_column("mails", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "mails",
        sa.Column(
            "next_attempt_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
    )
    op.add_column("mails", sa.Column("error", sa.Text(), nullable=True))
    op.drop_index("ix_mails_unsent", table_name="mails")
    op.create_index(
        "ix_mails_unsent", "mails", ["next_attempt_at"], unique=False,
        postgresql_where=sa.text("body IS NOT NULL"),
    )  # fmt: skip
