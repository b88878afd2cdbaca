"""The database goes away and comes back: told clearly, lost is nothing, and no person is needed."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from calltrace.db.connections import connect
from calltrace.db.embedded import EmbeddedConfig, EmbeddedServer
from chaos.processes import below
from tinydisk import tiny_disk
from whole.conftest import Stage, make_stage
from whole.harness import Installation, World, wait_for

AWAY_SECONDS = 15.0
"""Longer than every limit of a request, shorter than anybody wants to wait for a test."""
_CLIENT_SECONDS = 30
"""What a patient client waits; a request's own limits are half of it."""


@pytest.fixture
def server(tmp_path: Path) -> Generator[EmbeddedServer]:
    """A server of the operator's own: the platform only has its address."""
    server = EmbeddedServer(EmbeddedConfig(tmp_path / "elsewhere"), lambda _message: None)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def remote(server: EmbeddedServer, world: tuple[World, Path], tmp_path: Path) -> Generator[Stage]:
    (tmp_path / "ca.pem").write_bytes((world[1] / "ca.pem").read_bytes())
    installation = Installation(tmp_path, database_url=server.dsn)
    installation.start()
    yield make_stage(installation, world[0])
    installation.stop()


def refusals(stage: Stage, seconds: float) -> list[httpx2.Response]:
    """What the API answers meanwhile; each answer must come well within the limit of a patient client."""
    answers: list[httpx2.Response] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        body = {"fileUrl": f"{stage.world.url}/page.mp3", "idempotencyKey": f"while-away-{len(answers)}"}
        url = f"{stage.installation.url}/api/v1/analyses"
        answers.append(httpx2.post(url, json=body, headers=stage.client.headers, timeout=_CLIENT_SECONDS))
        answers.append(httpx2.get(f"{stage.installation.url}/health", timeout=_CLIENT_SECONDS))
        time.sleep(0.2)
    return answers


def assert_told(answers: list[httpx2.Response]) -> None:
    assert {answer.status_code for answer in answers} == {503}
    for answer in answers:
        assert answer.json()["code"] == "unavailable"
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["content-type"] == "application/problem+json"


def assert_nothing_was_lost(stage: Stage, accepted: dict[str, Any]) -> None:
    analysis = accepted["analysisId"]
    assert stage.client.finished(analysis)["status"] == "completed"
    wait_for(lambda: "analysis.completed" in stage.world.events(analysis), "the event")
    assert set(stage.world.events(analysis)) == {"analysis.created", "analysis.completed"}


@contextmanager
def frozen(server: EmbeddedServer) -> Generator[None]:
    """Every process of the server stops where it is: connections stay open, and nobody answers."""
    pid = int((server._layout.pgdata / "postmaster.pid").read_text().split()[0])  # pyright: ignore[reportPrivateUsage] - where the server runs
    pids = [pid, *(one.pid for one in below(pid))]
    for one in pids:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in pids:
            os.kill(one, signal.SIGCONT)


@contextmanager
def stopped(server: EmbeddedServer) -> Generator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize("away", [frozen, stopped])
def test_a_server_that_goes_away_and_comes_back(
    away: Callable[[EmbeddedServer], Any], remote: Stage, server: EmbeddedServer
) -> None:
    accepted = remote.client.submit(remote.short_call)
    remote.client.reaches(accepted["analysisId"], "transcribing")
    with away(server):
        assert_told(refusals(remote, AWAY_SECONDS))
    wait_for(remote.installation.healthy, "the platform is well again")
    assert_nothing_was_lost(remote, accepted)
    late = remote.client.submit(f"{remote.world.url}/page.mp3", idempotencyKey="while-away-0")
    assert remote.client.finished(late["analysisId"])["status"] == "failed"


def test_a_full_disk_of_the_database_is_told_and_passes(world: tuple[World, Path], tmp_path: Path) -> None:
    """The server gives up and cannot even start: the platform goes on trying until there is room."""
    (tmp_path / "ca.pem").write_bytes((world[1] / "ca.pem").read_bytes())
    data = tmp_path / "data" / "postgres"
    data.parent.mkdir(mode=0o700)
    installation = Installation(tmp_path)
    with tiny_disk(data, 400, files=10_000):
        installation.start()
        try:
            stage = make_stage(installation, world[0])
            accepted = stage.client.submit(stage.short_call)
            run_out_of_room_and_get_it_back(stage, data)
            assert_nothing_was_lost(stage, accepted)
        finally:
            assert installation.stop() == 0


def run_out_of_room_and_get_it_back(stage: Stage, data: Path) -> None:
    installation, filler = stage.installation, data / "filler"
    crash_for_want_of_room(EmbeddedServer(EmbeddedConfig(data), lambda _message: None), filler)
    wait_for(lambda: "cannot be started" in installation.log.read_text(), "a start fails")
    assert_told(refusals(stage, 3.0))
    filler.unlink()
    wait_for(installation.healthy, "the platform is well again")


def fill(filler: Path) -> None:
    """Take all the room that is left."""
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 10, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def crash_for_want_of_room(server: EmbeddedServer, filler: Path) -> None:
    """Have the server begin a new piece of its log, for which there is no room: it ends itself."""

    async def switch() -> None:
        connection: Any = await connect(server.maintenance_dsn, None)
        try:
            while True:
                fill(filler)
                await connection.execute("SELECT pg_switch_wal(), txid_current()")
        finally:
            connection.terminate()

    with pytest.raises((OSError, asyncpg.PostgresError, asyncpg.InterfaceError)):
        asyncio.run(switch())
