"""Counting in fixed windows: exact when many count at once, forgotten when the window has ended."""

import asyncio
import uuid

import pytest
from sqlalchemy import text

from calltrace.accounts import limits
from calltrace.accounts.errors import RateLimitedError
from calltrace.db.session import Database
from calltrace.pipeline.housekeeping import tidy

DAY = 86_400
"""Long enough that no test sees the end of a window by chance."""


def _somebody() -> str:
    return limits.subject("test", uuid.uuid4())


async def _let_the_window_end(database: Database, subject: str) -> None:
    async with database.operator() as session:
        await session.execute(
            text("UPDATE rate_counters SET window_end = window_end - interval '1 day' WHERE subject = :s"),
            {"s": subject},
        )


async def test_the_limit_is_allowed_and_one_more_is_not(database: Database) -> None:
    somebody = _somebody()
    taken = [await limits.take(database, somebody, 3, DAY) for _ in range(4)]
    assert [one.remaining for one in taken] == [2, 1, 0, 0]
    assert [one.allowed for one in taken] == [True, True, True, False]
    assert all(0 < one.reset <= DAY for one in taken)


async def test_processes_that_count_at_once_allow_exactly_the_limit(
    database: Database, migrated: str
) -> None:
    somebody, other = _somebody(), Database(migrated)
    calls = (limits.take(db, somebody, 30, DAY) for _ in range(50) for db in (database, other))
    taken = await asyncio.gather(*calls)
    await other.close()
    assert sum(one.allowed for one in taken) == 30
    assert sorted(one.count for one in taken) == list(range(1, 101))


async def test_everybody_has_a_count_of_their_own(database: Database) -> None:
    busy, quiet = _somebody(), _somebody()
    for _ in range(5):
        await limits.take(database, busy, 1, DAY)
    assert (await limits.take(database, quiet, 1, DAY)).allowed


async def test_the_full_limit_is_free_again_when_the_window_has_ended(database: Database) -> None:
    somebody = _somebody()
    for _ in range(9):
        await limits.take(database, somebody, 2, DAY)
    await _let_the_window_end(database, somebody)
    assert (await limits.take(database, somebody, 2, DAY)).remaining == 1


async def test_a_refusal_says_when_to_go_on(database: Database) -> None:
    left = await limits.take(database, _somebody(), 0, DAY)
    with pytest.raises(RateLimitedError, match="slow down") as refusal:
        left.require("slow down")
    assert refusal.value.headers["Retry-After"] == str(left.reset)


async def test_windows_end_at_multiples_of_their_length(database: Database) -> None:
    somebody = _somebody()
    await limits.take(database, somebody, 1, DAY)
    async with database.operator() as session:
        query = "SELECT extract(epoch FROM window_end)::bigint FROM rate_counters WHERE subject = :s"
        end = await session.scalar(text(query), {"s": somebody})
    assert end % DAY == 0


async def test_counters_name_nobody(database: Database, org: uuid.UUID) -> None:
    await limits.take(database, limits.subject("api", "org", org), 1, DAY)
    async with database.operator() as session:
        subjects = (await session.scalars(text("SELECT subject FROM rate_counters"))).all()
    assert all(len(one) == 64 and str(org) not in one for one in subjects)


async def test_housekeeping_forgets_windows_that_have_ended(database: Database) -> None:
    past, present = _somebody(), _somebody()
    for somebody in (past, present):
        await limits.take(database, somebody, 1, DAY)
    await _let_the_window_end(database, past)
    await tidy(database, 30)
    async with database.operator() as session:
        subjects = set((await session.scalars(text("SELECT subject FROM rate_counters"))).all())
    assert present in subjects
    assert past not in subjects
