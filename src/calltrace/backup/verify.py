"""Whether a backup is whole: every file there, and every byte as it was written."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from calltrace.backup import files
from calltrace.backup.errors import BackupDamagedError
from calltrace.backup.manifest import Manifest, ObjectEntry
from calltrace.backup.snapshot import Moved
from calltrace.kit import digests

_EVERY = 16


async def check(root: Path, manifest: Manifest, moved: Moved) -> None:
    """Read everything once; returns quietly if all is well.

    Raises:
        BackupDamagedError: naming the first file that is missing or was changed.
    """
    for entry in manifest.files:
        await asyncio.to_thread(_check, root / manifest.state / entry.name, entry.bytes, entry.sha256)
    found = 0
    for entry in listed(root, manifest):
        if not found % _EVERY:
            moved("checking", found, manifest.objects.total)
        await asyncio.to_thread(_check, entry.path(root), entry.bytes, entry.sha256)
        found += 1
    if found != manifest.objects.total:
        raise BackupDamagedError(f"The backup lists {found} recordings, and should {manifest.objects.total}.")


def listed(root: Path, manifest: Manifest) -> Iterator[ObjectEntry]:
    """The objects of a backup, one by one."""
    for line in files.lines(root / manifest.state / manifest.objects.file.name):
        yield ObjectEntry.model_validate(line)


def _check(path: Path, size: int, sha256: str) -> None:
    try:
        if path.stat().st_size == size and digests.sha256(path) == sha256:
            return
    except FileNotFoundError:
        raise BackupDamagedError(f"{path} is missing from the backup.") from None
    except OSError as error:
        raise BackupDamagedError(f"{path} cannot be read: {error.strerror}.") from error
    raise BackupDamagedError(f"{path} was changed since the backup was made.")
