"""Bringing a backup back.

The rows come last, in one transaction: until then the installation is empty, and whatever broke off can be
begun again.
"""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from calltrace import __version__
from calltrace.backup import keys, manifest, verify
from calltrace.backup.errors import BackupNewerError, RestoreFailedError
from calltrace.backup.files import pieces
from calltrace.backup.folder import read_only
from calltrace.backup.keys import KeyAtHand
from calltrace.backup.load import load
from calltrace.backup.manifest import Manifest
from calltrace.backup.snapshot import Moved
from calltrace.backup.target import reserved
from calltrace.db.migrate import migrate, older_revisions
from calltrace.storage import ObjectStore, StorageAwayError


@dataclass(frozen=True, slots=True)
class Source:
    """A backup that was read from end to end, and can be restored.

    Attributes:
        new_key: the secret key that is to be installed with it.
        faults: what is wrong with stored objects, a sentence each by their names: they are left out.
    """

    root: Path
    manifest: Manifest
    new_key: str | None
    faults: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back; ``revision`` is what the schema is at now, ``faults`` as of the source."""

    manifest: Manifest
    revision: str
    key_installed: bool
    faults: Mapping[str, str]
    seconds: float


@contextmanager
def opened(root: Path) -> Generator[Manifest]:
    """A backup's manifest; no new backup changes the folder while the block lasts.

    Raises:
        BackupDamagedError, BackupNewerError, RestoreRefusedError.
    """
    manifest.read(root)
    with read_only(root):
        found = manifest.read(root)
        if found.revision not in older_revisions():
            raise BackupNewerError(
                f"The backup was made by Call Trace {found.version} at schema revision {found.revision},"
                f" which {__version__} does not know: restore it with that version or a newer one."
            )
        yield found


async def examine(root: Path, found: Manifest, key: KeyAtHand, moved: Moved) -> Source:
    """Read the backup from end to end, and find the key that opens it. Nothing is changed anywhere.

    Raises:
        BackupDamagedError: something other than a stored object is missing or was changed.
        RestoreRefusedError: the key that is set here does not open it, or there is none.
    """
    faults = await verify.check(root, found, moved)
    file = root / found.state / found.secret_key.name if found.secret_key else None
    return Source(root, found, keys.choose(key, file, found.sealed_samples), faults)


async def bring_back(dsn: str, store: ObjectStore, source: Source, key: KeyAtHand, moved: Moved) -> Restored:
    """Fill an empty installation with a backup; stored objects that are damaged in it are left out.

    Raises:
        RestoreRefusedError: it is not empty, or is being used.
        RestoreFailedError, BackupDamagedError: database and store took nothing that anybody sees.
        OSError, asyncpg errors: the database went away; the same command can be given again.
    """
    started = time.monotonic()
    found = source.manifest
    async with reserved(dsn, found.revision):
        await _put_objects(store, source, moved)
        if source.new_key is not None:
            keys.install(source.new_key, key.file)
        await migrate(dsn, found.revision)
        await load(dsn, source.root / found.state, found, moved)
        revision = await migrate(dsn)
    seconds = time.monotonic() - started
    return Restored(found, revision, source.new_key is not None, source.faults, seconds)


async def _put_objects(store: ObjectStore, source: Source, moved: Moved) -> None:
    try:
        await store.check()
        for number, entry in enumerate(verify.listed(source.root, source.manifest)):
            moved("recordings", number, source.manifest.objects.total)
            if entry.name not in source.faults:
                await store.put(entry.key, pieces(entry.path(source.root)))
    except StorageAwayError as error:
        raise RestoreFailedError(f"The object store cannot be used: {error.reason}") from error
