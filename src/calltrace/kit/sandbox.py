"""What a child process does to itself before it touches a file that a stranger sent.

Unprivileged and for good: resource limits everywhere, and on Linux no new privileges, death with the
parent, no network, no new programs or processes (seccomp), and only the named files (landlock).
Import everything that is needed first; call ``enter`` last.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from calltrace.kit import landlock, seccomp

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CPU_SPARE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may use. Sizes in bytes; ``file_bytes`` is the size of any one file it writes."""

    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    open_files: int = 128


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What is in force, for ``doctor`` and the logs; ``missing`` says in words what is not, and why."""

    rlimits: bool
    no_new_privileges: bool = False
    dies_with_parent: bool = False
    system_calls: bool = False
    files: bool = False
    missing: tuple[str, ...] = ()


def enter(
    limits: Limits, *, parent: int, readable: Sequence[Path] = (), writable: Sequence[Path] = ()
) -> Sandbox:
    """Locks this process in and reports how far that went.

    Args:
        limits: resources.
        parent: process id of the parent; if it is gone already, this process ends at once.
        readable: files and folders that may still be read.
        writable: folders in which files may still be made and written.
    """
    rlimits = _limit(limits)
    if sys.platform != "linux":
        return Sandbox(rlimits, missing=(f"only resource limits on {sys.platform}",))
    libc = ctypes.CDLL(None, use_errno=True)
    dies = libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0
    _leave_if_orphaned(parent)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    private = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    files, no_files = _restrict_files(readable, writable)
    calls, no_calls = _restrict_calls()
    return Sandbox(rlimits, private, dies, calls, files, (*no_files, *no_calls))


def _leave_if_orphaned(parent: int) -> None:
    # The death signal is only sent for a parent that dies after prctl: this closes the gap before it.
    if os.getppid() != parent:
        os._exit(1)


def _limit(limits: Limits) -> bool:
    if sys.platform == "win32":
        return False
    import resource

    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
    }
    for kind, value in wanted.items():
        # The soft limit on CPU time sends SIGXCPU, which says why; the hard one SIGKILL, which does not.
        _lower(kind, value, spare=_CPU_SPARE_SECONDS if kind == resource.RLIMIT_CPU else 0)
    return True


def _lower(kind: int, value: int, spare: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    ceiling = value + spare if hard == resource.RLIM_INFINITY else min(value + spare, hard)
    with suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS: the other limits still hold
        resource.setrlimit(kind, (min(value, ceiling), ceiling))


def _restrict_files(readable: Sequence[Path], writable: Sequence[Path]) -> tuple[bool, tuple[str, ...]]:
    abi = landlock.version()
    if abi == 0:
        return False, ("this kernel has no landlock: files are not restricted",)
    try:
        landlock.restrict(abi, readable, writable)
    except OSError as error:
        return False, (f"files are not restricted: {error}",)
    return True, ()


def _restrict_calls() -> tuple[bool, tuple[str, ...]]:
    here = seccomp.machine()
    if here is None:
        return False, ("no system call filter for this processor",)
    try:
        seccomp.install(here)
    except OSError as error:
        return False, (f"no system call filter: {error}",)
    return True, ()
