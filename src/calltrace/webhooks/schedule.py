"""When the next attempt of a delivery is due: the gaps of the schedule, and what ``Retry-After`` asks for."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

JITTER = 0.1
"""Share of a gap that is added at random, so that a recovered receiver is not hit all at once."""


def next_delay(step: int, schedule: Sequence[int], asked: float = 0.0) -> float | None:
    """Seconds from the attempt ``step`` (0 is the first) to the one after it; ``None`` after the last.

    The schedule is of gaps (decision CTX-8). ``Retry-After`` moves an attempt back, but never beyond
    what the following step would have waited: a receiver cannot park deliveries for ever.

    Args:
        step: number of the attempt within its round.
        schedule: gaps in seconds.
        asked: what the receiver asked for, in seconds.
    """
    if step >= len(schedule):
        return None
    following = schedule[min(step + 1, len(schedule) - 1)]
    wanted = max(schedule[step], min(asked, following))
    return wanted * (1 + JITTER * random.random())  # noqa: S311 - jitter needs no secrecy


def asked_for(retry_after: str | None, now: datetime) -> float:
    """Seconds that a ``Retry-After`` value asks for (RFC 9110, section 10.2.3); 0 for none or nonsense.

    Both forms are read: a number of seconds, and an HTTP date in its current or an obsolete form.
    """
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:  # asctime has no zone: HTTP dates are always GMT
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, OverflowError):
        return 0.0
