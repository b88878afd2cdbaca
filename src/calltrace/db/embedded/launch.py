"""The first moments of a server process: run as a script, it becomes the program it is told to run.

A script and not a function between fork and exec, because the parent has threads. It runs isolated
(``python -I -S``), so it knows nothing of this package.

Arguments: user id (or -1), group id, folder, signal when the parent dies, parent's process id, program…
"""

import ctypes
import os
import sys

FOLDER = "@folder@"
"""Stands for the working folder in the program's arguments."""

NOT_RUNNABLE = 126
_PR_SET_PDEATHSIG = 1
_HERE = "/proc/self/cwd"


def _change_identity(uid: int, gid: int) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _die_with(parent: int, signal_number: int) -> None:
    # After the change of identity: the kernel forgets the death signal when a process changes user.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the supervisor is gone")


def _reachable(folder: str) -> str:
    # The folder may lie below one that this user may not enter (/root, a home). We are inside already,
    # and the kernel's own link to the current folder needs no permission on the way.
    usable = os.access(folder, os.R_OK | os.X_OK)
    return folder if usable or not os.access(_HERE, os.R_OK | os.X_OK) else _HERE


def main(arguments: list[str]) -> None:
    """Enters the folder, changes the user and becomes the program."""
    uid, gid, folder, signal_number, parent, *program = arguments
    os.chdir(folder)
    os.umask(0o077)
    _change_identity(int(uid), int(gid))
    _die_with(int(parent), int(signal_number))
    here = _reachable(folder)
    program = [part.replace(FOLDER, here) for part in program]
    try:
        os.execv(program[0], program)  # noqa: S606 - becoming a program without a shell is the point
    except OSError as error:
        print(f"{program[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - read by the parent
        sys.exit(NOT_RUNNABLE)


if __name__ == "__main__":
    main(sys.argv[1:])
