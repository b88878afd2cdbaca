"""What is left behind when processes are killed, and how the next start deals with it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer, launch, settings, takeover
from calltrace.db.embedded import server as embedded_server
from calltrace.db.embedded.binaries import locate
from calltrace.db.embedded.errors import DatabaseInUseError, DatabaseStartError
from calltrace.db.embedded.identity import give_tree, server_account
from calltrace.db.embedded.layout import Layout, make_socket_dir
from calltrace.db.embedded.lock import FileLock

Sql = Callable[[str, str], object]
StartChild = Callable[..., "subprocess.Popen[str]"]
WaitFor = Callable[[Callable[[], bool]], None]
Pid = Callable[[Path], int]
Kill = Callable[[int], None]
Unsupervised = Callable[..., "subprocess.Popen[bytes]"]

_BUSY = "SELECT count(*) FROM generate_series(1, 100000000000)"
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's death signal or /proc")


@pytest.fixture
def unsupervised(data_dir: Path) -> Iterator[Unsupervised]:
    """Starts a server as if its supervisor had vanished: with our lock, or by hand without it."""
    servers: list[subprocess.Popen[bytes]] = []

    def start(*, with_lock: bool) -> subprocess.Popen[bytes]:
        layout = Layout(data_dir)
        account = server_account(layout.data_dir, layout.pgdata)
        give_tree(layout.pgdata, account)
        make_socket_dir(layout, account)
        program = [locate(None, account, print).program("postgres"), *settings.arguments(layout)]
        lock = FileLock(layout.server_lock)
        assert lock.try_acquire()
        servers.append(
            subprocess.Popen(
                [part.replace(launch.FOLDER, "/proc/self/cwd") for part in program],
                cwd=layout.pgdata,
                user=account.uid if account else None,
                group=account.gid if account else None,
                pass_fds=(lock.fileno(),) if with_lock else (),
                stderr=subprocess.DEVNULL,
            )
        )
        lock.close()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()
        server.wait()


def test_a_killed_server_is_started_again_with_its_data(
    server: EmbeddedServer, data_dir: Path, sql: Sql, postmaster: Pid, kill: Kill, wait_for: WaitFor
) -> None:
    dsn = server.start()
    sql(dsn, "UPDATE kept SET value = 43")
    kill(postmaster(data_dir))
    wait_for(lambda: not server.alive())
    assert server.ensure()
    assert not server.ensure()
    assert sql(dsn, "SELECT value FROM kept") == 43


@linux
def test_a_frozen_server_is_replaced(
    data_dir: Path, sql: Sql, wait_for: WaitFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, with all its processes, but none of them hears or answers: not even what would end it."""
    monkeypatch.setattr(takeover, "_STRAGGLER_SIGNALS", ((0.5, signal.SIGTERM), (1.0, signal.SIGKILL)))
    monkeypatch.setattr(embedded_server, "_AT_ONCE", ((signal.SIGQUIT, 0.5), (signal.SIGKILL, 10.0)))
    server = EmbeddedServer(EmbeddedConfig(data_dir, start_timeout=8.0), print)
    dsn = server.start()
    sql(dsn, "UPDATE kept SET value = 43")
    for pid in takeover._processes(Layout(data_dir).pgdata):  # pyright: ignore[reportPrivateUsage] - all of them
        os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: not server.alive())
    assert server.ensure()
    assert sql(dsn, "SELECT value FROM kept") == 43
    server.stop()


def test_a_server_that_heals_itself_is_left_to_do_so(
    server: EmbeddedServer, data_dir: Path, sql: Sql, postmaster: Pid
) -> None:
    dsn = server.start()
    before = postmaster(data_dir)
    busy = _in_background(sql, dsn, "SELECT pg_sleep(60)")
    pid = _pid_of(sql, dsn, "pg_sleep(60)")
    os.kill(pid, signal.SIGKILL)
    busy.join()
    assert not server.ensure()
    assert postmaster(data_dir) == before
    assert _once_healed(sql, dsn, "SELECT value FROM kept") == 42


def _once_healed(sql: Sql, dsn: str, statement: str) -> object:
    """The answer of a server that may still be closing what was open when one of its processes died."""
    last = time.monotonic() + 30
    while True:
        try:
            return sql(dsn, statement)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if time.monotonic() > last:
                raise
            time.sleep(0.05)


def _in_background(sql: Sql, dsn: str, statement: str) -> threading.Thread:
    def run() -> None:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):  # its server is killed
            sql(dsn, statement)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _pid_of(sql: Sql, dsn: str, query: str) -> int:
    found = None
    while not found:
        found = sql(
            dsn, f"SELECT pid FROM pg_stat_activity WHERE query LIKE '%{query}%' AND pid <> pg_backend_pid()"
        )
    assert isinstance(found, int)
    return found


def _runs(pid: int) -> bool:
    # A process that has ended but that nobody has asked about yet (a zombie) does not run.
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@linux
def test_a_query_that_outlives_its_killed_server_is_ended_before_the_next_start(
    server: EmbeddedServer,
    data_dir: Path,
    sql: Sql,
    postmaster: Pid,
    kill: Kill,
    messages: list[str],
) -> None:
    dsn = server.start()
    _in_background(sql, dsn, _BUSY)
    orphan = _pid_of(sql, dsn, "100000000000")
    kill(postmaster(data_dir))
    assert _runs(orphan)
    assert server.ensure()
    assert not _runs(orphan)
    assert any("An earlier database server" in message for message in messages)
    assert sql(dsn, "SELECT value FROM kept") == 42


@linux
def test_a_process_that_does_not_go_is_named_and_the_data_kept(
    server: EmbeddedServer, data_dir: Path, sql: Sql, postmaster: Pid, kill: Kill
) -> None:
    dsn = server.start()
    _in_background(sql, dsn, _BUSY)
    orphan = _pid_of(sql, dsn, "100000000000")
    os.kill(orphan, signal.SIGSTOP)
    kill(postmaster(data_dir))
    server.stop()
    with pytest.raises(DatabaseStartError, match=rf"still run after 1 s .*{orphan}"):
        EmbeddedServer(EmbeddedConfig(data_dir, start_timeout=1), print).start()
    kill(orphan)
    assert sql(server.start(), "SELECT value FROM kept") == 42


@linux
def test_the_server_ends_by_itself_when_its_supervisor_is_killed(
    data_dir: Path,
    start_child: StartChild,
    server: EmbeddedServer,
    sql: Sql,
    postmaster: Pid,
    wait_for: WaitFor,
) -> None:
    child = start_child(data_dir)
    assert child.stdout
    assert child.stdout.readline().startswith("dsn")
    assert postmaster(data_dir)
    child.kill()
    child.wait()
    wait_for(lambda: not server.alive())
    assert sql(server.start(), "SELECT value FROM kept") == 42


def test_a_start_right_after_its_supervisor_was_killed_takes_over(
    data_dir: Path, start_child: StartChild, server: EmbeddedServer, sql: Sql
) -> None:
    child = start_child(data_dir)
    assert child.stdout
    assert child.stdout.readline().startswith("dsn")
    child.kill()
    assert sql(server.start(), "SELECT value FROM kept") == 42


def test_an_orphaned_server_is_stopped_and_replaced(
    unsupervised: Unsupervised, server: EmbeddedServer, sql: Sql, wait_for: WaitFor
) -> None:
    orphan = unsupervised(with_lock=True)
    wait_for(server.alive)
    dsn = server.start()
    assert orphan.wait() == 0
    assert sql(dsn, "SELECT value FROM kept") == 42


@linux
def test_a_server_that_somebody_started_by_hand_is_left_running(
    unsupervised: Unsupervised, server: EmbeddedServer, data_dir: Path, wait_for: WaitFor
) -> None:
    foreign = unsupervised(with_lock=False)
    wait_for(server.alive)
    before = (data_dir / "cluster/pgdata/postmaster.pid").read_text()
    with pytest.raises(DatabaseInUseError, match=rf"did not start runs on .* \(pid {foreign.pid}\)"):
        server.start()
    assert foreign.poll() is None
    assert (data_dir / "cluster/pgdata/postmaster.pid").read_text() == before


def test_a_reused_process_id_in_the_pid_file_does_not_stop_a_start(
    server: EmbeddedServer, data_dir: Path, sql: Sql, postmaster: Pid, kill: Kill
) -> None:
    server.start()
    pid_file = data_dir / "cluster/pgdata/postmaster.pid"
    killed = postmaster(data_dir)
    kill(killed)
    server.stop()
    # A process of the server's own user: PostgreSQL can see it, so by itself it refuses to start.
    owner = pid_file.stat()
    other = subprocess.Popen(["sleep", "60"], **_as_user(owner))  # pyright: ignore[reportArgumentType, reportCallIssue]
    pid_file.write_text(pid_file.read_text().replace(str(killed), str(other.pid), 1))
    try:
        assert sql(server.start(), "SELECT value FROM kept") == 42
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def _as_user(owner: os.stat_result) -> dict[str, int]:
    return {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}


@pytest.mark.parametrize("content", ["", "nonsense\n"])
def test_a_pid_file_cut_short_does_not_stop_a_start(
    server: EmbeddedServer, data_dir: Path, sql: Sql, content: str
) -> None:
    (data_dir / "cluster/pgdata/postmaster.pid").write_text(content)
    assert sql(server.start(), "SELECT value FROM kept") == 42


def test_a_copy_of_a_running_server_s_folder_is_a_server_of_its_own(
    server: EmbeddedServer, data_dir: Path, sql: Sql, tmp_path: Path
) -> None:
    server.start()
    sql(server.maintenance_dsn, "CHECKPOINT")
    copy = shutil.copytree(data_dir, tmp_path / "copy", ignore=shutil.ignore_patterns("run"))
    with EmbeddedServer(EmbeddedConfig(copy), print) as other:
        sql(other.dsn, "UPDATE kept SET value = 43")
        assert sql(server.dsn, "SELECT value FROM kept") == 42


def test_a_slow_recovery_is_waited_for_and_reported(
    data_dir: Path, messages: list[str], sql: Sql, postmaster: Pid, kill: Kill
) -> None:
    with EmbeddedServer(EmbeddedConfig(data_dir), print) as crashing:
        sql(crashing.maintenance_dsn, "ALTER SYSTEM SET restore_command = 'sleep 4; false'")
        kill(postmaster(data_dir))
    (data_dir / "cluster/pgdata/recovery.signal").touch()  # recovery asks an archive that takes its time
    patient = EmbeddedServer(EmbeddedConfig(data_dir, start_timeout=3), messages.append)
    with patient:
        assert sql(patient.dsn, "SELECT value FROM kept") == 42
    assert any(message.startswith("The database is starting up (") for message in messages)


def test_the_server_outlives_the_thread_that_started_it(server: EmbeddedServer, sql: Sql) -> None:
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    assert sql(server.dsn, "SELECT pg_sleep(0.5)::text || value FROM kept") == "42"
    assert not server.ensure()


def test_a_forked_worker_does_not_keep_the_data_of_a_dead_supervisor(data_dir: Path) -> None:
    layout = Layout(data_dir)
    held = FileLock(layout.supervisor_lock)
    assert held.try_acquire()
    (born, birth), (end, ending) = os.pipe(), os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(ending)
        os.write(birth, b"x")
        os.read(end, 1)
        os._exit(0)
    os.read(born, 1)
    held.close()  # as when we are killed: nothing is given back on purpose
    try:
        other = FileLock(layout.supervisor_lock)
        assert other.try_acquire()
        other.release()
    finally:
        os.close(ending)
        os.waitpid(worker, 0)
