"""URLs that come with an analysis are told of it, and lists of analyses are searched within their index."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0027"
down_revision = "0026"

_LIST = ["org_id", "mode", sa.text("created_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    _single_endpoints()
    op.create_table(
        "signing_secrets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("contract", sa.String(20), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("org_id", "contract", "mode"),
    )  # fmt: skip
    for statement in rls.protect("signing_secrets"):
        op.execute(statement)
    op.drop_constraint("status", "webhook_deliveries", type_="check")
    op.create_check_constraint(
        "status", "webhook_deliveries", "status IN ('pending','delivered','failed','suppressed')"
    )
    op.drop_index("ix_analyses_org_id", "analyses")
    op.create_index(
        "ix_analyses_org_id", "analyses", _LIST, postgresql_include=["status", "agent_id", "contact_id"]
    )


def _single_endpoints() -> None:
    op.add_column("webhook_endpoints", sa.Column("single_of", sa.String(64), nullable=True))
    op.create_unique_constraint(None, "webhook_endpoints", ["org_id", "contract", "mode", "single_of"])
    op.add_column("analyses", sa.Column("webhook_endpoint_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        None, "analyses", "webhook_endpoints", ["webhook_endpoint_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(
        "ix_analyses_webhook_endpoint_id", "analyses", ["webhook_endpoint_id"],
        postgresql_where=sa.text("webhook_endpoint_id IS NOT NULL"),
    )  # fmt: skip
