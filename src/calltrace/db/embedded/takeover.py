"""What an earlier server may have left: itself, some of its processes, or only its ``postmaster.pid``.

Every process of a server inherits ``server.lock``. Once we have that lock, none of them is left.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from calltrace.db.embedded.errors import DatabaseInUseError, DatabaseStartError
from calltrace.db.embedded.layout import Layout
from calltrace.db.embedded.lock import FileLock
from calltrace.db.embedded.probe import State, ask

_PID_FILE = "postmaster.pid"
_PROC = Path("/proc")
_POLL = 0.05
_STRAGGLER_SIGNALS = ((3.0, signal.SIGTERM), (15.0, signal.SIGQUIT), (25.0, signal.SIGKILL))
"""Seconds to wait before each signal to processes whose server is gone: end the query, end at once, and for
one that is frozen: be ended. It is a crash like any other then, and the log of the data is there for it."""


def clear(layout: Layout, lock: FileLock, patience: float, say: Callable[[str], None]) -> None:
    """Returns, holding ``lock``, when nothing of an earlier server runs any more.

    Raises:
        DatabaseStartError: something still runs after ``patience`` seconds.
    """
    if lock.try_acquire():
        return
    say("An earlier database server on this data directory still runs: stopping it.")
    _stop_server(layout)
    began, signals = time.monotonic(), list(_STRAGGLER_SIGNALS)
    while not lock.try_acquire():
        waited = time.monotonic() - began
        if waited > patience:
            raise _still_there(layout, waited)
        if signals and waited > signals[0][0]:
            _signal_stragglers(layout, signals.pop(0)[1])
        time.sleep(_POLL)


def disown(pgdata: Path) -> None:
    """Makes a left-behind ``postmaster.pid`` harmless, whoever has that process id today.

    PostgreSQL refuses to start while the process in that file exists, unless it is its own parent. So our
    process id goes in; the rest stays, and with it PostgreSQL's check of the old shared memory.

    Raises:
        DatabaseInUseError: a server that we did not start does run there.
    """
    path = pgdata / _PID_FILE
    pid, rest = _read(path)
    if pid is None:
        path.unlink(missing_ok=True)  # missing, or cut short by a full disk: nothing to check
        return
    if _works_in(pid, pgdata):
        raise DatabaseInUseError(
            f"A PostgreSQL server that calltrace did not start runs on {pgdata} (pid {pid}): stop it first."
        )
    with path.open("r+", encoding="utf-8") as file:  # in place: it keeps its owner
        file.write("\n".join([str(os.getpid()), *rest]) + "\n")
        file.truncate()


def _stop_server(layout: Layout) -> None:
    pid, _ = _read(layout.pgdata / _PID_FILE)
    if pid is None:
        return
    with suppress(ProcessLookupError), _Handle(pid) as process:
        if _is_server(pid, layout):
            process.send(signal.SIGINT)


def _is_server(pid: int, layout: Layout) -> bool:
    answer = ask(layout.socket)
    if answer.pid is not None:
        return answer.pid == pid
    return _works_in(pid, layout.pgdata) or (not _PROC.is_dir() and answer.state is not State.SILENT)


class _Handle:
    """A process that cannot turn into another one between looking and signalling (Linux)."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._fd = _pidfd(pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def send(self, number: signal.Signals) -> None:
        if self._fd >= 0:
            signal.pidfd_send_signal(self._fd, number)
        else:
            os.kill(self._pid, number)


def _pidfd(pid: int) -> int:
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except (AttributeError, OSError):  # not Linux, or one that is too old or too closed
        return -1


def _signal_stragglers(layout: Layout, number: signal.Signals) -> None:
    server, _ = _read(layout.pgdata / _PID_FILE)
    pids = list(_processes(layout.pgdata))
    if server in pids:
        return  # it is shutting down and looks after its own
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError), _Handle(pid) as process:
            if _works_in(pid, layout.pgdata):
                process.send(number)


def _processes(pgdata: Path) -> Iterator[int]:
    if _PROC.is_dir():
        pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
        yield from (pid for pid in pids if _works_in(pid, pgdata))


def _works_in(pid: int, pgdata: Path) -> bool:
    # All processes of a server have its data directory as their working folder: the same folder, not
    # only one of the same name, so a copied directory or a reused process id does not fool us.
    try:
        return (_PROC / str(pid) / "cwd").samefile(pgdata)
    except OSError:
        return False


def _still_there(layout: Layout, waited: float) -> DatabaseStartError:
    pids = ", ".join(str(pid) for pid in _processes(layout.pgdata)) or "unknown"
    return DatabaseStartError(
        f"Processes of an earlier database server on {layout.data_dir} still run after {waited:.0f} s"
        f" (pid {pids}). Stop them and start again; the data is kept."
    )


def _read(path: Path) -> tuple[int | None, list[str]]:
    try:
        first, *rest = path.read_text(encoding="utf-8", errors="replace").splitlines()
        return int(first), rest
    except (OSError, ValueError):
        return None, []
