"""Real child processes: they answer, fail, die and stall; the parent goes on."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from calltrace.kit.children import Child, ChildDiedError, ChildStalledError, RemoteError

SCRIPT = """
import os, signal, sys, time
from calltrace.kit.children import serve
from calltrace.kit.errors import UnsupportedMediaError

def echo(request, progress):
    print("a library that prints to stdout")
    progress({"share": 0.5})
    return {"echo": request["value"], "pid": os.getpid()}

def refuse(request, progress):
    raise UnsupportedMediaError("No audio.")

def bug(request, progress):
    raise ZeroDivisionError

def die(request, progress):
    os.kill(os.getpid(), signal.SIGKILL)

def sleep(request, progress):
    time.sleep(60)

def talk(request, progress):
    while True:
        progress({"share": 0.5})
        time.sleep(0.001)

serve({"echo": echo, "refuse": refuse, "bug": bug, "die": die, "sleep": sleep, "talk": talk})
"""


@pytest.fixture
def child(tmp_path: Path) -> Child:
    (tmp_path / "child_of_the_test.py").write_text(SCRIPT)
    return Child(
        "child_of_the_test",
        stall_seconds=20,
        environment={"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
    )


def _ignore(_message: dict[str, Any]) -> None:
    pass


async def test_a_child_answers_with_progress_and_stays_warm(child: Child) -> None:
    seen: list[Any] = []
    first = await child.call({"task": "echo", "value": "ä" * 100_000}, seen.append)
    second = await child.call({"task": "echo", "value": 2}, seen.append)
    assert first["echo"] == "ä" * 100_000
    assert first["pid"] == second["pid"]
    assert seen == [{"share": 0.5}, {"share": 0.5}]
    await child.close()


async def test_an_error_keeps_its_code_and_the_child_lives(child: Child) -> None:
    pid = (await child.call({"task": "echo", "value": 1}, _ignore))["pid"]
    with pytest.raises(RemoteError) as refused:
        await child.call({"task": "refuse"}, _ignore)
    assert (refused.value.code, refused.value.retryable) == ("unsupported_media", False)
    with pytest.raises(RemoteError) as bug:
        await child.call({"task": "bug"}, _ignore)
    assert (bug.value.code, bug.value.retryable) == ("internal_error", True)
    assert (await child.call({"task": "echo", "value": 1}, _ignore))["pid"] == pid
    await child.close()


async def test_a_child_that_dies_is_replaced(child: Child) -> None:
    with pytest.raises(ChildDiedError):
        await child.call({"task": "die"}, _ignore)
    assert (await child.call({"task": "echo", "value": 3}, _ignore))["echo"] == 3
    await child.close()


async def test_a_child_that_is_silent_too_long_is_stopped(child: Child) -> None:
    child._stall = 1.0  # pyright: ignore[reportPrivateUsage] - nobody waits 20 seconds in a test
    with pytest.raises(ChildStalledError):
        await child.call({"task": "sleep"}, _ignore)
    assert child.pid is None


async def test_a_cancelled_request_stops_the_child(child: Child) -> None:
    pid = (await child.call({"task": "echo", "value": 1}, _ignore))["pid"]
    running = asyncio.create_task(child.call({"task": "sleep"}, _ignore))
    await asyncio.sleep(0.2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_two_requests_at_once_wait_for_each_other(child: Child) -> None:
    answers = await asyncio.gather(*(child.call({"task": "echo", "value": n}, _ignore) for n in range(5)))
    assert [answer["echo"] for answer in answers] == list(range(5))
    await child.close()


async def test_closing_a_child_that_is_gone_is_no_error(child: Child) -> None:
    pid = (await child.call({"task": "echo", "value": 1}, _ignore))["pid"]
    os.kill(pid, signal.SIGKILL)
    await child.close()
    await child.close()


def test_a_child_whose_parent_was_killed_while_it_reports_says_nothing_more(
    child: Child, tmp_path: Path
) -> None:
    """The pipe breaks before the watch sees that the parent is gone: that is no fault of the work."""
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(
            child._command, env=child._environment,  # pyright: ignore[reportPrivateUsage] - the same child, without its parent
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write(b'{"task": "talk"}\n')
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 1
        process.stdin.close()
    assert (tmp_path / "errors").read_text() == ""
