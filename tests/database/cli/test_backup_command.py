"""``calltrace backup`` lets owners see when it was made."""

import asyncio
from pathlib import Path

import typer
from typer.testing import CliRunner

from calltrace.cli.backup import backup
from calltrace.db.session import Database
from calltrace.pipeline import milestones
from calltrace.pipeline.models import Milestone
from calltrace.settings import load_settings


async def _last(dsn: str) -> Milestone | None:
    database = Database(dsn, pool_size=1)
    async with database.operator() as session:
        found = await milestones.last(session, milestones.BACKUP)
    await database.close()
    return found


def test_it_is_written_down_once_the_backup_stands(migrated: str, own_org: str, tmp_path: Path) -> None:
    assert own_org
    app = typer.Typer()
    app.command()(backup)
    settings = load_settings(data_dir=tmp_path / "data", database_url=migrated)
    done = CliRunner().invoke(app, [str(tmp_path / "backup"), "--allow-missing"], obj=settings)
    assert done.exception is None, done.output
    last = asyncio.run(_last(migrated))
    assert last is not None
    assert last.details["rows"] > 0
