"""Migration drift: the tables that the migrations make must be the tables that the models describe."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from calltrace.db.migrate import migrate
from calltrace.db.session import make_engine
from calltrace.db.tables import all_tables, ours


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
    return compare_metadata(context, all_tables())


async def drift(dsn: str) -> list[Any]:
    """Migrate a database and answer what a new migration would still have to do."""
    await migrate(dsn)
    engine = make_engine(dsn, None)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences)
    finally:
        await engine.dispose()
