"""Signed requests, files that wait, chats and voice calls, surveys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls
from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    _signatures()
    _uploads()
    _analyses()
    _insights()
    _waiting_files()
    _conversations()
    _surveys()
    op.add_column("webhook_endpoints", _moment("updated_at"))


def _moment(name: str) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def _reference(name: str, target: str, ondelete: str) -> sa.Column:
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=True)


def _tenant() -> tuple[sa.Column, ...]:
    return (
        sa.Column("id", sa.Uuid(), primary_key=True, nullable=False),
        sa.Column("org_id", sa.Uuid(), sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
        _moment("created_at"),
    )


def _protect(table: str) -> None:
    for statement in rls.protect(table):
        op.execute(statement)


def _signatures() -> None:
    op.create_table(
        "spent_signatures",
        sa.Column("digest", sa.String(64), primary_key=True, nullable=False),
        _moment("spent_at"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_spent_signatures_spent_at", "spent_signatures", ["spent_at"])
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON spent_signatures TO {APP_ROLE}, {OPERATOR_ROLE}")


def _uploads() -> None:
    op.add_column(
        "uploads", sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.drop_constraint(op.f("ck_uploads_status"), "uploads", type_="check")
    op.create_check_constraint("status", "uploads", "status IN ('open','complete','used','kept','spent')")


def _analyses() -> None:
    op.add_column("analyses", sa.Column("medium", sa.String(5), server_default="voice", nullable=False))
    op.add_column("analyses", sa.Column("scorecard_id", sa.Uuid(), nullable=True))
    op.create_check_constraint("medium", "analyses", "medium IN ('voice','text')")
    op.drop_constraint(op.f("ck_analyses_source"), "analyses", type_="check")
    op.create_check_constraint(
        "source", "analyses",
        "CASE WHEN medium = 'voice' THEN (file_url IS NULL) <> (upload_id IS NULL)"
        " ELSE file_url IS NULL AND upload_id IS NULL END",
    )  # fmt: skip


def _insights() -> None:
    """Chats are no calls that minutes, silence and recordings are counted of."""
    op.execute("""
        DO $$ BEGIN
            EXECUTE 'CREATE OR REPLACE VIEW insight_states WITH (security_invoker = true) AS '
                || rtrim(pg_get_viewdef('insight_states'::regclass), ';') || ' WHERE a.medium = ''voice''';
        END $$
    """)


def _waiting_files() -> None:
    op.create_table(
        "waiting_files",
        *_tenant(),
        sa.Column("upload_id", sa.Uuid(), sa.ForeignKey("uploads.id", ondelete="CASCADE"), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("language", sa.String(12), server_default="auto", nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        _reference("agent_id", "agents", "SET NULL"),
        _reference("queue_id", "queues", "SET NULL"),
        _reference("engagement_id", "engagements", "SET NULL"),
        _reference("call_center_id", "call_centers", "SET NULL"),
        sa.Column("ai_call", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("upload_id"),
    )
    op.create_index(
        "ix_waiting_files_org_id", "waiting_files", ["org_id", sa.text("created_at DESC"), sa.text("id DESC")]
    )
    _protect("waiting_files")


def _conversations() -> None:
    op.create_table(
        "conversations",
        *_tenant(),
        sa.Column("kind", sa.String(5), nullable=False),
        sa.Column("mode", sa.String(4), server_default="live", nullable=False),
        sa.Column("external_id", sa.String(255), nullable=True),
        sa.Column("channel_id", sa.String(255), nullable=True),
        _reference("queue_id", "queues", "SET NULL"),
        _reference("agent_id", "agents", "SET NULL"),
        sa.Column("status", sa.String(10), server_default="completed", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _reference("analysis_id", "analyses", "CASCADE"),
        sa.CheckConstraint("kind IN ('text','voice')", name="kind"),
        sa.CheckConstraint("status IN ('active','completed')", name="status"),
        sa.UniqueConstraint("org_id", "kind", "external_id"),
    )
    op.create_index(
        "ix_conversations_org_id", "conversations",
        ["org_id", "mode", sa.text("created_at DESC"), sa.text("id DESC")],
    )  # fmt: skip
    op.create_index("ix_conversations_analysis_id", "conversations", ["analysis_id"])
    op.create_table(
        "conversation_messages",
        *_tenant(),
        sa.Column(
            "conversation_id",
            sa.Uuid(),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('customer','agent','bot')", name="role"),
        sa.UniqueConstraint("conversation_id", "position"),
    )
    op.create_table(
        "voice_calls",
        sa.Column(
            "id", sa.Uuid(), sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True,
            nullable=False,
        ),
        sa.Column("org_id", sa.Uuid(), sa.ForeignKey("organisations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("direction", sa.String(10), server_default="Inbound", nullable=False),
        sa.Column("state", sa.String(10), server_default="Completed", nullable=False),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("talk_time_seconds", sa.Double(), nullable=True),
        sa.Column("outcome", sa.String(255), nullable=True),
        sa.CheckConstraint("direction IN ('Inbound','Outbound')", name="direction"),
        sa.CheckConstraint("state IN ('Completed','Busy','NoAnswer','Failed')", name="state"),
    )  # fmt: skip
    for table in ("conversations", "conversation_messages", "voice_calls"):
        _protect(table)
    _calls_of_bots()


def _calls_of_bots() -> None:
    """Recordings that no person took are voice calls."""
    tables = ("analyses", "conversations", "voice_calls")
    for table in tables:  # row-level security holds the owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO conversations (id, org_id, created_at, kind, mode, queue_id, agent_id, started_at,"
        " analysis_id) SELECT id, org_id, created_at, 'voice', mode, queue_id, agent_id, called_at, id"
        " FROM analyses WHERE ai_call"
    )
    op.execute("INSERT INTO voice_calls (id, org_id) SELECT id, org_id FROM conversations")
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def _surveys() -> None:
    op.create_table(
        "surveys",
        *_tenant(),
        _reference("conversation_id", "conversations", "CASCADE"),
        _reference("analysis_id", "analyses", "CASCADE"),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("completion_reason", sa.String(12), nullable=True),
        sa.Column("total_questions", sa.Integer(), nullable=False),
        sa.Column("questions_answered", sa.Integer(), nullable=False),
        sa.Column("calculated_score", sa.Double(), nullable=True),
        sa.Column("responses", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('Completed','Partial','NotStarted')", name="state"),
        sa.CheckConstraint(
            "completion_reason IN ('AllAnswered','HangUp','Timeout')", name="completion_reason"
        ),
        sa.CheckConstraint("num_nonnulls(conversation_id, analysis_id) = 1", name="subject"),
        sa.UniqueConstraint("conversation_id"),
        sa.UniqueConstraint("analysis_id"),
    )
    _protect("surveys")
