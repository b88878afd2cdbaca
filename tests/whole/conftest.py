"""One running platform for the tests that do not need one of their own."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from calltrace.data import sample_call_path
from whole.harness import Client, Installation, World, running_world

SHORT_BYTES = 230_000
"""About a minute of the sample call: long enough to be killed in, and half as long to wait for."""


@dataclass(frozen=True)
class Stage:
    """A platform, the world around it, a client and a subscribed receiver."""

    installation: Installation
    world: World
    client: Client
    secret: str

    @property
    def call(self) -> str:
        return f"{self.world.url}/sample.mp3"

    @property
    def short_call(self) -> str:
        return f"{self.world.url}/short.mp3"


def sample_files() -> dict[str, bytes]:
    """What the outside world serves: the sample call, parts of it, and what is no call at all."""
    return {
        "/sample.mp3": sample_call_path().read_bytes(),
        "/page.mp3": b"<!doctype html><html><body>Not found</body></html>",
        "/noise.mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 40,
        "/short.mp3": sample_call_path().read_bytes()[:SHORT_BYTES],
        "/cut.mp3": sample_call_path().read_bytes()[:4000],
        "/bare.ulaw": bytes([0xFF, 0x7F]) * 8000,
    }


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[World, Path]]:
    folder = tmp_path_factory.mktemp("platform")
    with running_world(folder) as world:
        world.files = sample_files()
        yield world, folder


@pytest.fixture(scope="session")
def stage(world: tuple[World, Path]) -> Generator[Stage]:
    with running_stage(*world) as stage:
        yield stage


@contextmanager
def running_stage(world: World, folder: Path) -> Generator[Stage]:
    installation = Installation(folder)
    installation.start()
    yield make_stage(installation, world)
    installation.stop()


def make_stage(installation: Installation, world: World) -> Stage:
    key: Any = installation.json("keys", "create", "--org", "Default", "--name", "test")
    events = [f"--event=analysis.{name}" for name in ("created", "completed", "failed")]
    endpoint: Any = installation.json(
        "webhooks", "create", "--org", "Default", "--url", f"{world.url}/hook", *events
    )
    return Stage(installation, world, Client(installation, key["token"]), endpoint["secret"])
