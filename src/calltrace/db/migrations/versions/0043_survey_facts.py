"""Facts of surveys: what is counted of each is kept beside it, so that a year of them is added up at once.

They are kept in the transaction that changes the survey, its conversation, its call, or the evaluation that the
call shows.
"""

import sqlalchemy as sa
from alembic import op

from calltrace.db import rls
from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

revision = "0043"
down_revision = "0042"

DIMENSIONS = ("project_id", "engagement_id", "call_center_id", "queue_id", "agent_id")
COUNTED = ("org_id", "mode", "called_at", *DIMENSIONS, "answered", "said", "scored")


def upgrade() -> None:
    op.create_table(
        "survey_facts",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in DIMENSIONS),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("said", sa.Double(), nullable=True),
        sa.Column("scored", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organisations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["survey_id"], ["surveys.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("survey_id"),
    )
    op.create_index("ix_survey_facts_called_at", "survey_facts", ["org_id", "mode", "called_at"])
    for statement in (*rls.protect("survey_facts"), _STATES):
        op.execute(statement)
    op.execute(f"GRANT SELECT ON survey_states TO {APP_ROLE}, {OPERATOR_ROLE}")
    for statement in (_REFRESH, *_WATCH):
        op.execute(statement)
    _count_the_past()


_STATES = """
CREATE VIEW survey_states WITH (security_invoker = true) AS
SELECT s.id AS survey_id, s.org_id, s.mode, coalesce(a.called_at, c.started_at) AS called_at, a.project_id,
    coalesce(a.engagement_id, c.engagement_id) AS engagement_id, a.call_center_id,
    coalesce(a.queue_id, c.queue_id) AS queue_id, coalesce(a.agent_id, c.agent_id) AS agent_id,
    s.state <> 'NotStarted' AS answered, s.calculated_score AS said, shown.score AS scored,
    a.id AS analysis_id, c.id AS conversation_id
FROM surveys s
LEFT JOIN conversations c ON c.id = s.conversation_id
LEFT JOIN analyses a ON a.id = coalesce(s.analysis_id, c.analysis_id)
LEFT JOIN LATERAL (
    SELECT e.score FROM evaluations e WHERE e.analysis_id = a.id AND e.status = 'completed'
    ORDER BY e.created_at DESC LIMIT 1
) AS shown ON a.status = 'completed'
"""

_COLUMNS = ", ".join(COUNTED)
_NEW = ", ".join(f"excluded.{name}" for name in COUNTED)
_HELD = ", ".join(f"held.{name}" for name in COUNTED)
# Of a call, or an organisation, that is being deleted nothing is counted any more: its surveys go with it.
_REFRESH = f"""
CREATE FUNCTION survey_refresh(wanted uuid[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO survey_facts AS held (survey_id, {_COLUMNS})
    SELECT survey_id, {_COLUMNS} FROM survey_states AS one
    WHERE survey_id = ANY (wanted) AND called_at IS NOT NULL
        AND EXISTS (SELECT FROM organisations WHERE id = one.org_id)
    ON CONFLICT (survey_id) DO UPDATE SET ({_COLUMNS}) = ROW({_NEW})
    WHERE ROW({_HELD}) IS DISTINCT FROM ROW({_NEW})
$$"""
WATCHED = ("status", "called_at", *DIMENSIONS)
# A survey that comes holds what it is about, in the order of everybody (conversation, analysis), so that of
# two who change what is counted the later sees the earlier. Whoever changes those holds them already.
_WATCH = (
    """
CREATE FUNCTION survey_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    judged uuid := NEW.analysis_id;
BEGIN
    IF NEW.conversation_id IS NOT NULL THEN
        SELECT analysis_id INTO judged FROM conversations WHERE id = NEW.conversation_id FOR NO KEY UPDATE;
    END IF;
    PERFORM FROM analyses WHERE id = judged FOR NO KEY UPDATE;
    PERFORM survey_refresh(ARRAY[NEW.id]);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER survey_counted AFTER INSERT OR UPDATE ON surveys
FOR EACH ROW EXECUTE FUNCTION survey_told()""",
    """
CREATE FUNCTION survey_conversation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM survey_refresh(array_agg(id)) FROM surveys WHERE conversation_id = NEW.id;
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER survey_counted
AFTER UPDATE OF started_at, engagement_id, queue_id, agent_id, analysis_id ON conversations
FOR EACH ROW EXECUTE FUNCTION survey_conversation_changed()""",
    """
CREATE FUNCTION survey_of_analysis(judged uuid) RETURNS void LANGUAGE sql AS $$
    SELECT survey_refresh(array_agg(id)) FROM surveys
    WHERE analysis_id = judged
        OR conversation_id IN (SELECT id FROM conversations WHERE analysis_id = judged)
$$""",
    """
CREATE FUNCTION survey_analysis_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM survey_of_analysis(NEW.id);
    RETURN NULL;
END $$""",
    f"""
CREATE TRIGGER survey_counted AFTER UPDATE OF {", ".join(WATCHED)} ON analyses
FOR EACH ROW WHEN (ROW({", ".join(f"OLD.{one}" for one in WATCHED)})
    IS DISTINCT FROM ROW({", ".join(f"NEW.{one}" for one in WATCHED)}))
EXECUTE FUNCTION survey_analysis_changed()""",
    """
CREATE FUNCTION survey_evaluation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM survey_of_analysis(CASE TG_OP WHEN 'DELETE' THEN OLD.analysis_id ELSE NEW.analysis_id END);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER survey_counted AFTER INSERT OR UPDATE ON evaluations
FOR EACH ROW WHEN (NEW.status = 'completed') EXECUTE FUNCTION survey_evaluation_changed()""",
    """
CREATE TRIGGER survey_forgotten AFTER DELETE ON evaluations
FOR EACH ROW WHEN (OLD.status = 'completed') EXECUTE FUNCTION survey_evaluation_changed()""",
)


def _count_the_past() -> None:
    """Facts of what is there already."""
    held = ("surveys", "conversations", "analyses", "evaluations", "survey_facts")
    for table in held:  # row-level security holds the owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        f"INSERT INTO survey_facts (survey_id, {_COLUMNS}) SELECT survey_id, {_COLUMNS} FROM survey_states"
    )
    for table in held:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
