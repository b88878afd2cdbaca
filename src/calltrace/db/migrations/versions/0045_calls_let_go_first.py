"""Whoever deletes what calls are sorted by locks these calls before alert rules, in whatever database.

(docs/architecture.md, rules of the house.) By foreign keys alone the order is that in which they were made,
and a database that came out of a dump has another one than a migrated database.
"""

from alembic import op

revision = "0045"
down_revision = "0044"

_SORTED_BY = {"agents": "agent_id", "queues": "queue_id", "projects": "project_id"}


def upgrade() -> None:
    for table, column in _SORTED_BY.items():
        op.execute(_let_go(table, column))
        op.execute(
            f"CREATE TRIGGER calls_let_go BEFORE DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION calls_let_go_of_{table}()"
        )


# Before the deletion, but after its lock on the row: no call can be given what goes any more.
def _let_go(table: str, column: str) -> str:
    return f"""
CREATE FUNCTION calls_let_go_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE analyses SET {column} = NULL WHERE {column} = OLD.id;
    RETURN OLD;
END $$"""
