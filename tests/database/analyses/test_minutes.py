"""Minutes that a plan includes and sells no more of: heard, under way, and by several processes at once."""

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from calltrace.accounts import service, usage
from calltrace.accounts.errors import MinutesExhaustedError
from calltrace.analyses import minutes as limits
from calltrace.analyses import submit
from calltrace.analyses.minutes import Minutes
from calltrace.analyses.submit import Intake
from calltrace.analyses.waiting import Wish, ask
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.analyses.factory import claimed, submitted
from database.conftest import count, submission

INCLUDED = 500 * 60


@pytest.fixture
async def free(platform: Platform, org: uuid.UUID) -> uuid.UUID:
    async with platform.database.tenant(org) as session:
        await service.set_plan(session, org, "free")
    return org


@pytest.fixture
async def processes(platform: Platform) -> AsyncGenerator[list[Intake]]:
    made = [dataclasses.replace(platform.intake, minutes=Minutes()) for _ in range(4)]
    yield made
    for one in made:
        assert one.minutes
        await one.minutes.close(platform.database)


async def heard(database: Database, org: uuid.UUID, seconds: float) -> None:
    async with database.tenant(org) as session:
        await usage.heard(session, org, "live", uuid.uuid4(), seconds=seconds, key_id=None)


async def refused(intake: Intake, org: uuid.UUID, **changes: object) -> bool:
    try:
        await submitted(intake, org, **changes)
    except MinutesExhaustedError:
        return True
    return False


async def out(database: Database, org: uuid.UUID) -> int:
    """Seconds in blocks of processes."""
    async with database.tenant(org) as session:
        return await session.scalar(text("SELECT sum(taken)::bigint FROM quota_counters")) or 0


@pytest.mark.parametrize(
    ("already", "calls", "fit"),
    [(INCLUDED, 100, 0), (INCLUDED - 1, 100, 1), (INCLUDED - 600, 98, 2), (INCLUDED - 4200, 43, 8)],
)
async def test_several_processes_together_take_in_what_fits(
    platform: Platform, free: uuid.UUID, processes: list[Intake], already: int, calls: int, fit: int
) -> None:
    async with platform.database.tenant(free) as session:
        await session.execute(
            text("""INSERT INTO usage_entries (id, org_id, what, quantity, unit, mode, resource_id)
                 SELECT gen_random_uuid(), :org, 'audio', CAST(:each AS float8), 'second', 'live',
                 gen_random_uuid() FROM generate_series(1, CAST(:calls AS int))"""),
            {"org": free, "each": already / calls, "calls": calls},
        )
    answers = await asyncio.gather(
        *(refused(processes[number % 4], free, external_id=str(number)) for number in range(12))
    )
    assert answers.count(False) == fit == await count(platform.database, "analyses", free)
    assert await out(platform.database, free) == 0


async def test_what_is_under_way_counts_with_its_length_once_that_is_known(
    platform: Platform, free: uuid.UUID, processes: list[Intake]
) -> None:
    await heard(platform.database, free, INCLUDED - 700)
    known = await submitted(processes[0], free)
    async with platform.database.tenant(free) as session:
        await session.execute(
            text("UPDATE analyses SET duration_seconds = 699 WHERE id = :id"), {"id": known}
        )
    assert not await refused(processes[1], free)  # one second is left
    assert await refused(processes[2], free)
    claim = await claimed(processes[0], free, known)
    async with platform.database.tenant(free) as session:  # a failed one costs nothing
        await session.execute(
            text("UPDATE analyses SET status = 'failed' WHERE id = :id"), {"id": claim.analysis_id}
        )
        await session.execute(text("DELETE FROM analyses WHERE status = 'queued'"))
    assert not await refused(processes[3], free)


async def test_of_a_process_that_dies_nothing_is_lost(
    platform: Platform, free: uuid.UUID, processes: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HELD_SECONDS", 0.3)
    monkeypatch.setattr(limits, "WAIT_SECONDS", 5.0)
    await heard(platform.database, free, INCLUDED - 1)
    dying, allowance = Minutes(), limits.Allowance(free, INCLUDED)
    await dying.hold(platform.database, allowance).__aenter__()  # and never comes back
    assert await out(platform.database, free) > 0
    assert not await refused(processes[0], free)


async def test_while_everything_is_in_blocks_one_waits_a_little_and_is_refused(
    platform: Platform, free: uuid.UUID, processes: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAIT_SECONDS", 0.2)
    await heard(platform.database, free, INCLUDED - 1)
    async with Minutes().hold(platform.database, limits.Allowance(free, INCLUDED)):
        assert await refused(processes[0], free)


async def test_many_submissions_share_a_look_where_much_is_left(
    platform: Platform, free: uuid.UUID, processes: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, reserve = 0, Minutes._reserve  # pyright: ignore[reportPrivateUsage] - to count, not to change

    async def counting(*args: object) -> object:
        nonlocal looks
        looks += 1
        return await reserve(*args)  # type: ignore[arg-type] - passed on as they are

    monkeypatch.setattr(Minutes, "_reserve", counting)
    for number in range(9):
        assert not await refused(processes[0], free, external_id=str(number))
    assert looks <= 2
    one = processes[0].minutes
    assert one
    await one.close(platform.database)
    assert await out(platform.database, free) == 0


async def test_tests_chats_and_other_plans_are_not_held_up(
    platform: Platform, org: uuid.UUID, free: uuid.UUID
) -> None:
    await heard(platform.database, free, INCLUDED)
    assert not await refused(platform.intake, free, mode="test")
    async with submit.of_the_quota(platform.intake, free, "live", spoken=False):
        pass
    with pytest.raises(MinutesExhaustedError, match="500 minutes"):
        await submit.submit(platform.intake, free, None, submission())
    async with platform.database.tenant(org) as session:
        await service.set_plan(session, org, "pro")
    assert not await refused(platform.intake, org)  # at once, and further minutes are sold


async def test_what_failed_is_not_heard_again_without_minutes(
    platform: Platform, free: uuid.UUID, processes: list[Intake]
) -> None:
    failed = await submitted(platform.intake, free)
    async with platform.database.tenant(free) as session:
        await session.execute(text("UPDATE analyses SET status = 'failed' WHERE id = :id"), {"id": failed})
    await heard(platform.database, free, INCLUDED)
    with pytest.raises(MinutesExhaustedError):
        await ask(processes[0], free, Wish(failed))


async def test_owners_are_warned_once_when_most_is_heard_or_under_way(
    platform: Platform, free: uuid.UUID
) -> None:
    async with platform.database.tenant(free) as session:
        await service.create_user(session, free, f"owner-{uuid.uuid4()}@v.test", "owner", "long enough")
    await heard(platform.database, free, INCLUDED - 3000)
    for number in range(2):
        assert not await refused(platform.intake, free, external_id=str(number))
    async with platform.database.tenant(free) as session:
        [details] = await session.scalars(
            text("SELECT details FROM audit_entries WHERE action = 'quota.nearly_used'")
        )
    assert (details["quota"], details["limit"]) == ("minutes", 500)
    assert await count(platform.database, "mails", free) == 1


async def test_a_database_slower_than_a_block_is_good_for_is_no_reason_to_go_round_for_ever(
    platform: Platform, free: uuid.UUID, processes: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LEASE_SECONDS", 0.0)  # every block is over when it comes
    async with asyncio.timeout(10):
        assert not await refused(processes[0], free)
        assert await out(platform.database, free) == 0
        await heard(platform.database, free, INCLUDED)
        assert await refused(processes[0], free)
