"""Deliveries are their own queue: leases on them, endpoints that are slow, and an index by endpoint."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("webhook_endpoints", sa.Column("slow_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhook_deliveries", sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhook_deliveries", sa.Column("leased_by", sa.Uuid(), nullable=True))
    op.alter_column("webhook_deliveries", "next_attempt_at", server_default=sa.text("clock_timestamp()"))
    op.create_check_constraint(
        op.f("ck_webhook_deliveries_due"),
        "webhook_deliveries",
        "status <> 'pending' OR next_attempt_at IS NOT NULL",
    )
    op.drop_index("ix_webhook_deliveries_pending", table_name="webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["endpoint_id", sa.literal_column("GREATEST(next_attempt_at, leased_until)")],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    _forget_old_jobs()


def _forget_old_jobs() -> None:
    """Until now each delivery had a job in the queue engine, whose tables may not be there yet."""
    op.execute(
        """DO $$ BEGIN
            IF to_regclass('pgqueuer') IS NOT NULL THEN
                DELETE FROM pgqueuer WHERE entrypoint = 'deliver_event';
            END IF;
        END $$"""
    )
