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


async def check(root: Path, manifest: Manifest, moved: Moved) -> dict[str, str]:
    """Read everything once; answers what is wrong with stored objects, a sentence each by their names.

    Without one of its objects a backup can be restored, without one of its other files it cannot.

    Raises:
        BackupDamagedError: naming the first other file that is missing or was changed.
    """
    for entry in manifest.files:
        fault = await asyncio.to_thread(_fault, root / manifest.state / entry.name, entry.bytes, entry.sha256)
        if fault:
            raise BackupDamagedError(fault)
    faults: dict[str, str] = {}
    found = 0
    for entry in listed(root, manifest):
        if not found % _EVERY:
            moved("checking", found, manifest.objects.total)
        fault = await asyncio.to_thread(_fault, entry.path(root), entry.bytes, entry.sha256)
        if fault:
            faults[entry.name] = fault
        found += 1
    if found != manifest.objects.total:
        raise BackupDamagedError(f"The backup lists {found} recordings, and should {manifest.objects.total}.")
    return faults


def listed(root: Path, manifest: Manifest) -> Iterator[ObjectEntry]:
    """The objects of a backup, one by one."""
    for line in files.lines(root / manifest.state / manifest.objects.file.name):
        yield ObjectEntry.model_validate(line)


def _fault(path: Path, size: int, sha256: str) -> str | None:
    try:
        whole = path.stat().st_size == size and digests.sha256(path) == sha256
    except FileNotFoundError:
        return f"{path} is missing from the backup."
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}."
    return None if whole else f"{path} was changed since the backup was made."
