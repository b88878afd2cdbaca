"""The languages that an organisation's calls are in: none means that they may be in any."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column(
        "organisations", sa.Column("languages", ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
