"""The same work on several things at once."""

import threading
from itertools import count

import pytest

from calltrace.kit.side_by_side import side_by_side


def test_results_are_in_order_though_the_last_ends_first() -> None:
    last_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 2:
            last_is_done.set()
        else:
            assert last_is_done.wait(30)
        return number * 10

    assert side_by_side(work, [0, 1, 2], 3) == [0, 10, 20]


def test_no_more_than_that_many_are_under_way() -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    both = threading.Barrier(2)

    def work(_: int) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        both.wait(30)
        with lock:
            under_way -= 1

    side_by_side(work, range(6), 2)
    assert most == 2


def test_after_an_error_nothing_more_is_begun() -> None:
    begun = count()

    def work(number: int) -> None:
        next(begun)
        raise ValueError(str(number))

    with pytest.raises(ValueError, match="0"):
        side_by_side(work, range(1000), 1)
    assert next(begun) < 1000


def test_nothing_to_do() -> None:
    assert side_by_side(str, [], 2) == []
