"""What an organisation wants taken out of its calls before they are kept; null is nothing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("organisations", sa.Column("redaction", postgresql.JSONB(), nullable=True))
