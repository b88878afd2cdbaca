"""Chats know their language; recordings of bots' calls are known and filed as their voice calls."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("language", sa.String(12), nullable=True))
    tables = ("conversations", "analyses", "users", "web_sessions")
    for table in tables:  # row-level security holds the owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in (_FILED, _NAMED, _SEEN_BEFORE):
        op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


_FILED = """
    UPDATE conversations SET engagement_id = analyses.engagement_id FROM analyses
    WHERE analyses.id = conversations.analysis_id AND conversations.id = analyses.id
        AND conversations.kind = 'voice' AND conversations.engagement_id IS NULL
"""
# Of several recordings with one name the first has it, unless a voice call has it already.
_NAMED = """
    UPDATE conversations SET external_id = named.external_id FROM (
        SELECT DISTINCT ON (org_id, mode, external_id) id, org_id, mode, external_id FROM analyses
        WHERE ai_call AND external_id IS NOT NULL
        ORDER BY org_id, mode, external_id, created_at, id
    ) AS named
    WHERE conversations.id = named.id AND conversations.kind = 'voice' AND conversations.external_id IS NULL
        AND NOT EXISTS (
            SELECT FROM conversations AS other
            WHERE other.org_id = named.org_id AND other.mode = named.mode AND other.kind = 'voice'
                AND other.external_id = named.external_id
        )
"""
# 0020 meant to, and saw no row where the owner of the tables is no superuser.
_SEEN_BEFORE = """
    UPDATE users SET last_seen_at = seen.at
    FROM (SELECT user_id, max(last_seen_at) AS at FROM web_sessions GROUP BY user_id) AS seen
    WHERE seen.user_id = users.id AND users.last_seen_at IS NULL
"""
