"""Minutes of audio in plans that sell no more than they include: refused before a call is taken in.

What counts is what was heard this month and what is under way: a call with its length once that is known,
any other with what the month's calls lasted on average. Both are looked up, so nothing can drift apart from
what is true. Only calls that are being taken in at this very moment cannot be seen there: for those a process
takes a block from the month's counter, as ``accounts.quotas`` does, uses it up in memory, and gives all of it
back once they are written down. Of a process that dies nothing is lost: its block counts for HELD_SECONDS.

Calls are taken in while a second is left. How long one is shows only when it is decoded, so the last ones
may go over by what they are longer than the mean.
"""

import asyncio
import math
import time
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import text

from calltrace.accounts import quota_notices, usage
from calltrace.accounts.errors import MinutesExhaustedError
from calltrace.accounts.models import Organisation, Plan
from calltrace.accounts.plans import Terms
from calltrace.accounts.quotas import WARN_AT
from calltrace.accounts.usage import Period, Usage
from calltrace.analyses import upkeep_queries
from calltrace.db.clock import database_now
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.words import Words

LEASE_SECONDS = 1.0
"""How long a block may be used."""
HELD_SECONDS = 30.0
"""How long a block counts that nobody gives back."""
WAIT_SECONDS = 2.0
"""How long one waits for blocks of others, where everything is in them."""
EXPECTED_SECONDS, EXPECTED_CALLS = 300.0, 10
"""The mean is taken as if so many calls of that length had been heard before: one long call proves little."""
_PAUSE = 0.05
_LARGEST_BLOCK, _SHARE = 64, 10
_WHAT = "audio"

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_KEY = "org_id = :org_id AND what = :what AND month = :month"
_BEGIN = text("""
    INSERT INTO quota_counters (org_id, what, month, taken) VALUES (:org_id, :what, :month, 0)
    ON CONFLICT DO NOTHING
""")
_LOOK = text(f"""
    SELECT CASE WHEN blocks_until > clock_timestamp() THEN taken ELSE 0 END AS out,
           warned_at IS NOT NULL AS warned
    FROM quota_counters WHERE {_KEY} FOR UPDATE
""")  # noqa: S608 - no input
_TAKE = text(f"""
    UPDATE quota_counters SET taken = CAST(:out AS bigint) + CAST(:seconds AS bigint),
        blocks_until = GREATEST(blocks_until, clock_timestamp() + make_interval(secs => :held))
    WHERE {_KEY}
""")  # noqa: S608 - no input
_WARN = text(f"UPDATE quota_counters SET warned_at = clock_timestamp() WHERE {_KEY}")  # noqa: S608 - the same
_GIVE_BACK = text(f"""
    UPDATE quota_counters SET taken = GREATEST(0, taken - CAST(:seconds AS bigint)) WHERE {_KEY}
""")  # noqa: S608 - no input


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whose, and how many seconds in one month."""

    org_id: uuid.UUID
    seconds: int

    @property
    def minutes(self) -> int:
        """The same as plans have it."""
        return self.seconds // 60


def allowance_of(organisation: Organisation, plans: Mapping[Plan, Terms]) -> Allowance | None:
    """What a plan includes that sells no more than that; ``None``: as much as they like."""
    terms = plans.get(organisation.plan)  # pyright: ignore[reportArgumentType] - one of them, or of none
    if terms is None or terms.overage_allowed or terms.minutes_included is None:
        return None
    return Allowance(organisation.id, terms.minutes_included * 60)


@dataclass(slots=True)
class _Block:
    """So many calls may be taken in until then (``time.monotonic``); ``busy`` of them are just now."""

    allowance: Allowance
    month: datetime
    seconds: int
    until: float
    left: int
    busy: int = 0
    returned: bool = False

    @property
    def usable(self) -> bool:
        return self.left > 0 and time.monotonic() < self.until

    def used(self) -> "_Block":
        """The same, with one more call being taken in."""
        self.left -= 1
        self.busy += 1
        return self


@dataclass(slots=True)
class _State:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    block: _Block | None = None
    refused: tuple[Allowance, float, datetime] | None = None
    """For which allowance, until when asking again answers the same, and when there are new minutes."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look under the counter's lock found; seconds."""

    month: Period
    left: float
    mean: float
    out: int
    warned: bool


class Minutes:
    """The minutes of all organisations, as one process sees them."""

    def __init__(self) -> None:
        self._states = defaultdict[uuid.UUID, _State](_State)
        self._returning = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def hold(self, database: Database, allowance: Allowance) -> AsyncGenerator[None]:
        """Take one call in, while it lasts: what it needs counts until it is written down.

        Raises:
            MinutesExhaustedError: what was heard and what is under way are all that there is.
        """
        block = await self._take(database, allowance)
        try:
            yield
        finally:
            block.busy -= 1
            if not block.busy and not block.usable:
                await self._give_back(database, block)

    async def _take(self, database: Database, allowance: Allowance) -> _Block:
        state, patience = self._states[allowance.org_id], time.monotonic() + WAIT_SECONDS
        async with state.lock:
            while True:
                block, refused = state.block, state.refused
                if block and block.allowance == allowance and block.usable:
                    return block.used()
                if refused and refused[0] == allowance and time.monotonic() < refused[1]:
                    raise _exhausted(allowance, refused[2])
                if fresh := await self._refill(database, allowance, state, patience):
                    return fresh

    async def _refill(
        self, database: Database, allowance: Allowance, state: _State, patience: float
    ) -> _Block | None:
        """Another block, of which one is used at once, however long it took; or a little time has passed.

        Raises:
            MinutesExhaustedError: there is none.
        """
        before, state.block = state.block, None
        if before and not before.busy:
            await self._give_back(database, before)
        began = time.monotonic()
        look, count = await self._reserve(database, allowance)
        if count:
            until = began + LEASE_SECONDS
            seconds = math.ceil(count * look.mean)
            block = _Block(allowance, look.month.start, seconds, until, count).used()
            state.block, state.refused = block, None
            if count > 1:
                self._return_later(database, block)
            return block
        if look.out and time.monotonic() < patience:
            await asyncio.sleep(_PAUSE)
            return None
        state.refused = (allowance, began + LEASE_SECONDS, look.month.end)
        raise _exhausted(allowance, look.month.end)

    async def _reserve(self, database: Database, allowance: Allowance) -> tuple[_Look, int]:
        """Under the counter's lock: what is left, and for how many calls some of it was taken."""
        async with database.tenant(allowance.org_id) as session:
            month = Period.of(await database_now(session))
            key = _key(allowance, month.start)
            await session.execute(_BEGIN, key)
            row = (await session.execute(_LOOK, key)).one()
            heard = await usage.of_month(session, "live", month)
            mean = expected(heard)
            under_way = await upkeep_queries.under_way(session, mean)
            left = allowance.seconds - heard.audio_seconds - under_way - row.out
            look = _Look(month, left, mean, row.out, row.warned)
            fit = math.ceil(left / look.mean) if left > 0 else 0
            count = max(1, min(_LARGEST_BLOCK, fit // _SHARE)) if fit else 0
            if count:
                taken = {"out": row.out, "seconds": math.ceil(count * look.mean), "held": HELD_SECONDS}
                await session.execute(_TAKE, key | taken)
            if not look.warned and left <= allowance.seconds * (1 - WARN_AT):
                await session.execute(_WARN, key)
                await quota_notices.warn(
                    session, allowance.org_id, "minutes", allowance.minutes, month.end
                )  # fmt: skip
        return look, count

    def _return_later(self, database: Database, block: _Block) -> None:
        async def wait() -> None:
            await asyncio.sleep(max(0.0, block.until - time.monotonic()))
            if not block.busy:
                await self._give_back(database, block)

        task = asyncio.create_task(wait())
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _give_back(self, database: Database, block: _Block) -> None:
        """The whole block: what it was used for is written down. If that cannot be, it ends by itself."""
        if block.returned:
            return
        block.returned, block.left = True, 0
        values = {**_key(block.allowance, block.month), "seconds": block.seconds}
        try:
            async with database.tenant(block.allowance.org_id) as session:
                await session.execute(_GIVE_BACK, values)
        except DatabaseAwayError as error:
            log.warning("minutes_not_given_back", seconds=block.seconds, error=error.detail)

    async def close(self, database: Database) -> None:
        """Give back what is out."""
        for task in list(self._returning):
            task.cancel()
        for state in list(self._states.values()):  # somebody may be coming meanwhile
            async with state.lock:
                if state.block:
                    await self._give_back(database, state.block)


def expected(heard: Usage) -> float:
    """How many seconds a call is taken to last that nobody has decoded yet, by those of its month."""
    calls = heard.analyses + EXPECTED_CALLS
    return (heard.audio_seconds + EXPECTED_CALLS * EXPECTED_SECONDS) / calls


def _key(allowance: Allowance, month: datetime) -> dict[str, object]:
    return {"org_id": allowance.org_id, "what": _WHAT, "month": month.replace(tzinfo=None)}


def _exhausted(allowance: Allowance, reset: datetime) -> MinutesExhaustedError:
    told = f"The {allowance.minutes} minutes that the plan includes this month are used up or under way."
    return MinutesExhaustedError(
        Words("%(told)s There are new ones from %(reset)s.", told=told, reset=clock.iso(reset))
    )
