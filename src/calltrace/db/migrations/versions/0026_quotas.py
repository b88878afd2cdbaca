"""What a plan allows in a month is counted; organisations may agree on other numbers."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("organisations", sa.Column("api_calls_quota", sa.Integer(), nullable=True))
    op.add_column("organisations", sa.Column("analyses_quota", sa.Integer(), nullable=True))
    op.create_table(
        "quota_counters",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("month", sa.DateTime(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("blocks_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "what", "month"),
    )
    for statement in rls.protect("quota_counters"):
        op.execute(statement)
