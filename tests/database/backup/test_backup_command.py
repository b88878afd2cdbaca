"""``calltrace backup`` lets owners see when it was made; it and ``restore`` say what is damaged."""

import asyncio
import json
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from calltrace.backup.errors import BackupDamagedError, RestoreRefusedError
from calltrace.cli.backup import EXIT_DAMAGED, backup, restore
from calltrace.kit.errors import UsageError
from calltrace.pipeline import milestones
from calltrace.settings import load_settings
from database.backup.conftest import Furnished, NewSite
from database.backup.site import Site


async def _command(site: Site, *arguments: str) -> Result:
    app = typer.Typer()
    app.command()(backup)
    app.command()(restore)
    store = (site.folder / "store").as_uri()
    settings = load_settings(data_dir=site.folder, database_url=site.dsn, storage_url=store)
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments), obj=settings)


async def test_it_is_written_down_once_the_backup_stands(furnished: Furnished, tmp_path: Path) -> None:
    done = await _command(furnished.site, "backup", str(tmp_path / "backup"))
    assert done.exception is None, done.output
    async with furnished.site.platform() as platform, platform.database.operator() as session:
        last = await milestones.last(session, milestones.BACKUP)
    assert last is not None
    assert last.details["rows"] > 0


async def test_a_damaged_recording_is_named_by_both_commands(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    root = tmp_path / "backup"
    await _command(furnished.site, "backup", str(root))
    whole = await _command(furnished.site, "backup", "--verify", str(root), "--json")
    assert (whole.exit_code, json.loads(whole.stdout)["damaged"]) == (0, 0)
    [lost] = root.glob("objects/*/[0-9a-f]*")
    lost.unlink()
    empty = await new_site(key=None)
    for site, command in ((furnished.site, ["backup", "--verify"]), (empty, ["restore"])):
        done = await _command(site, *command, str(root), "--json")
        assert done.exit_code == EXIT_DAMAGED, done.output
        assert json.loads(done.stdout)["damaged"] == 1
        assert f"{lost} is missing from the backup." in done.stderr


async def test_what_cannot_be_restored_here_is_told_by_verify(
    furnished: Furnished, new_site: NewSite, tmp_path: Path
) -> None:
    root = tmp_path / "backup"
    await _command(furnished.site, "backup", str(root))
    other = await new_site(key="another key")
    done = await _command(other, "backup", "--verify", str(root))
    assert isinstance(done.exception, RestoreRefusedError)
    [table] = root.glob("state-*/analyses.copy.gz")
    table.unlink()
    done = await _command(furnished.site, "backup", "--verify", str(root))
    assert isinstance(done.exception, BackupDamagedError)


async def test_verify_takes_no_options_of_making_one(furnished: Furnished, tmp_path: Path) -> None:
    done = await _command(furnished.site, "backup", "--verify", "--allow-missing", str(tmp_path / "backup"))
    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "backup").exists()
