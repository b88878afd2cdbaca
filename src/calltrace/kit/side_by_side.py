"""The same work on several things at once, in threads: for work that leaves Python's lock to others."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], on: Iterable[T], hands: int) -> list[R]:
    """What the work makes of each thing, in their order; so many are worked on at once.

    The first error (in their order) is raised after what is under way has ended; nothing else is begun.
    """
    with ThreadPoolExecutor(hands, "hand") as pool:
        begun = [pool.submit(work, one) for one in on]
        try:
            return [one.result() for one in begun]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
