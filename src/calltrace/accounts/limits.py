"""Rate limits: how often something may happen in one window of time, counted in the database.

Windows are fixed and begin at whole multiples of their length, by the database's clock: all processes
count in the same row, and a clock that is wrong elsewhere changes nothing. Counting is one statement in
a transaction of its own, so no lock outlives it. What is refused moves no window: after its end the full
limit is free again.
"""

import hashlib
import math
from dataclasses import dataclass

from sqlalchemy import delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.errors import RateLimitedError
from calltrace.accounts.models import RateCounter
from calltrace.db.session import Database

MINUTE = 60

_COUNT = text("""
    INSERT INTO rate_counters AS counter (subject, window_end, count)
    VALUES (:subject, to_timestamp((floor(extract(epoch FROM clock_timestamp()) / :window) + 1) * :window), 1)
    ON CONFLICT (subject, window_end) DO UPDATE SET count = counter.count + 1
    RETURNING count, extract(epoch FROM window_end - clock_timestamp())::float8
""")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit after this time.

    Attributes:
        limit: how often in one window.
        window: seconds of one window.
        count: how often so far, this time included.
        reset: whole seconds until the window ends, at least 1.
    """

    limit: int
    window: int
    count: int
    reset: int

    @property
    def allowed(self) -> bool:
        """Whether this time is still within the limit."""
        return self.count <= self.limit

    @property
    def remaining(self) -> int:
        """How often more until the window ends."""
        return max(0, self.limit - self.count)

    def require(self, detail: str) -> None:
        """Refuse what is over the limit.

        Raises:
            RateLimitedError: with ``Retry-After``.
        """
        if not self.allowed:
            raise RateLimitedError(detail, self.reset)


def subject(*parts: object) -> str:
    """What is counted, as a digest: the table of counters names nobody."""
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()


async def take(database: Database, counted: str, limit: int, window: int = MINUTE) -> Allowance:
    """Count one more time, and answer what is left.

    Args:
        database: where it is counted; no transaction of the caller may be open on the same subject.
        counted: made by ``subject``.
        limit: how often in one window.
        window: seconds; the same for all that count this subject.
    """
    async with database.nobody() as session:
        row = (await session.execute(_COUNT, {"subject": counted, "window": window})).one()
    return Allowance(limit, window, row[0], max(1, math.ceil(row[1])))


async def forget(session: AsyncSession) -> None:
    """Delete the counters of windows that have ended (operator session)."""
    await session.execute(delete(RateCounter).where(RateCounter.window_end < func.clock_timestamp()))
