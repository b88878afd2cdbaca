"""Erasing a call takes back only exports that can tell of it, and an export leaves no object behind."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.add_column("exports", sa.Column("lost", sa.Integer(), server_default="0", nullable=False))
    for statement in (_RECALL, *_LEFT):
        op.execute(statement)


# Which calls an export can tell of is said by its days alone: agent or queue of a call may have changed since
# the file was made. A day is given on either side, whatever its time zone. The rows are locked first, always
# in one order: an export that is being completed, or taken up, at this moment is seen as what it becomes.
_RECALL = """
CREATE OR REPLACE FUNCTION insight_recall_exports() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told uuid[];
BEGIN
    SELECT array_agg(id) INTO told FROM (
        SELECT id FROM exports
        WHERE org_id = OLD.org_id AND mode = OLD.mode AND kind = 'calls'
            AND (status IN ('queued', 'running')
                OR status = 'completed' AND expires_at > clock_timestamp())
            AND OLD.called_at >= (asked->'period'->>0)::timestamp AT TIME ZONE 'UTC' - interval '1 day'
            AND OLD.called_at < (asked->'period'->>1)::timestamp AT TIME ZONE 'UTC' + interval '2 days'
        ORDER BY id FOR UPDATE
    ) AS held;
    IF told IS NOT NULL THEN
        UPDATE exports SET expires_at = clock_timestamp() WHERE id = ANY (told) AND status = 'completed';
        UPDATE exports SET status = 'queued' WHERE id = ANY (told) AND status = 'running';
    END IF;
    RETURN NULL;
END $$"""
_LEFT = (
    """
CREATE FUNCTION doom_export() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO doomed_objects (org_id, object_key, due_at)
    SELECT OLD.org_id, OLD.object_key, clock_timestamp()
    WHERE EXISTS (SELECT FROM organisations WHERE id = OLD.org_id)
    ON CONFLICT (object_key) DO UPDATE SET due_at = least(doomed_objects.due_at, excluded.due_at);
    RETURN OLD;
END $$""",
    """
CREATE TRIGGER export_left BEFORE DELETE ON exports
FOR EACH ROW WHEN (OLD.object_key IS NOT NULL) EXECUTE FUNCTION doom_export()""",
)
