"""What is heard in a call beside talk, how it looks, and copies of recordings that browsers play."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("analyses", sa.Column("marks", postgresql.JSONB(), nullable=True))
    op.add_column(
        "analyses", sa.Column("playable", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "renditions",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_renditions_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["recording_id"], ["recordings.id"], name=op.f("fk_renditions_recording_id")),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_renditions")),
    )
    op.create_table(
        "waveforms",
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("points_per_second", sa.SmallInteger(), nullable=False),
        sa.Column("channels", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_waveforms_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_waveforms_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_waveforms")),
    )
    for table in ("renditions", "waveforms"):
        for statement in rls.protect(table):
            op.execute(statement)
