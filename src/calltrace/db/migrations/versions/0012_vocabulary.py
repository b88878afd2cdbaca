"""Names of products and people that an organisation expects to hear."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "organisations",
        sa.Column("vocabulary", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
