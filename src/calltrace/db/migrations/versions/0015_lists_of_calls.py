"""Lists of calls are narrowed down by language, score and file name, however many calls there are."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("analyses", sa.Column("heard_language", sa.String(12), nullable=True))
    for table in ("analyses", "transcripts"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("""
        UPDATE analyses SET heard_language = left(transcripts.document ->> 'language', 12)
        FROM transcripts WHERE transcripts.analysis_id = analyses.id
    """)
    for table in ("analyses", "transcripts"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.create_index(
        "ix_analyses_heard_language",
        "analyses",
        ["org_id", "mode", "heard_language", sa.text("created_at DESC"), sa.text("id DESC")],
        postgresql_where=sa.text("heard_language IS NOT NULL"),
    )
    op.create_index(
        "ix_analyses_file_name", "analyses", ["org_id", "file_name"],
        postgresql_where=sa.text("file_name IS NOT NULL"),
    )  # fmt: skip
    # Comparisons of numeric are not leakproof: under row-level security no index on them is ever used.
    op.execute("ALTER TABLE evaluations ALTER COLUMN score TYPE double precision")
    op.create_index(
        "ix_evaluations_score", "evaluations", ["org_id", "score"],
        postgresql_where=sa.text("status = 'completed'"),
    )  # fmt: skip
