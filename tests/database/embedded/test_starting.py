"""Starting and stopping: what is made, who may enter, what is refused."""

import asyncio
import os
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer, running_dsn
from calltrace.db.embedded.errors import (
    DatabaseBinariesError,
    DatabaseCreateError,
    DatabaseInUseError,
    DatabasePermissionError,
    DatabaseVersionError,
)
from calltrace.db.embedded.layout import Layout
from calltrace.db.migrate import migrate

Sql = Callable[[str, str], object]
StartChild = Callable[..., "subprocess.Popen[str]"]


def test_the_owner_is_no_superuser_but_may_make_roles_and_extensions(
    server: EmbeddedServer, sql: Sql
) -> None:
    dsn = server.start()
    flags = sql(
        dsn, "SELECT (rolsuper, rolcreaterole, rolcreatedb) FROM pg_roles WHERE rolname = current_user"
    )
    assert flags == (False, True, False)
    assert (
        sql(dsn, "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'calltrace'") == "calltrace"
    )
    sql(dsn, "CREATE EXTENSION pg_trgm")
    assert sql(dsn, "SELECT '[1,2]'::vector::text") == "[1,2]"
    assert sql(dsn, "SELECT lower('ÀÉ') || current_setting('timezone')") == "àéUTC"


def test_our_schema_goes_in_with_that_role(server: EmbeddedServer) -> None:
    assert asyncio.run(migrate(server.start())) != "none"


def test_nothing_listens_on_a_network_and_nobody_is_trusted(server: EmbeddedServer, sql: Sql) -> None:
    dsn = server.start()
    assert sql(dsn, "SHOW listen_addresses") == ""
    rules = "SELECT array_agg(type || ' ' || auth_method) FROM pg_hba_file_rules"
    assert sql(server.maintenance_dsn, rules) == ["local scram-sha-256"]
    with pytest.raises(asyncpg.InvalidPasswordError):
        sql(re.sub(r":\w+@", ":wrong@", dsn), "SELECT 1")


def test_passwords_logs_and_data_are_private(server: EmbeddedServer, data_dir: Path) -> None:
    server.start()
    modes = {
        name: stat.S_IMODE((data_dir / name).stat().st_mode) for name in ("postgres.log", "supervisor.lock")
    }
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((data_dir / "cluster/passwords.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "cluster/pgdata").stat().st_mode) == 0o700


def test_data_and_url_survive_a_restart_and_stopping_twice_is_fine(server: EmbeddedServer, sql: Sql) -> None:
    dsn = server.start()
    sql(dsn, "UPDATE kept SET value = 43")
    server.stop()
    server.stop()
    assert not server.alive()
    assert server.start() == dsn
    assert server.start() == dsn
    assert server.alive()
    assert sql(dsn, "SELECT value FROM kept") == 43


def test_settings_for_other_postgresql_clients_do_not_lead_astray(
    server: EmbeddedServer, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere", "PGDATA": "/nowhere", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)
    assert sql(server.start(), "SELECT current_user") == "calltrace"


async def test_sqlalchemy_takes_the_url_with_its_driver_named(server: EmbeddedServer) -> None:
    engine = create_async_engine(server.start().replace("postgresql:", "postgresql+asyncpg:", 1))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT value FROM kept")) == 42
    await engine.dispose()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(made: Path, tmp_path: Path, sql: Sql) -> None:
    folder = tmp_path / ("long" * 25)
    subprocess.run(["cp", "-R", made, folder], check=True)
    with EmbeddedServer(EmbeddedConfig(folder), print) as server:
        assert sql(server.dsn, "SELECT value FROM kept") == 42
        socket_dir = Path(sql(server.maintenance_dsn, "SHOW unix_socket_directories"))  # pyright: ignore[reportArgumentType]
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    assert not socket_dir.exists()


def test_a_short_socket_folder_that_another_user_made_is_not_used(made: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder of another user")
    folder = tmp_path / ("long" * 25)
    subprocess.run(["cp", "-R", made, folder], check=True)
    socket_dir = Layout(folder).socket_dir
    socket_dir.mkdir()
    os.chown(socket_dir, 12_345, 12_345)
    with pytest.raises(DatabasePermissionError, match="another user made it"):
        EmbeddedServer(EmbeddedConfig(folder), print).start()
    socket_dir.rmdir()


def test_another_process_finds_the_url_while_the_server_runs(data_dir: Path, start_child: StartChild) -> None:
    assert running_dsn(data_dir) is None
    child = start_child(data_dir)
    assert child.stdout
    assert child.stdout.readline() == f"dsn {running_dsn(data_dir)}\n"
    assert child.communicate("")[0] == "stopped\n"
    assert running_dsn(data_dir) is None


def test_a_second_start_is_told_at_once_who_has_the_data(server: EmbeddedServer, data_dir: Path) -> None:
    server.start()
    with pytest.raises(DatabaseInUseError, match=rf"Another calltrace .* \(pid {os.getpid()}\)"):
        EmbeddedServer(EmbeddedConfig(data_dir), print).start()
    assert server.alive()


def test_a_second_process_is_told_the_same(
    server: EmbeddedServer, data_dir: Path, start_child: StartChild
) -> None:
    server.start()
    said, _ = start_child(data_dir).communicate()
    assert said.startswith(
        f"error database_in_use Another calltrace is using this data directory (pid {os.getpid()})"
    )
    assert server.alive()


def test_another_version_s_data_is_refused_and_left_alone(server: EmbeddedServer, data_dir: Path) -> None:
    (data_dir / "cluster/pgdata/PG_VERSION").write_text("14\n")
    with pytest.raises(DatabaseVersionError, match="was made by PostgreSQL 14, these programs are version"):
        server.start()


def test_a_folder_without_programs_is_named(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(DatabaseBinariesError, match="has no program 'postgres'"):
        EmbeddedServer(EmbeddedConfig(data_dir, bin_dir=tmp_path), print).start()


def test_a_broken_configuration_says_why(server: EmbeddedServer, data_dir: Path) -> None:
    (data_dir / "cluster/pgdata/postgresql.auto.conf").write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(Exception, match=r"ended while starting: .*postgresql\.auto\.conf"):
        server.start()


def test_a_first_start_that_fails_half_way_leaves_nothing_and_the_next_one_works(
    tmp_path: Path, start_child: StartChild, sql: Sql
) -> None:
    folder = tmp_path / "data"
    said, _ = start_child(folder, "4000000").communicate()  # a WAL file has 16 MiB
    assert "error database_create_failed" in said
    assert not [path for path in folder.iterdir() if path.is_dir()]
    (folder / "new-killed" / "pgdata").mkdir(parents=True)
    with EmbeddedServer(EmbeddedConfig(folder), print) as server:
        assert sql(server.dsn, "SELECT 1") == 1
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["cluster"]


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", tmp_path], check=False)
    if mounted.returncode != 0:
        pytest.skip("a small disk can only be mounted by root")
    try:
        server = EmbeddedServer(EmbeddedConfig(tmp_path / "data"), print)
        with pytest.raises(DatabaseCreateError, match=r"only \d+ MB are free there"):
            server.start()
        assert not [path for path in (tmp_path / "data").iterdir() if path.is_dir()]
    finally:
        subprocess.run(["umount", tmp_path], check=True)
