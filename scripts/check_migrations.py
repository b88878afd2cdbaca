"""Migration drift: the tables that the migrations make must be the tables that the models describe.

Starts the embedded server on a temporary directory, migrates, and compares.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer
from calltrace.db.migrate import migrate
from calltrace.db.session import make_engine
from calltrace.db.tables import all_tables


def ours(_object: Any, name: str | None, kind: str, *_rest: Any) -> bool:
    """The queue engine looks after its own tables."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))


def differences(connection: Connection) -> list[Any]:
    """What a new migration would have to do."""
    context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
    return compare_metadata(context, all_tables())


async def drift(dsn: str) -> list[Any]:
    """Migrate an empty database and compare."""
    await migrate(dsn)
    engine = make_engine(dsn, None)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    return found


def main() -> int:
    """Exit status 1 when models and migrations differ."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(EmbeddedConfig(Path(folder) / "data"), lambda _message: None)
        dsn = server.start()
        try:
            found = asyncio.run(drift(dsn))
        finally:
            server.stop()
    for one in found:
        print("models and migrations differ:", one)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
