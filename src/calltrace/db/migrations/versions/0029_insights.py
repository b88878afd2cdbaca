"""Facts of calls, kept by triggers in the transaction that changes the call, and their sums (decision 0026)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from calltrace.db import rls
from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

revision = "0029"
down_revision = "0028"

COUNTED = (
    "org_id", "mode", "called_at", "project_id", "engagement_id", "call_center_id", "queue_id", "agent_id",
    "ai_call", "state", "duration_ms", "silence_ms", "evaluation_id", "scorecard_id", "score", "passed", "mood",
    "effort", "escalated", "criteria", "verdicts", "notes",
)  # fmt: skip
DIMENSIONS = ("project_id", "engagement_id", "call_center_id", "queue_id", "agent_id")
CALLS = (
    "calls", "completed", "failed", "duration_ms", "completed_ms", "silence_ms", "scored", "score", "judged",
    "passed", "positive", "neutral", "negative", "ai", "evaluated", "effort", "escalated",
)  # fmt: skip
MARKS = ("met", "partly_met", "not_met", "not_applicable", "needs_review", "noted", "note")
WATCHED = (
    "status", "mode", "called_at", "project_id", "engagement_id", "call_center_id", "queue_id", "agent_id",
    "ai_call", "duration_seconds", "metrics",
)  # fmt: skip


def upgrade() -> None:
    _facts()
    _changes()
    _zones()
    _sums("insight_cells", CALLS)
    _sums(
        "insight_marks",
        MARKS,
        sa.Column("scorecard_id", sa.Text()),
        sa.Column("criterion", sa.Text(), nullable=False),
    )
    op.execute(_STATES)
    op.execute(f"GRANT SELECT ON insight_states TO {APP_ROLE}, {OPERATOR_ROLE}")
    for statement in (*_REFRESH, *_WATCH, *_NOTE):
        op.execute(statement)
    _count_the_past()


def _counted() -> list[sa.Column]:
    return [
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in DIMENSIONS),
        sa.Column("ai_call", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(9), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("silence_ms", sa.BigInteger(), nullable=True),
        sa.Column("evaluation_id", sa.Uuid(), nullable=True),
        sa.Column("scorecard_id", sa.Text(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("mood", sa.Text(), nullable=True),
        sa.Column("effort", sa.Integer(), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=True),
        sa.Column("criteria", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("verdicts", sa.Text(), nullable=True),
        sa.Column("notes", postgresql.ARRAY(sa.Integer()), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
    ]


def _facts() -> None:
    op.create_table(
        "insight_facts",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        *_counted(),
        sa.ForeignKeyConstraint(["analysis_id"], ["analyses.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("analysis_id"),
    )
    latest = sa.text("called_at DESC")
    op.create_index("ix_insight_facts_called_at", "insight_facts", ["org_id", "mode", latest, "analysis_id"])
    for column in ("agent_id", "queue_id"):
        op.create_index(
            f"ix_insight_facts_{column}", "insight_facts", [column, latest],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    _protect("insight_facts")


def _changes() -> None:
    op.create_table(
        "insight_changes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("sign", sa.SmallInteger(), nullable=False),
        *_counted(),
        sa.CheckConstraint("sign IN (-1, 1)", name="sign"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_insight_changes_org_id", "insight_changes", ["org_id", "mode"])
    _protect("insight_changes")


def _zones() -> None:
    op.create_table(
        "insight_zones",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("ready", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("round", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("org_id", "zone"),
    )
    _protect("insight_zones")


def _sums(table: str, measures: tuple[str, ...], *more: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("grain", sa.String(1), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in DIMENSIONS),
        *more,
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in measures),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
    )
    keys = ["org_id", "mode", "zone", "grain", "kind", "starts", *DIMENSIONS, *(one.name for one in more)]
    op.create_index(f"uq_{table}", table, keys, unique=True, postgresql_nulls_not_distinct=True)
    for column in ("agent_id", "queue_id"):
        op.create_index(
            f"ix_{table}_{column}", table, [column, "zone", "grain", "kind", "starts"],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )  # fmt: skip
    _protect(table)


def _protect(table: str) -> None:
    for statement in rls.protect(table):
        op.execute(statement)


_STATES = """
CREATE VIEW insight_states WITH (security_invoker = true) AS
SELECT a.id AS analysis_id, a.org_id, a.mode, a.called_at, a.project_id, a.engagement_id, a.call_center_id,
    a.queue_id, a.agent_id, a.ai_call,
    CASE WHEN a.status IN ('completed', 'failed') THEN a.status ELSE 'pending' END::varchar(9) AS state,
    round((a.duration_seconds * 1000)::numeric)::bigint AS duration_ms,
    round((a.metrics ->> 'silenceSeconds')::numeric * 1000)::bigint AS silence_ms,
    shown.id AS evaluation_id,
    shown.said #>> '{scorecard,id}' AS scorecard_id,
    round((shown.score * 10)::numeric)::int AS score,
    shown.passed,
    shown.said #>> '{sentiment,customer}' AS mood,
    (shown.said ->> 'customerEffortScore')::int AS effort,
    (shown.said ->> 'escalation')::bool AS escalated,
    lines.criteria, lines.verdicts, lines.notes
FROM analyses a
LEFT JOIN LATERAL (
    SELECT e.id, e.score, e.passed, e.document::jsonb AS said FROM evaluations e
    WHERE e.analysis_id = a.id AND e.status = 'completed' ORDER BY e.created_at DESC LIMIT 1
) AS shown ON a.status = 'completed'
LEFT JOIN LATERAL (
    SELECT array_agg(line ->> 'key' ORDER BY place) AS criteria,
        string_agg(CASE line ->> 'verdict' WHEN 'met' THEN 'm' WHEN 'partly_met' THEN 'p' WHEN 'not_met' THEN 'n'
            WHEN 'not_applicable' THEN 'a' ELSE 'r' END, '' ORDER BY place) AS verdicts,
        array_agg(CASE WHEN (line ->> 'maxScore')::numeric > 0
            THEN round(1000 * (line ->> 'score')::numeric / (line ->> 'maxScore')::numeric)::int END
            ORDER BY place) AS notes
    FROM jsonb_array_elements(
        CASE WHEN jsonb_typeof(shown.said -> 'criteria') = 'array' THEN shown.said -> 'criteria' END
    ) WITH ORDINALITY AS every (line, place)
) AS lines ON shown.id IS NOT NULL
"""

_COLUMNS = ", ".join(COUNTED)
_NEW = ", ".join(f"excluded.{name}" for name in COUNTED)
_HELD = ", ".join(f"held.{name}" for name in COUNTED)
# Whoever changes a call holds its row; so of two who change what is counted, the later sees the earlier.
_REFRESH = (
    f"""
CREATE FUNCTION insight_refresh(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM analyses WHERE id = wanted FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    INSERT INTO insight_facts AS held (analysis_id, {_COLUMNS})
    SELECT analysis_id, {_COLUMNS} FROM insight_states WHERE analysis_id = wanted
    ON CONFLICT (analysis_id) DO UPDATE SET ({_COLUMNS}) = ROW({_NEW})
    WHERE ROW({_HELD}) IS DISTINCT FROM ROW({_NEW});
END $$""",
)
_WATCH = (
    """
CREATE FUNCTION insight_analysis_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM insight_refresh(NEW.id);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER insight_added AFTER INSERT ON analyses
FOR EACH ROW EXECUTE FUNCTION insight_analysis_changed()""",
    f"""
CREATE TRIGGER insight_changed AFTER UPDATE OF {", ".join(WATCHED)} ON analyses
FOR EACH ROW WHEN (ROW({", ".join(f"OLD.{one}" for one in WATCHED)})
    IS DISTINCT FROM ROW({", ".join(f"NEW.{one}" for one in WATCHED)}))
EXECUTE FUNCTION insight_analysis_changed()""",
    """
CREATE FUNCTION insight_evaluation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM insight_refresh(CASE TG_OP WHEN 'DELETE' THEN OLD.analysis_id ELSE NEW.analysis_id END);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER insight_evaluated AFTER INSERT OR UPDATE ON evaluations
FOR EACH ROW WHEN (NEW.status = 'completed') EXECUTE FUNCTION insight_evaluation_changed()""",
    """
CREATE TRIGGER insight_forgotten AFTER DELETE ON evaluations
FOR EACH ROW WHEN (OLD.status = 'completed') EXECUTE FUNCTION insight_evaluation_changed()""",
)
# Nothing is noted of an organisation that is deleted as a whole: its sums go with it.
_NOTE = (
    f"""
CREATE FUNCTION insight_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO insight_changes (sign, {_COLUMNS})
        SELECT -1, {", ".join(f"OLD.{name}" for name in COUNTED)}
        WHERE EXISTS (SELECT FROM organisations WHERE id = OLD.org_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO insight_changes (sign, {_COLUMNS}) SELECT 1, {", ".join(f"NEW.{name}" for name in COUNTED)};
    END IF;
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER insight_noted AFTER INSERT OR UPDATE OR DELETE ON insight_facts
FOR EACH ROW EXECUTE FUNCTION insight_note_change()""",
)


def _count_the_past() -> None:
    """Facts of what is there already. Its sums are made by housekeeping, as for a new time zone."""
    held = ("analyses", "evaluations", "insight_facts")  # row-level security holds the owner too
    for table in held:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE insight_facts DISABLE TRIGGER insight_noted")
    op.execute(
        f"INSERT INTO insight_facts (analysis_id, {_COLUMNS}) SELECT analysis_id, {_COLUMNS} FROM insight_states"
    )
    op.execute("ALTER TABLE insight_facts ENABLE TRIGGER insight_noted")
    for table in held:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
