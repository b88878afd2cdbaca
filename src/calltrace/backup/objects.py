"""The stored objects that a snapshot names: copied as they are, sealed; one that is there already is kept."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from calltrace.backup import files
from calltrace.backup.errors import BackupFailedError
from calltrace.backup.files import PackedFile
from calltrace.backup.folder import BackupFolder
from calltrace.backup.manifest import Manifest, ObjectEntry, ObjectsEntry
from calltrace.backup.snapshot import Moved, Snapshot
from calltrace.kit import clock, digests
from calltrace.kit.errors import NotFoundError
from calltrace.storage import ObjectStore, StorageAwayError

AT_ONCE = 8
"""Objects that are on their way at once: a cloud answers each only after a while."""
LIST = "objects.jsonl.gz"
EVERY_DAYS = 32
"""Objects that are kept are read again so often, where a backup is made every day."""


@dataclass(slots=True)
class Counts:
    """What became of the objects.

    Attributes:
        absent: keys of those that are not in the store although the snapshot names them.
    """

    copied: int = 0
    kept: int = 0
    bytes: int = 0
    absent: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Wanted:
    """One object that the snapshot names; ``known`` is what an earlier backup in the folder says of it."""

    name: str
    key: str
    fixed: bool
    due: bool
    known: ObjectEntry | None


async def gather(
    store: ObjectStore, folder: BackupFolder, snapshot: Snapshot, previous: Manifest | None, moved: Moved
) -> tuple[ObjectsEntry, Counts]:
    """Bring every object into the folder, and write the list of them into the new state.

    Raises:
        BackupFailedError: the store is away, or the disk is full.
    """
    counts, out = Counts(), PackedFile(folder.state / LIST)
    wanted = _wanted(snapshot.wanted, _Known(folder, previous))
    done = 0
    while batch := list(islice(wanted, AT_ONCE)):
        moved("recordings", done, snapshot.objects)
        for entry in await asyncio.gather(*(_bring(store, folder, one, counts) for one in batch)):
            if entry is not None:
                await out.line(entry.model_dump(mode="json"))
                counts.bytes += entry.bytes
        done += len(batch)
    moved("recordings", done, snapshot.objects)
    total = counts.copied + counts.kept
    return ObjectsEntry(file=await out.close(), total=total, bytes=counts.bytes), counts


class _Known:
    """The list of an earlier backup. It has the same order as ours, so both are walked once, side by side."""

    def __init__(self, folder: BackupFolder, previous: Manifest | None) -> None:
        self._lines = iter(files.lines(folder.list_of(previous)) if previous else ())
        self._next = self._take()

    def of(self, name: str) -> ObjectEntry | None:
        while self._next is not None and self._next.name < name:
            self._next = self._take()
        return self._next if self._next is not None and self._next.name == name else None

    def _take(self) -> ObjectEntry | None:
        line = next(self._lines, None)
        return None if line is None else ObjectEntry.model_validate(line)


def _wanted(path: Path, known: _Known) -> Iterator[Wanted]:
    line: Any
    for line in files.lines(path):
        name, key, fixed, due = line
        yield Wanted(name, key, fixed, due, known.of(name))


async def _bring(
    store: ObjectStore, folder: BackupFolder, wanted: Wanted, counts: Counts
) -> ObjectEntry | None:
    name = wanted.name if wanted.fixed else f"{wanted.name}-{folder.run}"
    path = folder.objects / name[:2] / name
    if wanted.fixed and (entry := await asyncio.to_thread(_kept, path, wanted)):
        counts.kept += 1
        return entry
    try:
        async with aclosing(store.get(wanted.key)) as source:
            saved = await files.save(path, source)
    except NotFoundError:
        if wanted.due:
            counts.absent.append(wanted.key)
        return None
    except StorageAwayError as error:
        raise BackupFailedError(f"The object store cannot be read: {error.reason}") from error
    counts.copied += 1
    return ObjectEntry(key=wanted.key, name=name, bytes=saved.bytes, sha256=saved.sha256)


def _is_turn(entry: ObjectEntry) -> bool:
    """Whether its bytes are read again today: a part of all each day, so that none rots unnoticed."""
    today = clock.now().date().toordinal()
    return int(entry.name[:2], 16) % EVERY_DAYS == today % EVERY_DAYS


def _kept(path: Path, wanted: Wanted) -> ObjectEntry | None:
    """An object that the folder has; a run that broke off left it without an entry in a list."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    known = wanted.known
    if known is not None:
        is_whole = known.bytes == size and (not _is_turn(known) or digests.sha256(path) == known.sha256)
        return known if is_whole else None
    return ObjectEntry(key=wanted.key, name=wanted.name, bytes=size, sha256=digests.sha256(path))
