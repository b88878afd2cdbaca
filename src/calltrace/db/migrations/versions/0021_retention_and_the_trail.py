"""How long recordings and calls are kept, and indexes by which the audit trail is looked through."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("organisations", sa.Column("recordings_kept_days", sa.Integer(), nullable=True))
    op.add_column("organisations", sa.Column("calls_kept_days", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_organisations_kept_days"),
        "organisations",
        "recordings_kept_days > 0 AND calls_kept_days > 0",
    )
    op.create_index(
        "ix_analyses_recorded",
        "analyses",
        ["org_id", "created_at"],
        postgresql_where=sa.text("recording_id IS NOT NULL"),
    )
    op.create_index("ix_analyses_age", "analyses", ["org_id", "created_at"])
    for column, name in (("target_id", "target"), ("actor", "actor"), ("action", "action")):
        op.create_index(
            f"ix_audit_entries_{name}",
            "audit_entries",
            ["org_id", column, sa.text("created_at DESC"), sa.text("id DESC")],
        )
