"""Where the agent is on the channels: by organisation, queue, and analysis."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    for table in ("organisations", "queues", "analyses"):
        op.add_column(table, sa.Column("agent_channels", sa.String(12), nullable=True))
        op.create_check_constraint(
            "agent_channels", table, "agent_channels IN ('auto','agent-left','agent-right','mono')"
        )
