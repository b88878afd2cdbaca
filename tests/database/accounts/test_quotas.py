"""Quotas of a month: exact, however many processes count, and cheap."""

import asyncio
import uuid
from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import text

from calltrace.accounts import queries, quotas, service
from calltrace.accounts.errors import QuotaExceededError
from calltrace.accounts.plans import SHIPPED
from calltrace.accounts.quotas import Quota, Quotas, quota_of, standing
from calltrace.accounts.service import create_user
from calltrace.analyses import submit
from calltrace.analyses.submit import Intake
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.conftest import count, submission

END = "date_trunc('month', timezone('UTC', now())) + interval '1 month'"
LEFT = f"extract(epoch FROM timezone('UTC', {END}) - now())::float8"


async def taken(database: Database, org: uuid.UUID) -> int:
    async with database.tenant(org) as session:
        return await session.scalar(text("SELECT sum(taken)::bigint FROM quota_counters")) or 0


async def uses(process: Quotas, database: Database, quota: Quota, number: int) -> list[bool]:
    """Try so many at once; answers which were allowed."""

    async def one() -> bool:
        try:
            await process.use(database, quota)
        except QuotaExceededError:
            return False
        return True

    return list(await asyncio.gather(*(one() for _ in range(number))))


@pytest.fixture
async def processes(database: Database) -> AsyncGenerator[list[Quotas]]:
    made = [Quotas() for _ in range(4)]
    yield made
    for one in made:
        await one.close(database)


@pytest.mark.parametrize("limit", [0, 1, 7, 150, 1000])
async def test_several_processes_together_allow_exactly_the_quota(
    database: Database, org: uuid.UUID, processes: list[Quotas], limit: int
) -> None:
    quota = Quota(org, "api_calls", limit)
    tried = await asyncio.gather(*(uses(one, database, quota, limit // 3 + 5) for one in processes))
    assert sum(sum(one) for one in tried) == limit
    assert await taken(database, org) == limit


async def test_a_block_that_another_process_has_not_used_is_waited_for(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    quota = Quota(org, "api_calls", 400)
    assert await uses(processes[0], database, quota, 1) == [True]
    assert await taken(database, org) == 4  # a block of four is out, and three of it are not used
    assert sum(await uses(processes[1], database, quota, 450)) == 399
    assert await taken(database, org) == 400


async def test_what_is_not_used_of_a_block_goes_back_by_itself(
    database: Database, org: uuid.UUID, processes: list[Quotas], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "LEASE_SECONDS", 0.1)
    await uses(processes[0], database, Quota(org, "api_calls", 5000), 3)
    for _ in range(100):
        if await taken(database, org) == 3:
            break
        await asyncio.sleep(0.05)
    assert await taken(database, org) == 3


async def test_many_calls_cost_few_transactions(
    database: Database, org: uuid.UUID, processes: list[Quotas], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    look = quotas._look  # pyright: ignore[reportPrivateUsage] - to count, not to change

    async def counting(*args: object) -> object:
        nonlocal asked
        asked += 1
        return await look(*args)  # type: ignore[arg-type] - passed on as they are

    monkeypatch.setattr(quotas, "_look", counting)
    assert all(await uses(processes[0], database, Quota(org, "api_calls", 100_000), 640))
    assert asked <= 12


async def test_a_refusal_says_the_numbers_and_when_to_come_back(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    async with database.tenant(org) as session:
        row = (
            await session.execute(text(f"SELECT to_char({END}, 'YYYY-MM-DD') AS day, {LEFT} AS left"))
        ).one()
    quota = Quota(org, "api_calls", 2)
    await uses(processes[0], database, quota, 2)
    with pytest.raises(QuotaExceededError) as refused:
        await processes[0].use(database, quota)
    told = f"Monthly API call quota exceeded (2/2). Resets on {row.day}T00:00:00.000Z."
    assert refused.value.detail == told
    assert int(refused.value.headers["Retry-After"]) == pytest.approx(row.left, abs=5)


async def test_a_month_that_is_over_counts_no_more(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    quota = Quota(org, "api_calls", 1)
    assert await uses(processes[0], database, quota, 2) == [True, False]
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE quota_counters SET month = month - interval '1 month'"))
    assert await uses(processes[1], database, quota, 2) == [True, False]


async def test_another_quota_holds_at_once(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    one = processes[0]
    assert await uses(one, database, Quota(org, "api_calls", 1), 2) == [True, False]
    assert await uses(one, database, Quota(org, "api_calls", 2), 2) == [True, False]
    assert await uses(one, database, Quota(org, "api_calls", 1000), 1) == [True]
    assert await uses(one, database, Quota(org, "api_calls", 2), 1) == [False]
    assert await uses(one, database, Quota(org, "analyses", 1), 1) == [True]


async def test_owners_and_admins_are_warned_once_at_four_fifths(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    async with database.tenant(org) as session:
        for role in ("owner", "admin", "reviewer"):
            await create_user(session, org, f"{role}-{uuid.uuid4()}@v.test", role, "long enough")  # type: ignore[arg-type] - a table of roles
    quota = Quota(org, "api_calls", 10)
    await uses(processes[0], database, quota, 7)
    assert await count(database, "mails", org) == 0
    await uses(processes[0], database, quota, 5)
    assert await count(database, "mails", org) == 2
    async with database.tenant(org) as session:
        query = "SELECT details FROM audit_entries WHERE action = 'quota.nearly_used'"
        [details] = await session.scalars(text(query))
    assert (details["quota"], details["limit"]) == ("API call", 10)


async def test_what_is_agreed_comes_before_the_plan(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        row = await service.set_plan(session, org, "pro")
        assert quota_of(row, SHIPPED, "api_calls") == Quota(org, "api_calls", 10_000)
        assert quota_of(row, SHIPPED, "analyses") is None
        await service.set_quotas(session, org, {"api_calls_quota": 0, "analyses_quota": 3})
        assert quota_of(row, SHIPPED, "api_calls") == Quota(org, "api_calls", 0)
        assert quota_of(row, SHIPPED, "analyses") == Quota(org, "analyses", 3)
        await service.set_quotas(session, org, {"api_calls_quota": None, "analyses_quota": None})
        await service.set_plan(session, org, "self_hosted")
        assert quota_of(row, SHIPPED, "api_calls") is None


async def test_where_an_organisation_stands_and_how_it_goes_on(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    await uses(processes[0], database, Quota(org, "api_calls", 100), 40)
    async with database.tenant(org) as session:
        await service.set_quotas(session, org, {"api_calls_quota": 100})
        row = await queries.organisation(session, org)
        assert row is not None
        calls = await standing(session, row, SHIPPED, "api_calls")
        analyses = await standing(session, row, SHIPPED, "analyses")
    assert (calls.used, calls.limit, calls.share) == (40, 100, 0.4)
    assert 40 <= calls.forecast <= 40 * 31
    assert (analyses.used, analyses.limit, analyses.forecast, analyses.share) == (0, None, 0, 0.0)


async def _agree(platform: Platform, org: uuid.UUID, analyses: int) -> None:
    async with platform.database.tenant(org) as session:
        await service.set_quotas(session, org, {"analyses_quota": analyses})


async def test_analyses_are_refused_once_the_month_is_used_up(platform: Platform, org: uuid.UUID) -> None:
    await _agree(platform, org, 2)
    for number in range(2):
        await submit.submit(platform.intake, org, None, submission(external_id=str(number)))
    with pytest.raises(QuotaExceededError, match=r"Monthly analyses quota exceeded \(2/2\)"):
        await submit.submit(platform.intake, org, None, submission())
    await submit.submit(platform.intake, org, None, submission(mode="test"))
    assert await count(platform.database, "analyses", org) == 3


async def test_what_comes_to_nothing_uses_nothing_up(
    platform: Platform, org: uuid.UUID, intake: Intake
) -> None:
    await _agree(platform, org, 1)
    wanted = submission(idempotency_key="same")
    answers = await asyncio.gather(
        *(submit.submit(platform.intake, org, None, wanted) for _ in range(4)), return_exceptions=True
    )
    first = [one for one in answers if isinstance(one, submit.Accepted)]
    assert len({one.analysis_id for one in first}) == 1
    again = await submit.submit(platform.intake, org, None, wanted)
    assert again.replayed
    assert await taken(platform.database, org) == 1
    del intake


async def test_a_database_slower_than_a_block_is_good_for_is_no_reason_to_go_round_for_ever(
    database: Database, org: uuid.UUID, processes: list[Quotas], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "LEASE_SECONDS", 0.0)  # every block is over when it comes
    async with asyncio.timeout(10):
        assert await uses(processes[0], database, Quota(org, "api_calls", 300), 5) == [True] * 5
        assert await uses(processes[0], database, Quota(org, "analyses", 1), 2) == [True, False]


async def test_a_quota_of_nothing_warns_nobody(
    database: Database, org: uuid.UUID, processes: list[Quotas]
) -> None:
    async with database.tenant(org) as session:
        await create_user(session, org, f"{uuid.uuid4()}@v.test", "owner", "long enough")
    assert await uses(processes[0], database, Quota(org, "api_calls", 0), 2) == [False, False]
    assert await count(database, "mails", org) == 0
