"""Organisations say where their days begin and end."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column(
        "organisations", sa.Column("time_zone", sa.String(64), server_default="UTC", nullable=False)
    )
