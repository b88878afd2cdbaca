"""An evaluation tells failed tries from lost workers, and when it was completed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("evaluations", sa.Column("tries", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "ix_evaluations_waiting",
        "evaluations",
        ["analysis_id"],
        unique=False,
        postgresql_where=sa.text("status = 'queued'"),
    )
    # the owner is held by row-level security too: it sees no organisation's rows unless forcing is off
    op.execute("ALTER TABLE evaluations NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE evaluations SET completed_at = created_at WHERE status = 'completed'")
    op.execute("ALTER TABLE evaluations FORCE ROW LEVEL SECURITY")
