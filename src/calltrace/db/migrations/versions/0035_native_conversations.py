"""Conversations belong to engagements; surveys are known by an id of the sender, and have a mode."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    _conversations()
    _surveys()
    _ledger()


def _ledger() -> None:
    """Exports of before are in the ledger as well."""
    tables = ("exports", "usage_entries")
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO usage_entries (id, org_id, created_at, what, quantity, unit, mode, resource_id, api_key_id)"
        " SELECT gen_random_uuid(), org_id, completed_at, 'export', 1, 'export', mode, id, api_key_id"
        " FROM exports WHERE status IN ('completed', 'expired') AND completed_at IS NOT NULL"
    )
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _conversations() -> None:
    op.add_column(
        "conversations",
        sa.Column(
            "engagement_id", sa.Uuid(), sa.ForeignKey("engagements.id", ondelete="SET NULL"), nullable=True
        ),
    )
    op.drop_constraint(op.f("uq_conversations_org_id_kind_external_id"), "conversations", type_="unique")
    op.create_unique_constraint(
        op.f("uq_conversations_org_id_mode_kind_external_id"), "conversations",
        ["org_id", "mode", "kind", "external_id"],
    )  # fmt: skip
    op.create_index(
        "ix_conversations_engagement_id", "conversations", ["engagement_id"],
        postgresql_where=sa.text("engagement_id IS NOT NULL"),
    )  # fmt: skip


def _surveys() -> None:
    op.add_column("surveys", sa.Column("external_id", sa.String(255), nullable=True))
    op.add_column("surveys", sa.Column("mode", sa.String(4), server_default="live", nullable=False))
    for table in ("surveys", "conversations", "analyses"):  # row-level security holds the owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE surveys SET mode = coalesce("
        "(SELECT mode FROM conversations c WHERE c.id = surveys.conversation_id),"
        " (SELECT mode FROM analyses a WHERE a.id = surveys.analysis_id))"
    )
    for table in ("surveys", "conversations", "analyses"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.create_unique_constraint(
        op.f("uq_surveys_org_id_mode_external_id"), "surveys", ["org_id", "mode", "external_id"]
    )
    op.create_index(
        "ix_surveys_org_id", "surveys", ["org_id", "mode", sa.text("created_at DESC"), sa.text("id DESC")]
    )
