"""A worker's private folder for audio in the clear, and the end of those whose worker is gone."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog

from calltrace.kit.disk import room_needed

_LOCK, _GATE = "in-use", ".gate"
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@contextmanager
def private_work_dir(parent: Path) -> Generator[Path]:
    """A new folder under ``parent``, held by a lock as long as this process lives.

    Folders of workers that were killed hold recordings in the clear; whoever comes next removes them.
    One lock on the parent keeps sweeping and making apart: of two workers that start together, neither
    takes the other's half-made folder for an abandoned one.

    Raises:
        DiskFullError: there is no room for a folder.
    """
    with ExitStack() as stack:
        with room_needed():
            folder = _make(parent, stack)
        yield folder


def _make(parent: Path, stack: ExitStack) -> Path:
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(parent / _GATE):
        sweep(parent)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="worker-", dir=parent)))
        stack.enter_context(_locked(folder / _LOCK))
    return folder


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sweep(parent: Path) -> None:
    """Remove folders that no living worker holds."""
    for folder in parent.glob("worker-*"):
        if _is_free(folder / _LOCK):
            log.warning("work_dir_swept", folder=folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock, or there is none: its worker was killed before it had it."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
