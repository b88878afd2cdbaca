"""What calls are found by: the words of each beside it, and an index of them; exports of chosen calls.

(Decision 0041.) A row comes with its call. It is emptied in the transaction that changes the call's names or its transcript, and
read anew later: what is not true any more is never found.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from calltrace.db import rls
from calltrace.db.session import APP_ROLE, OPERATOR_ROLE

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    op.create_table(
        "call_texts",
        sa.Column("analysis_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("mode", sa.String(4), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("folded", sa.Text(), nullable=True),
        sa.Column("words", TSVECTOR(), nullable=True),
        sa.PrimaryKeyConstraint("analysis_id"),
    )
    # Long texts rest elsewhere: whoever looks through many rows for their moments reads few pages.
    op.execute("ALTER TABLE call_texts SET (toast_tuple_target = 128)")
    for statement in (_EMPTY, *_WATCH):
        op.execute(statement)
    for table in ("analyses", "call_texts"):  # row-level security holds the owner too
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO call_texts (analysis_id, org_id, mode, created_at)"
        " SELECT id, org_id, mode, created_at FROM analyses"
    )
    for column, table in (("analysis_id", "analyses"), ("org_id", "organisations")):
        op.create_foreign_key(None, "call_texts", table, [column], ["id"], ondelete="CASCADE")
    op.create_index(
        "ix_call_texts_words", "call_texts", ["words"], postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )  # fmt: skip
    op.create_index(
        "ix_call_texts_due", "call_texts", ["org_id", sa.text("created_at DESC")],
        postgresql_where=sa.text("words IS NULL"),
    )  # fmt: skip
    op.execute("ALTER TABLE analyses FORCE ROW LEVEL SECURITY")
    for statement in (*rls.protect("call_texts"), _MATCHES, *_owned_by_the_operator()):
        op.execute(statement)
    op.add_column("exports", sa.Column("chosen", ARRAY(sa.Uuid()), nullable=True))
    for statement in _RECALL:
        op.execute(statement)


_EMPTY = """
CREATE FUNCTION call_text_is_due(one uuid) RETURNS void LANGUAGE sql AS $$
    UPDATE call_texts SET named = NULL, said = NULL, folded = NULL, words = NULL WHERE analysis_id = one
$$"""
# A row that is due already is written all the same: whoever reads the call at that moment holds it, and is
# waited for. What it read is emptied then.
_WATCH = (
    """
CREATE FUNCTION call_text_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO call_texts (analysis_id, org_id, mode, created_at)
    VALUES (NEW.id, NEW.org_id, NEW.mode, NEW.created_at);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER call_text_begins AFTER INSERT ON analyses
FOR EACH ROW EXECUTE FUNCTION call_text_begins()""",
    """
CREATE FUNCTION call_text_names_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE call_texts SET mode = NEW.mode, created_at = NEW.created_at WHERE analysis_id = NEW.id;
    PERFORM call_text_is_due(NEW.id);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER call_text_names_changed
AFTER UPDATE OF file_name, file_url, external_id, mode, created_at ON analyses
FOR EACH ROW EXECUTE FUNCTION call_text_names_changed()""",
    """
CREATE FUNCTION call_text_words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM call_text_is_due(CASE TG_OP WHEN 'DELETE' THEN OLD.analysis_id ELSE NEW.analysis_id END);
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER call_text_words_changed AFTER INSERT OR UPDATE OF document OR DELETE ON transcripts
FOR EACH ROW EXECUTE FUNCTION call_text_words_changed()""",
)
# Row-level security lets no index answer what words there are: matching words could leak. This asks the
# index as the operator, and answers for the organisation of the transaction alone.
_MATCHES = f"""
CREATE FUNCTION call_matches(wanted tsquery, of_mode text, before timestamptz, before_id uuid, most int)
RETURNS TABLE (analysis_id uuid, created_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = public, pg_temp SET enable_seqscan = off
AS $body$
BEGIN
    RETURN QUERY EXECUTE $query$
        SELECT t.analysis_id, t.created_at FROM call_texts t
        WHERE t.words @@ $1 AND t.org_id = {rls.CURRENT_ORG} AND t.mode = $2
            AND (t.created_at, t.analysis_id) < ($3, $4)
        ORDER BY t.created_at DESC, t.analysis_id DESC LIMIT $5
    $query$ USING wanted, of_mode, before, before_id, most;
END $body$"""


def _owned_by_the_operator() -> list[str]:
    return [
        "REVOKE ALL ON FUNCTION call_matches FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION call_matches TO {APP_ROLE}",
        f"GRANT CREATE ON SCHEMA public TO {OPERATOR_ROLE}",
        f"ALTER FUNCTION call_matches OWNER TO {OPERATOR_ROLE}",
        f"REVOKE CREATE ON SCHEMA public FROM {OPERATOR_ROLE}",
    ]


# Chosen calls may be chats, of which nothing is counted: what 0036 does for counted calls misses them.
_RECALL = (
    """
CREATE FUNCTION recall_exports_of_chosen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told uuid[];
BEGIN
    SELECT array_agg(id) INTO told FROM (
        SELECT id FROM exports
        WHERE org_id = OLD.org_id AND OLD.id = ANY (chosen)
            AND (status IN ('queued', 'running')
                OR status = 'completed' AND expires_at > clock_timestamp())
        ORDER BY id FOR UPDATE
    ) AS held;
    IF told IS NOT NULL THEN
        UPDATE exports SET expires_at = clock_timestamp() WHERE id = ANY (told) AND status = 'completed';
        UPDATE exports SET status = 'queued' WHERE id = ANY (told) AND status = 'running';
    END IF;
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER recall_exports_of_chosen AFTER DELETE ON analyses
FOR EACH ROW EXECUTE FUNCTION recall_exports_of_chosen()""",
)
