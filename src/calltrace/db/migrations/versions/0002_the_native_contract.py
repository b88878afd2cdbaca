"""What the whole native contract needs: modes, uploads, scorecards, evaluating again, audit, sessions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls
from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

revision = "0002"
down_revision = "0001"

TENANT_TABLES = ("doomed_objects", "mails", "scorecards", "scorecard_versions", "uploads", "web_sessions")


def upgrade() -> None:
    _new_tables()
    _changed_tables()
    _checks()
    _protection()


def _new_tables() -> None:
    op.create_table(
        "rate_counters",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("window_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "window_end", name=op.f("pk_rate_counters")),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_rate_counters_window_end", "rate_counters", ["window_end"], unique=False)
    op.create_table(
        "audit_entries",
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("target_id", sa.String(length=60), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "actor_kind IN ('api_key','user','operator','system')", name=op.f("ck_audit_entries_actor_kind")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_audit_entries_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        "ix_audit_entries_org_id",
        "audit_entries",
        ["org_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "doomed_objects",
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_doomed_objects_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("object_key", name=op.f("pk_doomed_objects")),
    )
    op.create_index("ix_doomed_objects_due_at", "doomed_objects", ["due_at"], unique=False)
    op.create_table(
        "mails",
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_mails_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(
        "ix_mails_unsent", "mails", ["created_at"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "scorecards",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_scorecards_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecards")),
        sa.UniqueConstraint("org_id", "external_id", name=op.f("uq_scorecards_org_id_external_id")),
    )
    op.create_index("ix_scorecards_org_id", "scorecards", ["org_id", "name"], unique=False)
    op.create_table(
        "scorecard_versions",
        sa.Column("scorecard_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_scorecard_versions_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["scorecard_id"],
            ["scorecards.id"],
            name=op.f("fk_scorecard_versions_scorecard_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecard_versions")),
        sa.UniqueConstraint(
            "scorecard_id", "version", name=op.f("uq_scorecard_versions_scorecard_id_version")
        ),
    )
    op.create_table(
        "uploads",
        sa.Column("status", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("mode", sa.String(length=4), server_default="live", nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=True),
        sa.Column("object_prefix", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pieces", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("status IN ('open','complete','used')", name=op.f("ck_uploads_status")),
        sa.ForeignKeyConstraint(
            ["api_key_id"], ["api_keys.id"], name=op.f("fk_uploads_api_key_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_uploads_org_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"], unique=False)
    op.create_table(
        "web_sessions",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("csrf_token", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("user_agent", sa.String(length=300), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisations.id"], name=op.f("fk_web_sessions_org_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_web_sessions_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_sessions_token_hash")),
    )
    op.create_index("ix_web_sessions_user_id", "web_sessions", ["user_id"], unique=False)


def _changed_tables() -> None:
    op.add_column("analyses", sa.Column("mode", sa.String(length=4), server_default="live", nullable=False))
    op.add_column("analyses", sa.Column("upload_id", sa.Uuid(), nullable=True))
    op.alter_column("analyses", "file_url", existing_type=sa.TEXT(), nullable=True)
    op.drop_index(op.f("ix_analyses_org_id"), table_name="analyses")
    op.create_index(
        "ix_analyses_org_id",
        "analyses",
        ["org_id", "mode", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_analyses_agent_id",
        "analyses",
        ["agent_id", sa.literal_column("created_at DESC")],
        unique=False,
        postgresql_where=sa.text("agent_id IS NOT NULL"),
    )
    op.create_index(
        "ix_analyses_queue_id",
        "analyses",
        ["queue_id", sa.literal_column("created_at DESC")],
        unique=False,
        postgresql_where=sa.text("queue_id IS NOT NULL"),
    )
    op.create_index(
        "ix_analyses_status",
        "analyses",
        ["org_id", "mode", "status", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_foreign_key(
        op.f("fk_analyses_upload_id"), "analyses", "uploads", ["upload_id"], ["id"], ondelete="RESTRICT"
    )
    op.add_column(
        "evaluations", sa.Column("status", sa.String(length=10), server_default="completed", nullable=False)
    )
    op.add_column("evaluations", sa.Column("scorecard_version_id", sa.Uuid(), nullable=True))
    op.add_column("evaluations", sa.Column("api_key_id", sa.Uuid(), nullable=True))
    op.add_column("evaluations", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("evaluations", sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("evaluations", sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.alter_column(
        "evaluations", "document", existing_type=postgresql.JSONB(astext_type=sa.Text()), nullable=True
    )
    op.create_foreign_key(
        op.f("fk_evaluations_api_key_id"),
        "evaluations",
        "api_keys",
        ["api_key_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_evaluations_scorecard_version_id"),
        "evaluations",
        "scorecard_versions",
        ["scorecard_version_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column(
        "idempotency_keys", sa.Column("mode", sa.String(length=4), server_default="live", nullable=False)
    )
    op.drop_constraint(op.f("uq_idempotency_keys_org_id_key"), "idempotency_keys", type_="unique")
    op.create_unique_constraint(
        op.f("uq_idempotency_keys_org_id_mode_key"), "idempotency_keys", ["org_id", "mode", "key"]
    )
    op.drop_constraint(op.f("fk_idempotency_keys_analysis_id"), "idempotency_keys", type_="foreignkey")
    op.create_foreign_key(
        op.f("fk_queues_scorecard_id"), "queues", "scorecards", ["scorecard_id"], ["id"], ondelete="SET NULL"
    )
    op.drop_index(op.f("ix_webhook_deliveries_endpoint_id"), table_name="webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_endpoint_id",
        "webhook_deliveries",
        ["endpoint_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.drop_index(op.f("ix_webhook_deliveries_org_id"), table_name="webhook_deliveries")
    op.create_index(
        "ix_webhook_deliveries_org_id",
        "webhook_deliveries",
        ["org_id", sa.literal_column("created_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index("ix_webhook_deliveries_analysis_id", "webhook_deliveries", ["analysis_id"], unique=False)
    op.add_column(
        "webhook_endpoints", sa.Column("mode", sa.String(length=4), server_default="live", nullable=False)
    )
    op.add_column("webhook_endpoints", sa.Column("description", sa.String(length=255), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("previous_sealed_secret", sa.Text(), nullable=True))
    op.add_column(
        "webhook_endpoints", sa.Column("previous_secret_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("webhook_endpoints", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))


def _checks() -> None:
    op.create_check_constraint(
        op.f("ck_analyses_source"), "analyses", "(file_url IS NULL) <> (upload_id IS NULL)"
    )
    op.create_check_constraint(op.f("ck_analyses_mode"), "analyses", "mode IN ('live','test')")
    op.create_check_constraint(
        op.f("ck_evaluations_status"), "evaluations", "status IN ('queued','completed','failed')"
    )
    op.create_check_constraint(
        op.f("ck_evaluations_document"), "evaluations", "(status = 'completed') = (document IS NOT NULL)"
    )


def _protection() -> None:
    for table in TENANT_TABLES:
        for statement in rls.protect(table):
            op.execute(statement)
    for statement in rls.protect("audit_entries"):
        op.execute(statement)
    op.execute(f"REVOKE UPDATE, DELETE ON audit_entries FROM {APP_ROLE}, {OPERATOR_ROLE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON rate_counters TO {APP_ROLE}, {OPERATOR_ROLE}")
    op.execute(rls.present("web_sessions", "token_hash"))
    op.execute(rls.present("users", "lower(email)"))
