"""``calltrace backup`` lets owners see when it was made."""

import asyncio
from pathlib import Path

import typer
from typer.testing import CliRunner

from calltrace.cli.backup import backup
from calltrace.pipeline import milestones
from calltrace.settings import load_settings
from database.backup.conftest import Furnished


async def test_it_is_written_down_once_the_backup_stands(furnished: Furnished, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(backup)
    settings = load_settings(data_dir=furnished.site.folder, database_url=furnished.site.dsn)
    command = [str(tmp_path / "backup"), "--allow-missing"]
    done = await asyncio.to_thread(CliRunner().invoke, app, command, obj=settings)
    assert done.exception is None, done.output
    async with furnished.site.platform() as platform, platform.database.operator() as session:
        last = await milestones.last(session, milestones.BACKUP)
    assert last is not None
    assert last.details["rows"] > 0
