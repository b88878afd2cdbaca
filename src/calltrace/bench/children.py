"""Child processes of a measurement: whoever is measured shares no interpreter with whoever measures."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from calltrace.bench.report import BenchFailedError
from calltrace.settings import without_settings

START_SECONDS, STOP_SECONDS = 60.0, 30.0
_LOG_TAIL = 2000


@dataclass(frozen=True, slots=True)
class Running:
    """A child process and where it writes what it has to say."""

    process: "subprocess.Popen[bytes]"
    log: Path

    def check(self) -> None:
        """Raise BenchFailedError, with the end of its log, if it has ended."""
        if self.process.poll() is not None:
            raise BenchFailedError(f"A process of the benchmark ended: {self.tail()}")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-_LOG_TAIL:]


def free_port() -> int:
    """A TCP port of loopback that nobody uses now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    port: int | None = None,
) -> Generator[Running]:
    """A module as a child process in ``folder``, until the context ends; waits until ``port`` is open.

    It sees none of the caller's settings: neither ``CALLTRACE_…`` nor a ``calltrace.toml``.

    Raises:
        BenchFailedError: it did not start; the end of its log is told.
    """
    log = folder / f"{module}-{'-'.join(arguments[:1])}.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", module, *arguments],
            env={**without_settings(os.environ), **environment}, cwd=folder, stdout=sink, stderr=sink,
        )  # fmt: skip
    try:
        child = Running(process, log)
        if port is not None:
            _wait_for(port, child)
        yield child
    finally:
        _stop(process)


def _wait_for(port: int, child: Running) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _open(port):
        child.check()
        if time.monotonic() > deadline:
            raise BenchFailedError(f"A process of the benchmark did not start: {child.tail()}")
        time.sleep(0.05)


def _open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
