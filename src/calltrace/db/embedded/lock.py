"""Locks that die with their holders: ``flock``, never a process id, because ids are reused."""

import fcntl
import os
import weakref
from pathlib import Path

_held: "weakref.WeakSet[FileLock]" = weakref.WeakSet()


class FileLock:
    """An exclusive lock on a file. It lasts until it is released or every process that has it is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = -1
        _held.add(self)

    def try_acquire(self) -> bool:
        """Takes the lock if it is free; ``False`` when another holder, of any process, has it."""
        if self._fd >= 0:
            return True
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def sign(self) -> None:
        """Writes our process id into the file: only for the message that another process shows."""
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def holder(self) -> str:
        """The process id that the holder wrote, or ``unknown``."""
        try:
            return self.path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
        except OSError:
            return "unknown"

    def fileno(self) -> int:
        """The descriptor, to hand the lock on to a child process."""
        return self._fd

    def release(self) -> None:
        """Gives the lock back, also for processes that inherited it."""
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        self.close()

    def close(self) -> None:
        """Lets go of our share only: a child that inherited the lock keeps it."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def is_held(path: Path) -> bool:
    """Whether some process holds the lock at ``path``."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _forget_in_child() -> None:
    # A forked worker must not keep the lock of a supervisor that was killed.
    for lock in _held:
        lock.close()


os.register_at_fork(after_in_child=_forget_in_child)
