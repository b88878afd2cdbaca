"""The processes of an installation, as the kernel tells of them (Linux)."""

import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_PROC = Path("/proc")

KINDS = {
    "api": "-m calltrace serve",
    "worker": "-m calltrace work",
    "pipeline child": "-m calltrace.pipeline.child",
    "decode child": "-m calltrace.recordings.decode_child",
    "postmaster": "/postgres -D",
    "backend": "postgres: ",
}
"""What is killed, and how its command line is known."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process; with ``started`` it is the same one for good, because ids are used again."""

    pid: int
    parent: int
    started: int
    command: str

    @property
    def kind(self) -> str | None:
        return next((kind for kind, part in KINDS.items() if part in self.command), None)


def adopt_orphans() -> None:
    """From now on whatever loses its parent below this process becomes a child of it: nothing gets away."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def below(root: int) -> list[Process]:
    """Every living process that descends from ``root``."""
    everybody = list(_all())
    family, found = {root}, list[Process]()
    while grown := [one for one in everybody if one.parent in family and one.pid not in family]:
        found += grown
        family |= {one.pid for one in grown}
    return found


def orphans(root: int) -> list[Process]:
    """What was adopted by this process and is not ``root``; the dead among them are buried."""
    ours = [one for one in _all(zombies=True) if one.parent == os.getpid() and one.pid != root]
    return [one for one in ours if not _bury(one.pid)]


def _bury(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _all(*, zombies: bool = False) -> Iterator[Process]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (found := _read(int(entry.name), zombies=zombies)):
            yield found


def _read(pid: int, *, zombies: bool) -> Process | None:
    folder = _PROC / str(pid)
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return None
    if fields[0] == "Z" and not zombies:
        return None
    return Process(pid, int(fields[1]), int(fields[19]), command)
