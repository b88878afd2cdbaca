"""What one watcher is told: the latest, once, and nothing after the end."""

import asyncio
import uuid

from calltrace.analyses.list_queries import Filters
from calltrace.analyses.queries import Progress
from calltrace.analyses.watching import Coming, Erased, Newer, Pass, Watch
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor

ID, OTHER = uuid.uuid4(), uuid.uuid4()
BY = Pass("session", uuid.uuid4())


def _at(percent: int, analysis_id: uuid.UUID = ID) -> Progress:
    return Progress(analysis_id, "processing", "transcribing", percent, 1, None)


def _ended(analysis_id: uuid.UUID = ID) -> Progress:
    return Progress(analysis_id, "completed", "done", 100, 1, None)


async def test_a_slow_watcher_is_told_the_latest_only() -> None:
    watch = Watch(BY, [_at(1)])
    for percent in (2, 3, 4):
        watch.tell(_at(percent))
    assert await watch.next(10) == [_at(4)]
    assert await watch.next(0.01) == ()


async def test_the_same_again_is_no_news() -> None:
    watch = Watch(BY, [_at(1)])
    watch.tell(_at(1))
    assert await watch.next(0.01) == ()


async def test_after_the_end_there_is_nothing_new() -> None:
    watch = Watch(BY, [_at(1)])
    watch.tell(Erased(ID))
    watch.tell(_at(2))
    watch.close()
    assert not watch.over, "the end was not told yet"
    assert await watch.next(10) == [Erased(ID)]
    assert watch.over


async def test_several_are_watched_until_the_last_has_ended() -> None:
    watch = Watch(BY, [_at(1), _at(1, OTHER)])
    watch.tell(_ended())
    watch.tell(_at(2, OTHER))
    assert await watch.next(10) == [_ended(), _at(2, OTHER)]
    assert (watch.open_ids, watch.over) == ([OTHER], False)
    watch.tell(_ended(OTHER))
    assert await watch.next(10) == [_ended(OTHER)]
    assert watch.over


async def test_whoever_waits_is_woken() -> None:
    watch = Watch(BY, [_at(1)])
    for wake, told in ((lambda: watch.tell(_at(2)), [_at(2)]), (watch.close, [])):
        waiting = asyncio.create_task(watch.next(30))
        await asyncio.sleep(0)
        wake()
        assert await waiting == told
    assert watch.over


async def test_new_calls_are_told_of_when_their_number_changes_and_after_the_others_have_ended() -> None:
    watch = Watch(BY, [_at(1)], Coming(Filters(), Cursor(clock.now(), ID)))
    watch.tell_newer(0)
    assert await watch.next(0.01) == ()
    watch.tell(_ended())
    watch.tell_newer(2)
    watch.tell_newer(3)
    assert await watch.next(10) == [_ended(), Newer(3)]
    watch.tell_newer(3)
    assert (await watch.next(0.01), watch.over) == ((), False)
    watch.close()
    assert watch.over
