"""Commands in this process, against the real database."""

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from calltrace.accounts.service import create_organisation
from calltrace.db.session import Database
from calltrace.settings import load_settings

Run = Callable[..., str]


async def new_organisation(dsn: str) -> str:
    """The id of an organisation that nobody else uses."""
    database = Database(dsn, pool_size=1)
    async with database.operator() as session:
        made = await create_organisation(session, f"org {uuid.uuid4()}")
    await database.close()
    return str(made.id)


@pytest.fixture
def own_org(migrated: str) -> str:
    """An organisation of the test's own."""
    return asyncio.run(new_organisation(migrated))


@pytest.fixture
def run(migrated: str, own_org: str, tmp_path: Path) -> Run:
    """Run one command in an organisation of the test's own, and answer what it printed."""
    settings = load_settings(data_dir=tmp_path, database_url=migrated)

    def command(group: typer.Typer, *arguments: str) -> str:
        done = CliRunner().invoke(group, [*arguments, "--org", own_org], obj=settings)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    return command
