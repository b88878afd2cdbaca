"""A platform is backed up while it works, and comes back on an empty machine."""

from collections.abc import Callable, Generator
from pathlib import Path

import httpx2
import pytest

from whole.conftest import make_stage
from whole.harness import Client, Installation, World, wait_for


@pytest.fixture
def machine(world: tuple[World, Path], tmp_path: Path) -> Generator[Callable[[str], Installation]]:
    """Makes installations that trust the world's authority; stopped at the end."""
    made: list[Installation] = []

    def make(name: str) -> Installation:
        (tmp_path / name).mkdir()
        (tmp_path / name / "ca.pem").write_bytes((world[1] / "ca.pem").read_bytes())
        # the receiver is down for as long as a backup takes, on a busy machine too: no delivery gives up
        made.append(Installation(tmp_path / name, webhook_retry_schedule=",".join(["3"] * 60)))
        return made[-1]

    yield make
    for one in made:
        if one.process and one.process.poll() is None:
            one.stop()


def test_backed_up_at_work_and_restored_on_an_empty_machine(
    machine: Callable[[str], Installation], world: tuple[World, Path], tmp_path: Path
) -> None:
    outside, root = world[0], str(tmp_path / "backup")
    old = machine("old")
    old.start()
    stage = make_stage(old, outside)
    done = stage.client.submit(stage.short_call)["analysisId"]
    before = stage.client.finished(done)
    wait_for(lambda: len(outside.events(done)) == 2, "both events")
    outside.down = True
    try:
        waiting = stage.client.submit(stage.short_call)["analysisId"]
        stage.client.reaches(waiting, "transcribing")
        made = old.json("backup", root)
        assert made["recordings"] == 3, "two as they came, and a copy for browsers of the one that was heard"
        assert made["secretKey"] == "included"
        promised = {one["deliveryId"] for one in old.json("webhooks", "deliveries", "--org", "Default")}
        old.stop()
    finally:
        outside.down = False

    new = machine("new")
    restored = new.json("restore", root)
    assert (restored["rows"], restored["recordings"]) == (made["rows"], 3)
    refused = new.command("restore", root)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1].startswith("calltrace: This installation is not empty")
    new.start()
    client = Client(new, stage.client.headers["Authorization"].removeprefix("Bearer "))
    after = client.get(done)
    link = after["call"]["recordingUrl"]
    assert after | {"call": None} == before | {"call": None}
    assert httpx2.get(link, timeout=30).content == outside.files["/short.mp3"]
    assert httpx2.get(after["call"]["playbackUrl"], timeout=30).headers["content-type"] == "audio/mpeg"
    assert client.finished(waiting)["status"] == "completed"
    wait_for(lambda: len(outside.events(waiting)) >= 2, "both events of the call that was waiting")
    told = {head["x-calltrace-delivery"] for head, body in outside.received if waiting.encode() in body}
    assert len(told & promised) == 1, "analysis.created was promised before the backup"
    assert new.json("doctor")[4]["result"] == "ok"
