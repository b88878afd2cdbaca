"""Alembic's entry: runs on the connection that ``db.migrate`` hands over."""

from alembic import context

from calltrace.db.tables import all_tables


def ours(_obj: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Leave the queue engine's own tables to the queue engine."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    include_object=ours,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
