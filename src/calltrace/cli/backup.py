"""``calltrace backup`` and ``restore``: database, recordings and secret key, one consistent state."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import text

from calltrace.backup import restore as restoring
from calltrace.backup.errors import RestoreRefusedError
from calltrace.backup.folder import claimed
from calltrace.backup.keys import Kept, KeyAtHand
from calltrace.backup.manifest import Manifest
from calltrace.backup.restore import Restored
from calltrace.backup.service import Made, Options, back_up
from calltrace.cli import instance
from calltrace.cli.bars import counted
from calltrace.cli.output import JsonOption, say, show_one
from calltrace.db.session import Database
from calltrace.kit import logs
from calltrace.kit.errors import UsageError
from calltrace.pipeline import milestones
from calltrace.settings import Settings
from calltrace.storage import ObjectStore

EXIT_DAMAGED = 3
"""Everything was done but for stored objects that are damaged in the backup."""
DirectoryArgument = Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Its folder.")]

_ELSEWHERE = "keep it elsewhere, without it recordings and secrets stay sealed."
KEY_NOTES: dict[Kept, str] = {
    "included": "The secret key is included: whoever has this folder can open all of it.",
    "left_out": f"The secret key is not included: {_ELSEWHERE}",
    "from_setting": f"SECRET_KEY is set, so the key is not included: {_ELSEWHERE}",
    "not_here": f"There is no secret key on this machine, so it is not included: {_ELSEWHERE}",
    "does_not_fit": "The secret key of this machine does not open what is stored, so it is not included:"
    f" {_ELSEWHERE}",
}


def backup(
    context: typer.Context,
    directory: DirectoryArgument,
    without_secret_key: Annotated[
        bool, typer.Option("--without-secret-key", help="Leave the secret key out: it is kept elsewhere.")
    ] = False,
    allow_missing: Annotated[
        bool,
        typer.Option("--allow-missing", help="Go on when stored recordings are gone from the object store."),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Save nothing: read the backup in DIR whole; can it be restored?")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Save database and recordings, running or not; into the same DIR again, only what is new is copied.

    With --verify, exit status 0: all of it is whole; 3: it can be restored, without the recordings that are
    named; 1: it cannot be restored here.
    """
    settings = _settings(context)
    if verify:
        if without_secret_key or allow_missing:
            raise UsageError("--verify reads a backup, and takes no options of making one.")
        _verify(settings, directory, as_json=as_json)
        return
    options = Options(secret_key=not without_secret_key, allow_missing=allow_missing)
    with instance.database_url(settings, as_it_is=True) as dsn, claimed(directory.absolute()) as folder:
        store = ObjectStore.from_url(settings.effective_storage_url)
        with counted("backup") as moved:
            made = asyncio.run(back_up(dsn, store, folder, _key(settings), options, moved))
        asyncio.run(_note(dsn, made))
    show_one(_summary(directory, made), as_json=as_json)
    say(KEY_NOTES[made.key])
    if made.lost:
        say(f"{len(made.lost)} recordings are gone from the object store, and so not in this backup.")


def _verify(settings: Settings, directory: Path, *, as_json: bool) -> None:
    with restoring.opened(directory.absolute()) as found, counted("verify") as moved:
        source = asyncio.run(restoring.examine(directory.absolute(), found, _key(settings), moved))
    show_one({**_state(directory, found), "damaged": len(source.faults)}, as_json=as_json)
    _tell_damage(source.faults, "The backup is whole, and can be restored with the key that is at hand.")


def _tell_damage(faults: Mapping[str, str], all_well: str) -> None:
    """Say every stored object that is damaged in the backup, and end with a status of its own."""
    if not faults:
        say(all_well)
        return
    for fault in faults.values():
        say(fault)
    say(f"{len(faults)} recordings are damaged in the backup; everything else of it is whole.")
    raise typer.Exit(EXIT_DAMAGED)


async def _note(dsn: str, made: Made) -> None:
    """Let owners see when the last backup was made; a database of an older schema has no place for it."""
    database = Database(dsn, pool_size=1)
    try:
        async with database.operator() as session:
            if await session.scalar(text("SELECT to_regclass('public.milestones') IS NOT NULL")):
                details = {"rows": made.manifest.rows, "recordings": made.manifest.objects.total}
                await milestones.reach(session, milestones.BACKUP, details)
    finally:
        await database.close()


def restore(context: typer.Context, directory: DirectoryArgument, as_json: JsonOption = False) -> None:
    """Bring a backup back into an empty installation; everything is checked before anything is changed.

    Recordings that are damaged in the backup are left out and named at the end, with exit status 3.
    """
    settings, root = _settings(context), directory.absolute()
    with restoring.opened(root) as found, counted("restore") as moved:
        source = asyncio.run(restoring.examine(root, found, _key(settings), moved))
        with _target(settings) as dsn:
            store = ObjectStore.from_url(settings.effective_storage_url)
            restored = asyncio.run(restoring.bring_back(dsn, store, source, _key(settings), moved))
    show_one(_report(directory, restored), as_json=as_json)
    say("Restored. Start `calltrace up`, or `serve` and `work`: unfinished work goes on by itself.")
    _tell_damage(restored.faults, "All recordings of the backup are there.")


@contextmanager
def _target(settings: Settings) -> Generator[str]:
    """The database to fill; an embedded one is started, as it is."""
    if not settings.database_url and instance.running_url(settings):
        raise RestoreRefusedError(
            f"A platform is running on {settings.data_dir}: restore into an empty CALLTRACE_DATA_DIR."
        )
    if settings.database_url:
        yield settings.database_url
        return
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with instance.embedded_server(settings, lambda _message: None) as (_server, dsn):
        yield dsn


def _settings(context: typer.Context) -> Settings:
    """Settings; what is logged goes to stderr."""
    settings = instance.settings_of(context)
    logs.configure(settings.log_level, settings.log_format)
    return settings


def _key(settings: Settings) -> KeyAtHand:
    return KeyAtHand(settings.secret_key, instance.key_file(settings))


def _summary(directory: Path, made: Made) -> dict[str, Any]:
    counts = made.counts
    return {
        **_state(directory, made.manifest), "copied": counts.copied, "kept": counts.kept,
        "erased": made.erased, "lost": made.lost, "secretKey": made.key, "seconds": round(made.seconds, 3),
    }  # fmt: skip


def _report(directory: Path, restored: Restored) -> dict[str, Any]:
    return {
        **_state(directory, restored.manifest), "revision": restored.revision,
        "secretKeyInstalled": restored.key_installed, "damaged": len(restored.faults),
        "seconds": round(restored.seconds, 3),
    }  # fmt: skip


def _state(directory: Path, manifest: Manifest) -> dict[str, Any]:
    files = sum(one.bytes for one in manifest.files)
    return {
        "directory": str(directory), "createdAt": manifest.created_at, "version": manifest.version,
        "revision": manifest.revision, "tables": len(manifest.tables), "rows": manifest.rows,
        "recordings": manifest.objects.total, "bytes": manifest.objects.bytes + files,
    }  # fmt: skip
