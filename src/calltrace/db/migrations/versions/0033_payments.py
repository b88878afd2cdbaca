"""Plans that are paid for at a payment service, and events of it that were dealt with."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    for name in ("customer", "agreement"):
        op.add_column("subscriptions", sa.Column(name, sa.String(255), nullable=True))
    for name in ("looks", "looked"):
        op.add_column("subscriptions", sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
    op.create_unique_constraint(op.f("uq_subscriptions_customer"), "subscriptions", ["customer"])
    op.create_table(
        "payment_events",
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("org_id", sa.Uuid(), sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("event_id", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(100), nullable=False),
        sa.UniqueConstraint("event_id"),
    )  # fmt: skip
    op.create_index("ix_payment_events_created_at", "payment_events", ["created_at"])
    for statement in rls.protect("payment_events"):
        op.execute(statement)
