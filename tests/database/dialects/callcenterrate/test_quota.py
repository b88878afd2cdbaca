"""The monthly quota as callers see it (acceptance CR-055 to CR-060)."""

import asyncio
import re
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from calltrace.accounts import service
from calltrace.accounts.plans import SHIPPED
from calltrace.accounts.quotas import Quotas
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from database.dialects.callcenterrate.conftest import Ccr, error, set_plan

MESSAGE = r"Monthly API call quota exceeded \(10000/10000\)\. Resets on (\d{4}-\d\d-01T00:00:00\.000Z)\."


async def _used(database: Database, org: uuid.UUID, number: int) -> None:
    """So many calls were made this month."""
    async with database.tenant(org) as session:
        await session.execute(text("DELETE FROM quota_counters"))
        await session.execute(
            text("""INSERT INTO quota_counters (org_id, what, month, taken)
                VALUES (:org, 'api_calls', date_trunc('month', timezone('UTC', now())), :number)"""),
            {"org": org, "number": number},
        )


async def _taken(database: Database, org: uuid.UUID) -> int:
    async with database.tenant(org) as session:
        return await session.scalar(text("SELECT taken FROM quota_counters WHERE what = 'api_calls'")) or 0


@pytest.mark.accepts("CR-055", "CR-056", "CR-058", "CR-059")
async def test_the_call_after_the_last_is_refused_in_the_words_of_the_contract(
    ccr: Ccr, database: Database, org: uuid.UUID
) -> None:
    await set_plan(database, org, "pro")
    await _used(database, org, 9_999)
    assert (await ccr("projects")).status_code == 200
    answer = await ccr("projects")
    status, code, message = error(answer)
    assert (status, code) == (429, "rate_limit_exceeded")
    found = re.fullmatch(MESSAGE, message)
    assert found
    left = (datetime.fromisoformat(found[1]) - datetime.now(UTC)).total_seconds()
    assert int(answer.headers["retry-after"]) == pytest.approx(left, abs=5)
    await set_plan(database, org, "business")
    assert (await ccr("projects")).status_code == 200


@pytest.mark.accepts("CR-056", "CR-060")
async def test_plans_have_their_numbers_and_no_limit_of_a_minute(
    ccr: Ccr, database: Database, org: uuid.UUID
) -> None:
    assert (SHIPPED["pro"].api_calls, SHIPPED["business"].api_calls) == (10_000, 100_000)
    await set_plan(database, org, "pro")
    answers = await asyncio.gather(*(ccr("projects") for _ in range(60)))
    assert {one.status_code for one in answers} == {200}
    await set_plan(database, org, "self_hosted")
    await _used(database, org, 10**9)
    assert (await ccr("projects")).status_code == 200


@pytest.mark.accepts("CR-055")
async def test_authenticated_calls_count_and_refused_ones_do_not(
    ccr: Ccr, platform: Platform, database: Database, org: uuid.UUID
) -> None:
    await set_plan(database, org, "pro")
    stranger = Ccr(ccr.client, "ccr_live_" + "0" * 32)
    assert (await ccr("projects")).status_code == 200
    assert (await ccr("projects", limit=0)).status_code == 400
    assert (await ccr(f"audios/ck{'0' * 23}")).status_code == 404
    assert (await stranger("projects")).status_code == 401
    await set_plan(database, org, "free")
    assert (await ccr("projects")).status_code == 403
    await platform.quotas.close(database)
    assert await _taken(database, org) == 3


@pytest.mark.accepts("CR-057")
async def test_calls_and_analyses_are_renewed_at_the_same_moment(
    ccr: Ccr, platform: Platform, database: Database, org: uuid.UUID
) -> None:
    from calltrace.accounts import queries
    from calltrace.accounts.quotas import standing

    async with database.tenant(org) as session:
        row = await queries.organisation(session, org)
        assert row is not None
        both = [await standing(session, row, platform.plans, what) for what in ("api_calls", "analyses")]
    assert both[0].resets_at == both[1].resets_at
    assert (await ccr("projects")).status_code == 200


@pytest.mark.accepts("CR-055", "CR-056")
async def test_a_special_agreement_holds_over_all_processes(
    ccr: Ccr, database: Database, org: uuid.UUID, platform: Platform
) -> None:
    async with database.tenant(org) as session:
        await service.set_quotas(session, org, {"api_calls_quota": 5})
    answers = await asyncio.gather(*(ccr("projects") for _ in range(12)))
    assert sorted(one.status_code for one in answers) == [200] * 5 + [429] * 7
    other = Quotas()
    from calltrace.accounts.errors import QuotaExceededError
    from calltrace.accounts.quotas import Quota

    with pytest.raises(QuotaExceededError):
        await other.use(platform.database, Quota(org, "api_calls", 5))
