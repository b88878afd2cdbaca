"""A disk that is soon full: a small tmpfs, mounted for one test."""

import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def tiny_disk(folder: Path, mebibytes: int, *, files: int = 100) -> Generator[Path]:
    """``folder`` as a disk with room for so many files; skips the test where mounting is not allowed."""
    folder.mkdir(exist_ok=True)
    command = [
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"size={mebibytes}m,nr_inodes={files},mode=700",
        "tmpfs",
        str(folder),
    ]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def remount(disk: Path, option: str) -> None:
    """Change a mounted disk: ``ro``, ``rw``, ``size=40m``."""
    subprocess.run(["mount", "-o", f"remount,{option}", str(disk)], check=True)
