"""When the next attempt of a delivery is due: the gaps of the schedule, and what ``Retry-After`` asks for."""

import random
from collections.abc import Sequence

JITTER = 0.1
"""Share of a gap that is added at random, so that a recovered receiver is not hit all at once."""


def next_delay(
    step: int, schedule: Sequence[int], asked: float = 0.0, *, jitter: float = JITTER
) -> float | None:
    """Seconds from the attempt ``step`` (0 is the first) to the one after it; ``None`` after the last.

    The schedule is of gaps (decision CTX-8). ``Retry-After`` moves an attempt back, but never beyond
    what the following step would have waited: a receiver cannot park deliveries for ever.

    Args:
        step: number of the attempt within its round.
        schedule: gaps in seconds.
        asked: what the receiver asked for, in seconds.
        jitter: share of the wait that is added at random.
    """
    if step >= len(schedule):
        return None
    following = schedule[min(step + 1, len(schedule) - 1)]
    wanted = max(schedule[step], min(asked, following))
    return wanted * (1 + jitter * random.random())  # noqa: S311 - jitter needs no secrecy
