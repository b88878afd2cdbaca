"""Real servers, killed for real. One cluster is made per session; each test gets a copy of its folder."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from calltrace.db.connections import connect
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer

_CHILD = Path(__file__).with_name("supervisor_child.py")

Sql = Callable[[str, str], object]
StartChild = Callable[..., "subprocess.Popen[str]"]


async def _fetch(dsn: str, statement: str) -> object:
    connection = cast("Any", await connect(dsn, None))  # asyncpg ships no complete types
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture
def sql() -> Sql:
    """Runs one statement on a new connection and answers its first value."""
    return lambda dsn, statement: asyncio.run(_fetch(dsn, statement))


@pytest.fixture
def messages() -> list[str]:
    """What the server under test reports."""
    return []


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a stopped server and a table ``kept`` of one row."""
    folder = tmp_path_factory.mktemp("made") / "data"
    with EmbeddedServer(EmbeddedConfig(folder), lambda _: None) as server:
        asyncio.run(_fetch(server.dsn, "CREATE TABLE kept AS SELECT 42 AS value"))
    return folder


@pytest.fixture
def data_dir(made: Path, tmp_path: Path) -> Path:
    """A data directory of this test's own."""
    return shutil.copytree(made, tmp_path / "data")


@pytest.fixture
def server(data_dir: Path, messages: list[str]) -> Iterator[EmbeddedServer]:
    """A server that is not started yet; stopped at the end."""
    server = EmbeddedServer(EmbeddedConfig(data_dir), messages.append)
    yield server
    server.stop()


@pytest.fixture
def start_child() -> Iterator[StartChild]:
    """Starts another process that runs a server, perhaps as another user; killed at the end."""
    children: list[subprocess.Popen[str]] = []

    def start(
        data_dir: Path, *more: str, python: str = sys.executable, user: int | None = None, **variables: str
    ) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [python, str(_CHILD), str(data_dir), *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            env={**os.environ, **variables},
        )
        children.append(child)
        return child

    yield start
    for child in children:
        with suppress(ProcessLookupError):
            child.kill()
        child.communicate()


@pytest.fixture
def wait_for() -> Callable[[Callable[[], bool]], None]:
    """Waits until something holds, ten seconds at most."""

    def wait(holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < deadline, "it did not happen within ten seconds"
            time.sleep(0.02)

    return wait


@pytest.fixture
def postmaster() -> Callable[[Path], int]:
    """The process id of the server on a data directory."""
    return lambda data_dir: int((data_dir / "cluster/pgdata/postmaster.pid").read_text().split()[0])


@pytest.fixture
def kill() -> Callable[[int], None]:
    """``kill -9``."""
    return lambda pid: os.kill(pid, signal.SIGKILL)
