"""Progress that goes on while a step is under way, and never beyond it."""

import itertools
import threading
import time

import pytest

from calltrace.speech import pace
from calltrace.speech.pace import Pace


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "TICK_SECONDS", 0.01)


class Told:
    """Remembers the shares, and lets a test wait for one."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self._more = threading.Condition()

    def __call__(self, share: float) -> None:
        with self._more:
            self.shares.append(share)
            self._more.notify_all()

    def wait_for(self, share: float) -> None:
        with self._more:
            assert self._more.wait_for(lambda: bool(self.shares) and self.shares[-1] >= share, 20)


def test_within_a_step_the_pace_so_far_is_told_and_its_end_only_when_it_is_there() -> None:
    told = Told()
    with Pace(told, total=10.0, guess=0.001) as steps:
        with steps.step(4.0):
            told.wait_for(0.38)
            assert told.shares[-1] == pytest.approx(0.38)
        assert told.shares[-1] == pytest.approx(0.4)
        with steps.step(6.0):
            told.wait_for(0.41)
    assert told.shares[-1] == 1.0
    assert all(before < after for before, after in itertools.pairwise(told.shares))


def test_a_step_that_fails_is_not_done_and_the_thread_ends() -> None:
    told = Told()
    threads = threading.active_count()
    with pytest.raises(RuntimeError), Pace(told, total=1.0, guess=60.0) as steps, steps.step(1.0):
        raise RuntimeError
    assert all(share < 1.0 for share in told.shares)
    assert threading.active_count() == threads


def test_whoever_is_told_can_stop_the_work() -> None:
    told = threading.Event()

    def stop(_share: float) -> None:
        told.set()
        raise KeyError

    def work() -> None:
        with Pace(stop, total=2.0, guess=0.001) as steps:
            with steps.step(1.0):
                assert told.wait(20)
                time.sleep(0.05)
            raise AssertionError("the step must not end in good order")

    with pytest.raises(KeyError):
        work()


def test_steps_may_overlap() -> None:
    told = Told()
    with Pace(told, total=4.0, guess=0.001) as steps:
        with steps.step(1.0), steps.step(3.0):
            told.wait_for(0.95)
            assert told.shares[-1] == pytest.approx(0.95)
        steps.again()
    assert told.shares[-2:] == [1.0, 1.0]


def test_nothing_to_do_tells_nothing() -> None:
    told = Told()
    with Pace(told, total=0.0, guess=0.1):
        pass
    assert told.shares == []
