"""How much of something a plan allows in a calendar month (UTC), counted for all processes together.

Nothing is locked for each call: a process takes a block from the counter in the database and uses it up in
memory. A block is smaller the less is left (one, near the end), is good for LEASE_SECONDS, and what is not
used of it goes back then. Where all is taken while a block of another process is out, one waits until it is
back: so nothing over the limit is ever allowed, and nothing under it refused. A process that dies loses what
it had not used of its block.
"""

import asyncio
import math
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import quota_notices
from calltrace.accounts.errors import QuotaExceededError
from calltrace.accounts.models import Organisation, Plan
from calltrace.accounts.plans import Terms
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.words import Words

What = Literal["api_calls", "analyses"]
NAMES: Mapping[What, str] = {"api_calls": "API call", "analyses": "analyses"}
LEASE_SECONDS = 1.0
WARN_AT = 0.8
"""The share of a quota at which owners and admins are warned, once a month."""
_GRACE = 0.5
"""How long giving back may take: until then a block counts as out."""
_PAUSE = 0.05
_LARGEST_BLOCK, _SHARE = 64, 100

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_MONTH = "date_trunc('month', timezone('UTC', clock_timestamp()))"
_BEGIN = text(f"""
    INSERT INTO quota_counters (org_id, what, month, taken) VALUES (:org_id, :what, {_MONTH}, 0)
    ON CONFLICT DO NOTHING
""")  # noqa: S608 - no input
_LOOK = text(f"""
    SELECT month, taken, warned_at IS NOT NULL AS warned,
           timezone('UTC', month + interval '1 month') AS reset,
           GREATEST(0, extract(epoch FROM blocks_until - clock_timestamp()))::float8 AS out_for,
           extract(epoch FROM timezone('UTC', month + interval '1 month') - clock_timestamp())::float8 AS left
    FROM quota_counters WHERE org_id = :org_id AND what = :what AND month = {_MONTH} FOR UPDATE
""")  # noqa: S608 - no input
_TAKE = text("""
    UPDATE quota_counters SET taken = taken + :count, blocks_until = CASE WHEN :count = 1 THEN blocks_until
        ELSE GREATEST(blocks_until, clock_timestamp() + make_interval(secs => :lease)) END
    WHERE org_id = :org_id AND what = :what AND month = :month
""")
_WARN = text("""
    UPDATE quota_counters SET warned_at = clock_timestamp()
    WHERE org_id = :org_id AND what = :what AND month = :month
""")
_GIVE_BACK = text("""
    UPDATE quota_counters SET taken = GREATEST(0, taken - :count)
    WHERE org_id = :org_id AND what = :what AND month = :month
""")


@dataclass(frozen=True, slots=True)
class Quota:
    """Whose, of what, and how much in one month."""

    org_id: uuid.UUID
    what: What
    limit: int


def quota_of(organisation: Organisation, plans: Mapping[Plan, Terms], what: What) -> Quota | None:
    """What is agreed with an organisation, else what its plan allows; ``None``: as much as it likes."""
    agreed = getattr(organisation, f"{what}_quota")
    terms = plans.get(organisation.plan)  # pyright: ignore[reportArgumentType] - one of them, or of none
    limit = agreed if agreed is not None else getattr(terms, what) if terms else None
    return None if limit is None else Quota(organisation.id, what, limit)


@dataclass(slots=True)
class _Block:
    """What a process may still use up, of which month, until when (``time.monotonic``)."""

    limit: int
    month: datetime
    until: float
    left: int


@dataclass(slots=True)
class _Refusal:
    """Nothing was left, and no block was out: until then asking again answers the same."""

    limit: int
    until: float
    reset: datetime
    month_ends: float


@dataclass(slots=True)
class _State:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    block: _Block | None = None
    refusal: _Refusal | None = None


class Quotas:
    """The quotas of one process."""

    def __init__(self) -> None:
        self._states = defaultdict[tuple[uuid.UUID, What], _State](_State)
        self._returning = set[asyncio.Task[None]]()

    async def use(self, database: Database, quota: Quota) -> None:
        """Use one up.

        Raises:
            QuotaExceededError: the month's are used up; ``Retry-After`` says when there are new ones.
        """
        state = self._states[quota.org_id, quota.what]
        async with state.lock:
            while True:
                now = time.monotonic()
                block = state.block
                if block and block.limit == quota.limit and block.left and now < block.until:
                    block.left -= 1
                    return
                refusal = state.refusal
                if refusal and refusal.limit == quota.limit and now < refusal.until:
                    raise _exceeded(quota, refusal.reset, refusal.month_ends - now)
                if await self._refill(database, quota, state):
                    return

    async def give_back(self, database: Database, quota: Quota) -> None:
        """What was used was not needed after all: a request that came twice, or was refused."""
        state = self._states[quota.org_id, quota.what]
        async with state.lock:
            if state.block and time.monotonic() < state.block.until:
                state.block.left += 1
                return
            async with database.tenant(quota.org_id) as session:
                row = await _look(session, quota)
                await session.execute(_GIVE_BACK, {**_key(quota), "month": row.month, "count": 1})

    async def _refill(self, database: Database, quota: Quota, state: _State) -> bool:
        """Another block, of which one is used at once, however long it took; or a little time has passed.

        Raises:
            QuotaExceededError: there is none.
        """
        await self._return(database, quota, state)
        began = time.monotonic()
        async with database.tenant(quota.org_id) as session:
            row = await _look(session, quota)
            left = quota.limit - row.taken
            count = max(1, min(_LARGEST_BLOCK, left // _SHARE)) if left > 0 else 0
            if count:
                lease = LEASE_SECONDS + _GRACE
                await session.execute(
                    _TAKE, {**_key(quota), "month": row.month, "count": count, "lease": lease}
                )
            if quota.limit and not row.warned and row.taken + count >= quota.limit * WARN_AT:
                await session.execute(_WARN, {**_key(quota), "month": row.month})
                await quota_notices.warn(session, quota.org_id, NAMES[quota.what], quota.limit, row.reset)
        if count:
            good_for = min(LEASE_SECONDS, row.left)
            state.block, state.refusal = _Block(quota.limit, row.month, began + good_for, count - 1), None
            if count > 1:
                self._return_later(database, quota, state.block)
            return True
        if row.out_for > 0:
            await asyncio.sleep(min(_PAUSE, row.out_for))
            return False
        until = began + min(LEASE_SECONDS, row.left)
        state.refusal = _Refusal(quota.limit, until, row.reset, began + row.left)
        raise _exceeded(quota, row.reset, row.left)

    def _return_later(self, database: Database, quota: Quota, block: _Block) -> None:
        async def wait() -> None:
            await asyncio.sleep(max(0.0, block.until - time.monotonic()))
            state = self._states[quota.org_id, quota.what]
            async with state.lock:
                if state.block is block:
                    await self._return(database, quota, state)

        task = asyncio.create_task(wait())
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _return(self, database: Database, quota: Quota, state: _State) -> None:
        """Give back what was not used of a block; if that cannot be, it counts as used."""
        block, state.block = state.block, None
        if block is None or not block.left:
            return
        try:
            async with database.tenant(quota.org_id) as session:
                values = {**_key(quota), "month": block.month, "count": block.left}
                await session.execute(_GIVE_BACK, values)
        except DatabaseAwayError as error:
            log.warning("quota_not_given_back", count=block.left, error=error.detail)

    async def close(self, database: Database) -> None:
        """Give back what is out."""
        for task in list(self._returning):
            task.cancel()
        for (org_id, what), state in list(self._states.items()):
            async with state.lock:
                if state.block:
                    await self._return(database, Quota(org_id, what, state.block.limit), state)


@dataclass(frozen=True, slots=True)
class _Row:
    month: datetime
    taken: int
    warned: bool
    reset: datetime
    out_for: float
    left: float


async def _look(session: AsyncSession, quota: Quota) -> _Row:
    """The counter of this month, locked until the transaction ends."""
    await session.execute(_BEGIN, _key(quota))
    row = (await session.execute(_LOOK, _key(quota))).one()
    return _Row(row.month, row.taken, row.warned, row.reset, row.out_for or 0.0, row.left)


def _key(quota: Quota) -> dict[str, object]:
    return {"org_id": quota.org_id, "what": quota.what}


def _exceeded(quota: Quota, reset: datetime, seconds: float) -> QuotaExceededError:
    """In the words of Call Center Rate (acceptance CR-059), whatever contract was asked."""
    numbers = f"{quota.limit}/{quota.limit}"
    detail = Words(
        "Monthly %(what)s quota exceeded (%(numbers)s). Resets on %(reset)s.",
        what=NAMES[quota.what],
        numbers=numbers,
        reset=clock.iso(reset),
    )
    return QuotaExceededError(detail, max(1, math.ceil(seconds)))


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a quota is used, and how much it will be at the end of the month if it goes on so."""

    what: What | Literal["minutes"]
    used: int
    limit: int | None
    resets_at: datetime
    forecast: int

    @property
    def share(self) -> float:
        """Of the quota, 0 to 1; more than all is all."""
        return min(1.0, self.used / self.limit) if self.limit else float(self.limit == 0)


_STANDING = text(f"""
    SELECT coalesce(taken, 0) AS used, timezone('UTC', month.begins + interval '1 month') AS reset,
           extract(epoch FROM timezone('UTC', clock_timestamp()) - month.begins)::float8 AS passed,
           extract(epoch FROM interval '1 month' + month.begins - month.begins)::float8 AS whole
    FROM (SELECT {_MONTH} AS begins) AS month
    LEFT JOIN quota_counters ON quota_counters.month = month.begins
        AND org_id = :org_id AND what = :what
""")  # noqa: S608 - no input
_DAY = 86_400.0


async def standing(
    session: AsyncSession, organisation: Organisation, plans: Mapping[Plan, Terms], what: What
) -> Standing:
    """Where an organisation stands this month. What has no quota is not counted, and stands at zero.

    The forecast goes on as the month began, in which the first day counts whole: an hour tells nothing.
    """
    quota = quota_of(organisation, plans, what)
    row = (await session.execute(_STANDING, {"org_id": organisation.id, "what": what})).one()
    forecast = math.ceil(row.used * row.whole / max(row.passed, _DAY))
    return Standing(what, row.used, quota.limit if quota else None, row.reset, max(row.used, forecast))


async def quota_used(session: AsyncSession, quota: Quota) -> int:
    """How much of a quota is used this month."""
    return (await session.execute(_STANDING, _key(quota))).one().used
