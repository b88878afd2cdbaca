"""What one watcher is told: the latest, once, and nothing after the end."""

import asyncio
import uuid

from calltrace.analyses.queries import Progress
from calltrace.analyses.watching import End, Watch

ID = uuid.uuid4()


def _at(percent: int) -> Progress:
    return Progress(ID, "processing", "transcribing", percent, 1, None)


async def test_a_slow_watcher_is_told_the_latest_only() -> None:
    watch = Watch(ID, uuid.uuid4(), _at(1))
    for percent in (2, 3, 4):
        watch.tell(_at(percent))
    assert await watch.next(10) == _at(4)
    assert await watch.next(0.01) is None


async def test_the_same_again_is_no_news() -> None:
    watch = Watch(ID, uuid.uuid4(), _at(1))
    watch.tell(_at(1))
    assert await watch.next(0.01) is None


async def test_after_the_end_there_is_nothing_new() -> None:
    watch = Watch(ID, uuid.uuid4(), _at(1))
    watch.tell(End.ERASED)
    watch.tell(_at(2))
    watch.tell(End.CLOSED)
    assert await watch.next(10) is End.ERASED


async def test_whoever_waits_is_woken() -> None:
    watch = Watch(ID, uuid.uuid4(), _at(1))
    waiting = asyncio.create_task(watch.next(30))
    await asyncio.sleep(0)
    watch.tell(_at(2))
    assert await waiting == _at(2)
