"""Uploads in pieces, each stored under a name of its own; an upload belongs to one analysis."""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "upload_pieces",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_upload_pieces_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_pieces_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("upload_id", "number", name=op.f("pk_upload_pieces")),
    )
    for statement in rls.protect("upload_pieces"):
        op.execute(statement)
    op.add_column("uploads", sa.Column("declared_bytes", sa.BigInteger(), nullable=True))
    op.add_column("uploads", sa.Column("content_type", sa.String(length=255), nullable=True))
    op.add_column("uploads", sa.Column("writer", sa.Uuid(), nullable=True))
    op.add_column("uploads", sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_uploads_status"), "uploads", type_="check")
    op.create_check_constraint(
        op.f("ck_uploads_status"), "uploads", "status IN ('open','complete','used','spent')"
    )
    op.drop_index("ix_uploads_expires_at", table_name="uploads")
    op.create_index(
        "ix_uploads_expires_at",
        "uploads",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index(
        "uq_analyses_upload_id",
        "analyses",
        ["upload_id"],
        unique=True,
        postgresql_where=sa.text("upload_id IS NOT NULL"),
    )
