"""Alembic's entry: runs on the connection that ``db.migrate`` hands over."""

from alembic import context

from calltrace.db.tables import all_tables, ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    include_object=ours,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
