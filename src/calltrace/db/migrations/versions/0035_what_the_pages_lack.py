"""Single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"


def upgrade() -> None:
    op.add_column("users", sa.Column("signed_on_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "web_sessions",
        sa.Column("single_sign_on", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
