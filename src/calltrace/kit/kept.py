"""What is worked out once for each object, and forgotten with it."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


def kept_with(function: Callable[[T], R]) -> Callable[[T], R]:
    """A function of one object that never changes: called once for each, however often it is asked.

    As ``functools.cached_property`` keeps it, and for functions that the object's own module must not know.
    """
    key = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def known(one: T) -> R:
        kept = vars(one)
        if key not in kept:
            kept[key] = function(one)
        return cast("R", kept[key])

    return known
