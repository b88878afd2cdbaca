"""No file tells of a call that was being erased, or had been told another day, while the file was made.

(Decision 0026.) 0036 and 0044 see an export that is there when the call goes. One that is asked for and made
while the erasing transaction is still open was not there yet, and read the call as it was.
"""

from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    for statement in (_TAKE_BACK, _COUNTED, _CHOSEN, *_MOVED):
        op.execute(statement)


_LOCK = "PERFORM pg_advisory_xact_lock_shared(hashtextextended('exports ' || OLD.org_id, 0));"
"""Whoever takes up an export takes the same lock alone, and so waits for every erasure that is under way."""

# The rows are locked first, always in one order: an export that is being completed, or taken up, at this
# moment is seen as what it becomes.
_TAKE_BACK = """
CREATE FUNCTION take_back_exports(wanted uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told uuid[];
BEGIN
    SELECT array_agg(id) INTO told FROM (
        SELECT id FROM exports
        WHERE id = ANY (wanted)
            AND (status IN ('queued', 'running')
                OR status = 'completed' AND expires_at > clock_timestamp())
        ORDER BY id FOR UPDATE
    ) AS held;
    IF told IS NOT NULL THEN
        UPDATE exports SET expires_at = clock_timestamp() WHERE id = ANY (told) AND status = 'completed';
        UPDATE exports SET status = 'queued' WHERE id = ANY (told) AND status = 'running';
    END IF;
END $$"""


def _covers(moment: str) -> str:
    """A day is given on either side, whatever the time zone."""
    return (
        f"({moment} >= (asked->'period'->>0)::timestamp AT TIME ZONE 'UTC' - interval '1 day'"
        f" AND {moment} < (asked->'period'->>1)::timestamp AT TIME ZONE 'UTC' + interval '2 days')"
    )


_OF_THE_DAY = f"""SELECT array_agg(id) FROM exports
        WHERE org_id = OLD.org_id AND mode = OLD.mode AND kind = 'calls' AND {_covers("OLD.called_at")}"""
_COUNTED = f"""
CREATE OR REPLACE FUNCTION insight_recall_exports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_LOCK}
    PERFORM take_back_exports(({_OF_THE_DAY}));
    RETURN NULL;
END $$"""
_CHOSEN = f"""
CREATE OR REPLACE FUNCTION recall_exports_of_chosen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_LOCK}
    PERFORM take_back_exports((
        SELECT array_agg(id) FROM exports WHERE org_id = OLD.org_id AND OLD.id = ANY (chosen)
    ));
    RETURN NULL;
END $$"""
# A call that moves to another day would be looked for there when it is erased.
_MOVED = (
    f"""
CREATE FUNCTION recall_exports_of_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_LOCK}
    PERFORM take_back_exports(({_OF_THE_DAY} AND NOT {_covers("NEW.called_at")}));
    RETURN NULL;
END $$""",
    """
CREATE TRIGGER insight_moved AFTER UPDATE ON insight_facts
FOR EACH ROW WHEN (OLD.called_at IS DISTINCT FROM NEW.called_at)
EXECUTE FUNCTION recall_exports_of_moved()""",
)
