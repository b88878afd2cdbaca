"""Services that are kept alive, and where they are found."""

import asyncio
import sys
from pathlib import Path

import pytest

from calltrace.cli.instance import local_url
from calltrace.cli.supervise import Service
from calltrace.settings import load_settings


async def test_a_service_that_cannot_be_started_now_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calltrace.cli.supervise.FIRST_PAUSE", 0.05)
    python, stopping = sys.executable, asyncio.Event()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "not-there"))
    service = Service("service", ["--version"], {}, 5.0)
    running = asyncio.create_task(service.run(stopping))
    await asyncio.sleep(0.2)
    assert (running.done(), service.process) == (False, None)
    monkeypatch.setattr(sys, "executable", python)
    async with asyncio.timeout(20):
        while service.process is None:  # noqa: ASYNC110 - it is set in the other task
            await asyncio.sleep(0.05)
    stopping.set()
    await running


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("calls.test", "http://calls.test:80"),
     ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80"), ("::1", "http://[::1]:80")],
)  # fmt: skip
def test_a_server_is_found_where_it_listens(host: str, url: str) -> None:
    assert local_url(load_settings(), host, 80) == url
