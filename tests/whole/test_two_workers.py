"""Several workers share one queue; what one of them held when it was lost runs again elsewhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calltrace.db.embedded import running_dsn
from whole.conftest import make_stage
from whole.harness import Installation, World, wait_for


@pytest.fixture
def own(world: tuple[World, Path], tmp_path: Path) -> Generator[Installation]:
    (tmp_path / "ca.pem").write_bytes((world[1] / "ca.pem").read_bytes())
    installation = Installation(tmp_path)
    installation.start()
    yield installation
    installation.stop()


@contextmanager
def extra_worker(installation: Installation) -> Generator["subprocess.Popen[bytes]"]:
    """A worker that nobody supervises: it never comes back."""
    dsn = running_dsn(installation.folder / "data" / "postgres")
    assert dsn
    log = installation.folder / "extra.log"
    key = (installation.folder / "data" / "secret.key").read_text().strip()
    environment = {
        **installation.environment, "CALLTRACE_DATABASE_URL": dsn, "CALLTRACE_SECRET_KEY": key,
        "CALLTRACE_PUBLIC_URL": installation.url,
    }  # fmt: skip
    with log.open("wb") as output:
        command = [sys.executable, "-m", "calltrace", "work"]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    wait_for(lambda: "worker_ready" in log.read_text(), "the extra worker is ready")
    yield process
    process.kill()
    process.wait()


def test_what_a_lost_worker_held_runs_again_elsewhere(own: Installation, world: tuple[World, Path]) -> None:
    stage = make_stage(own, world[0])
    with extra_worker(own) as extra:
        accepted = [stage.client.submit(stage.short_call) for _ in range(4)]
        ids = [one["analysisId"] for one in accepted]
        wait_for(
            lambda: all(stage.client.get(one)["status"] == "processing" for one in ids),
            "both workers have their hands full",
        )
        os.kill(extra.pid, signal.SIGKILL)
        extra.wait()
        shown = [stage.client.finished(one, 180) for one in ids]
    assert {one["status"] for one in shown} == {"completed"}
    wait_for(
        lambda: all(stage.world.events(one).count("analysis.completed") == 1 for one in ids),
        "each is announced",
    )


def test_receivers_that_never_answer_hold_up_no_analysis(world: tuple[World, Path], tmp_path: Path) -> None:
    outside, folder = world
    (tmp_path / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    installation = Installation(tmp_path, webhook_timeout_seconds="120")
    installation.start()
    stage = make_stage(installation, outside)
    outside.gate.clear()
    try:
        for _ in range(4):
            stage.client.submit(f"{outside.url}/page.mp3")
        wait_for(lambda: outside.waiting >= 4, "deliveries hang")
        accepted = stage.client.submit(f"{outside.url}/page.mp3")
        assert stage.client.finished(accepted["analysisId"], 30)["status"] == "failed"
        assert outside.waiting >= 4
    finally:
        outside.gate.set()
        installation.stop()
