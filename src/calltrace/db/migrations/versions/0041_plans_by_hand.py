"""Plans that the operator gives stand over what is paid for; lists of recordings leave out chats."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
_NEWEST = [sa.text("created_at DESC"), sa.text("id DESC")]
_ENDED = [sa.text("completed_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("set_aside", sa.String(255), nullable=True))
    for name in ("ix_analyses_org_id", "ix_analyses_completed_at"):
        op.drop_index(name, "analyses")
    op.create_index(
        "ix_analyses_org_id", "analyses", ["org_id", "mode", *_NEWEST],
        postgresql_include=["status", "agent_id", "contact_id", "called_at", "medium"],
    )  # fmt: skip
    op.create_index(
        "ix_analyses_completed_at", "analyses", ["org_id", "mode", *_ENDED],
        postgresql_include=["medium"], postgresql_where=sa.text("status = 'completed'"),
    )  # fmt: skip
