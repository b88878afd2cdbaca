"""Keys and plans of this contract (acceptance CR-001 to CR-008)."""

import re
import uuid
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from calltrace.accounts import keys
from calltrace.accounts.audit import OPERATOR
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.webhooks import service
from database.conftest import new_token
from database.dialects.callcenterrate.conftest import BASE, Ccr, error, new_ccr_token, set_plan

PLAN_REQUIRED = (403, "plan_required", "API access requires the PRO or BUSINESS plan.")


@pytest.mark.accepts("CR-004", "CR-005", "CR-006")
async def test_a_key_is_a_prefix_and_32_hex_characters_kept_as_a_hash(
    database: Database, org: uuid.UUID
) -> None:
    token = await new_ccr_token(database, org)
    assert re.fullmatch(r"ccr_live_[0-9a-f]{32}", token)
    async with database.tenant(org) as session:
        rows = (await session.execute(text("SELECT * FROM api_keys"))).mappings().all()
    assert [(one["org_id"], one["contract"]) for one in rows] == [(org, "callcenterrate")]
    assert token not in str(rows)


@pytest.mark.accepts("CR-051", "CR-050")
@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "ccr_live_" + "0" * 32,
     "Bearer ccr_live_" + "0" * 32,
     "Bearer ccr_live_" + "0" * 31, "Bearer ccr_live_" + "G" * 32, "Bearer ccr_test_" + "0" * 32],
)  # fmt: skip
async def test_without_a_good_key_there_is_nothing(client: httpx2.AsyncClient, header: str | None) -> None:
    answer = await client.get(f"{BASE}/projects", headers={} if header is None else {"Authorization": header})
    assert error(answer)[:2] == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.accepts("CR-007", "CR-008", "CR-051")
async def test_a_revoked_key_is_refused_at_the_very_next_call(
    ccr: Ccr, database: Database, org: uuid.UUID
) -> None:
    assert (await ccr("projects")).status_code == 200
    async with database.tenant(org) as session:
        await keys.revoke(session, "crm", OPERATOR)
    assert error(await ccr("projects"))[:2] == (401, "unauthorized")
    another = Ccr(ccr.client, await new_ccr_token(database, org))
    assert (await another("projects")).status_code == 200


async def test_an_expired_key_is_refused(
    ccr: Ccr, monkeypatch: pytest.MonkeyPatch, database: Database, org: uuid.UUID
) -> None:
    soon = clock.now() + timedelta(hours=1)
    async with database.tenant(org) as session:
        made = await keys.create(session, org, name="short", contract="callcenterrate", expires_at=soon)
    short = Ccr(ccr.client, made[1])
    assert (await short("projects")).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: soon)
    assert error(await short("projects"))[:2] == (401, "unauthorized")


@pytest.mark.accepts("CR-051")
async def test_keys_of_the_native_contract_are_unknown_here_and_ours_there(
    ccr: Ccr, database: Database, org: uuid.UUID
) -> None:
    native = Ccr(ccr.client, await new_token(database, org))
    assert error(await native("projects"))[:2] == (401, "unauthorized")
    headers = {"Authorization": f"Bearer {ccr.token}"}
    assert (await ccr.client.get("/api/v1/analyses", headers=headers)).status_code == 401


@pytest.mark.accepts("CR-001", "CR-052")
async def test_the_plan_must_include_the_api(ccr: Ccr, database: Database, org: uuid.UUID) -> None:
    for plan, allowed in (("free", False), ("pro", True), ("business", True), ("self_hosted", True)):
        await set_plan(database, org, plan)
        answer = await ccr("projects")
        if allowed:
            assert answer.status_code == 200, plan
        else:
            assert error(answer) == PLAN_REQUIRED
    await set_plan(database, org, "free")
    assert error(await ccr("projects", limit=0)) == PLAN_REQUIRED
    assert error(await ccr(f"projects/ck{'0' * 23}")) == PLAN_REQUIRED


@pytest.mark.accepts("CR-030")
async def test_webhooks_take_the_business_plan(platform: Platform, org: uuid.UUID) -> None:
    from calltrace.accounts.errors import PlanRequiredError

    wanted = ("https://127.0.0.1/hook", ["analysis.completed"], platform.box, platform.policy)
    for plan in ("free", "pro"):
        await set_plan(platform.database, org, plan)
        with pytest.raises(PlanRequiredError, match="BUSINESS"):
            async with platform.database.tenant(org) as session:
                await service.create_endpoint(session, org, *wanted, contract="callcenterrate")
        async with platform.database.tenant(org) as session:
            await service.create_endpoint(session, org, *wanted)  # the native contract asks for no plan
    await set_plan(platform.database, org, "business")
    async with platform.database.tenant(org) as session:
        await service.create_endpoint(session, org, *wanted, contract="callcenterrate")
