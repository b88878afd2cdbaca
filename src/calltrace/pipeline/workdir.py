"""A worker's private folder for audio in the clear, and the end of those whose worker is gone."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import structlog

_LOCK = "in-use"
log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@contextmanager
def private_work_dir(parent: Path) -> Generator[Path]:
    """A new folder under ``parent``, held by a lock as long as this process lives.

    Folders of workers that were killed hold recordings in the clear; whoever comes next removes them.
    """
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(parent)
    with tempfile.TemporaryDirectory(prefix="worker-", dir=parent) as name:
        folder = Path(name)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def sweep(parent: Path) -> None:
    """Remove folders that no living worker holds."""
    for folder in parent.glob("worker-*"):
        if _is_free(folder / _LOCK):
            log.warning("work_dir_swept", folder=folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def _is_free(path: Path) -> bool:
    """Whether nobody holds the lock; a folder whose lock file is not there yet is being made."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
