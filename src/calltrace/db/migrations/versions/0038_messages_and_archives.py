"""Messages of a chat are known by an id of the sender; projects and campaigns can be put away."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("conversation_messages", sa.Column("external_id", sa.String(255), nullable=True))
    op.create_unique_constraint(
        op.f("uq_conversation_messages_conversation_id_external_id"), "conversation_messages",
        ["conversation_id", "external_id"],
    )  # fmt: skip
    for table in ("projects", "queues"):
        op.add_column(table, sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
