"""Starting PostgreSQL's programs: as the right user, in the right folder, with nothing of our environment."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from calltrace.db.embedded import launch
from calltrace.db.embedded.identity import Account
from calltrace.db.embedded.log import BoundedLog

_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_TAIL_LINES = 50


class CommandError(Exception):
    """A program ended with a failure; ``output`` is what it said."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(output)
        self.status = status
        self.output = output


def run(program: Sequence[str], *, folder: Path, account: Account | None, stdin: str = "") -> str:
    """Runs a program to its end and returns what it printed.

    Raises:
        CommandError: it failed, or could not be started (status ``launch.NOT_RUNNABLE``).
    """
    done = subprocess.run(  # noqa: S603 - our own binaries, no shell
        _launched(program, folder, account, signal.SIGTERM),
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=_environment(),
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        raise CommandError(done.returncode, done.stdout.strip())
    return done.stdout


def _launched(program: Sequence[str], folder: Path, account: Account | None, death: int) -> list[str]:
    uid, gid = (account.uid, account.gid) if account else (-1, -1)
    identity = [str(uid), str(gid), str(folder), str(int(death)), str(os.getpid())]
    return [sys.executable, "-I", "-S", launch.__file__, *identity, *program]


def _environment() -> dict[str, str]:
    # No PG* variables that would change the server, no secrets of ours in its memory; English messages.
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


class Child:
    """A running server. Its thread starts it, copies its log and outlives it.

    The thread matters: the kernel sends the death signal when the *thread* that started a process ends,
    and callers may start us from a short-lived one.
    """

    def __init__(
        self,
        program: Sequence[str],
        *,
        folder: Path,
        account: Account | None,
        keep_open: int,
        log: BoundedLog,
    ) -> None:
        self._command = _launched(program, folder, account, signal.SIGINT)
        self._keep_open = keep_open
        self._log = log
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self._started = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._live, name="postgres", daemon=True)

    def start(self) -> None:
        """Starts the process. Raises OSError."""
        self._thread.start()
        self._started.wait()
        if self._error:
            raise self._error

    def _live(self) -> None:
        try:
            self._process = self._spawn()
        except OSError as error:
            self._error = error
            return
        finally:
            self._started.set()
        self._copy_log(self._process)

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own binaries, no shell
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            pass_fds=(self._keep_open,),
            start_new_session=True,  # Ctrl-C is for us: the database stops last
        )

    def _copy_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in lines:
                self._tail.append(line.decode(errors="replace").rstrip())
                self._log.write(line)
        process.wait()

    def running(self) -> bool:
        """Whether our own child has not ended yet."""
        return self._process is not None and self._process.poll() is None

    def tail(self) -> list[str]:
        """The last lines it logged, oldest first."""
        return list(self._tail)

    def send(self, signal_number: int) -> None:
        """Signals the process; nothing happens when it has ended."""
        if self._process:
            self._process.send_signal(signal_number)

    def wait(self, seconds: float) -> bool:
        """Waits for its end; ``False`` when it still runs after that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._thread.join(1)  # the last lines of its log
        return True
