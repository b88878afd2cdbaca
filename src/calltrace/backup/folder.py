"""The folder of a backup: a state is built beside the old one, put in its place in one step, then cleared up.

``manifest.json`` names the state that counts. ``state-RUN/`` holds tables, list of objects and key;
``objects/`` the objects, which the states share.
"""

import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from calltrace.backup import files, manifest
from calltrace.backup.errors import BackupDamagedError, BackupFailedError, RestoreRefusedError, written
from calltrace.backup.manifest import Manifest, ObjectEntry
from calltrace.db.embedded.lock import FileLock
from calltrace.kit import digests

MARKER = "calltrace-backup.lock"
PRIVATE = 0o700


class BackupFolder:
    """A folder that this process alone works on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.objects = root / "objects"
        self.run = secrets.token_hex(8)
        self.state = root / f"state-{self.run}"
        self._published = False

    def previous(self) -> Manifest | None:
        """The backup that the folder holds; a damaged one counts as none: a new one takes its place."""
        if not (self.root / manifest.FILE).exists():
            return None
        with suppress(BackupDamagedError, OSError):
            found = manifest.read(self.root)
            listed = self.list_of(found)
            if listed.stat().st_size == found.objects.file.bytes:
                return found if digests.sha256(listed) == found.objects.file.sha256 else None
        return None

    def begin(self) -> None:
        """Make the places of a new state."""
        with written():
            self.state.mkdir(mode=PRIVATE)
            self.objects.mkdir(mode=PRIVATE, exist_ok=True)
            for number in range(256):
                (self.objects / f"{number:02x}").mkdir(mode=PRIVATE, exist_ok=True)

    def publish(self, made: Manifest) -> None:
        """From here on this is the backup that the folder holds; before, it was the old one."""
        for folder in (*self.objects.iterdir(), self.objects, self.state):
            files.sync_folder(folder)
        draft = files.HashedFile(self.root / f"{manifest.FILE}.part")
        draft.add(made.encode())
        draft.close()
        with written():
            draft.path.replace(self.root / manifest.FILE)
            self._published = True
        files.sync_folder(self.root)

    def abandon(self) -> None:
        """Remove a state that did not get done; the objects stay for the next run."""
        if self._published:
            return
        shutil.rmtree(self.state, ignore_errors=True)

    def clear_up(self, current: Manifest) -> None:
        """Remove what does not belong to the backup: older states, objects of calls that were erased."""
        for folder in self.root.iterdir():
            if manifest.is_run(folder.name) and folder.name != current.state:
                shutil.rmtree(folder)
        wanted = (ObjectEntry.model_validate(line).name for line in files.lines(self.list_of(current)))
        waiting = next(wanted, None)
        for shard in sorted(self.objects.iterdir()):
            for path in sorted(shard.iterdir()):
                while waiting is not None and waiting < path.name:
                    waiting = next(wanted, None)
                if path.name != waiting:
                    path.unlink()

    def list_of(self, made: Manifest) -> Path:
        """The list of objects of a state."""
        return self.root / made.state / made.objects.file.name


@contextmanager
def claimed(root: Path) -> Generator[BackupFolder]:
    """A folder to write a backup into, made for its owner only.

    Raises:
        BackupFailedError: it holds something else, another backup is under way, or it cannot be made.
    """
    _make(root)
    lock = FileLock(root / MARKER)
    with written():
        free = lock.try_acquire()
    if not free:
        raise BackupFailedError(f"Another backup or restore is at work on {root}.")
    try:
        yield BackupFolder(root)
    finally:
        lock.release()


@contextmanager
def read_only(root: Path) -> Generator[None]:
    """Keep backups from changing a folder while it is read, if it can be written at all.

    Raises:
        RestoreRefusedError: a backup is under way.
    """
    lock = FileLock(root / MARKER)
    try:
        if not lock.try_acquire():
            raise RestoreRefusedError(f"A backup or another restore is at work on {root}.")
    except OSError:
        yield  # a medium that cannot be written: nobody writes a backup there
        return
    try:
        yield
    finally:
        lock.release()


def _make(root: Path) -> None:
    with written():
        root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        ours = (root / MARKER).exists() or (root / manifest.FILE).exists()
        if not ours and any(root.iterdir()):
            raise BackupFailedError(f"{root} holds something else: name a new or an empty folder.")
        root.chmod(PRIVATE)
