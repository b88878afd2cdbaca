"""Whatever lost its job is found; whatever is done is pruned; what is at work is left alone."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from calltrace.analyses import evaluations, submit
from calltrace.db.session import Database
from calltrace.pipeline import housekeeping
from calltrace.pipeline.context import Platform
from calltrace.pipeline.housekeeping import keep_house, tidy
from calltrace.recordings import objects
from calltrace.recordings.vault import Vault
from database.analyses.factory import claimed, completed, submitted
from database.conftest import count

LEASE = 30.0
DROP = "DELETE FROM pgqueuer WHERE dedupe_key LIKE :key"
HOLD = "UPDATE pgqueuer SET status = 'failed' WHERE dedupe_key LIKE :key"


async def _run(database: Database, statement: str, key: object = "") -> None:
    async with database.operator() as session:
        await session.execute(text(statement), {"key": f"%{key}"} if ":key" in statement else {})


async def _queued(database: Database, key: object) -> int:
    query = "SELECT count(*) FROM pgqueuer WHERE status = 'queued' AND dedupe_key LIKE :key"
    async with database.operator() as session:
        return await session.scalar(text(query), {"key": f"%{key}"}) or 0


@asynccontextmanager
async def _housekeeper(platform: Platform, vault: Vault) -> AsyncGenerator[asyncio.Task[None]]:
    """At work until the block ends, however it ends: one that stayed would get in the way of other tests."""
    task = asyncio.create_task(keep_house(platform.database, vault, platform.settings))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.mark.parametrize("loss", [DROP, HOLD], ids=["dropped", "held as failed"])
async def test_an_analysis_without_a_job_gets_a_new_one_once(
    database: Database, org: uuid.UUID, intake: submit.Intake, loss: str
) -> None:
    analysis_id = await submitted(intake, org)
    await _run(database, loss, analysis_id)
    await _run(database, "UPDATE analyses SET touched_at = now() - interval '5 min'")
    assert await _queued(database, analysis_id) == 0
    await tidy(database, LEASE)
    await tidy(database, LEASE)
    assert await _queued(database, analysis_id) == 1


async def test_a_fresh_analysis_is_left_alone(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    await _run(database, DROP, analysis_id)
    await tidy(database, LEASE)
    assert await _queued(database, analysis_id) == 0


async def test_an_analysis_whose_worker_shows_signs_of_life_is_left_alone(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    await claimed(intake, org, analysis_id)
    await _run(database, DROP, analysis_id)
    await _run(database, "UPDATE analyses SET created_at = now() - interval '5 min'")
    await tidy(database, LEASE)
    assert await _queued(database, analysis_id) == 0
    await _run(database, "UPDATE analyses SET touched_at = now() - interval '5 min'")
    await tidy(database, LEASE)
    assert await _queued(database, analysis_id) == 1


async def test_an_evaluation_without_a_job_gets_a_new_one_once(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    database, wish = platform.database, evaluations.Wish(await completed(platform, intake, org), "live")
    async with database.tenant(org) as session:
        row = await evaluations.ask(session, org, wish)
    await _run(database, DROP, row.id)
    await tidy(database, LEASE)
    assert await _queued(database, row.id) == 0, "a fresh one is left alone"
    await _run(database, "UPDATE evaluations SET created_at = now() - interval '5 min'")
    await tidy(database, LEASE)
    await tidy(database, LEASE)
    assert await _queued(database, row.id) == 1


async def test_old_idempotency_keys_and_job_logs_are_pruned(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    await submitted(intake, org, idempotency_key="old")
    await submitted(intake, org, idempotency_key="new")
    await _run(
        database, "UPDATE idempotency_keys SET created_at = now() - interval '3 days' WHERE key = 'old'"
    )
    await _run(
        database,
        "INSERT INTO pgqueuer_log (job_id, status, priority, entrypoint, created)"
        " VALUES (1, 'successful', 0, 'x', now() - interval '3 days')",
    )
    await tidy(database, LEASE)
    async with database.tenant(org) as session:
        assert (await session.scalars(text("SELECT key FROM idempotency_keys"))).all() == ["new"]
    async with database.operator() as session:
        old = "SELECT count(*) FROM pgqueuer_log WHERE created < now() - interval '2 days'"
        assert await session.scalar(text(old)) == 0


async def test_what_is_doomed_is_removed_from_the_store(platform: Platform, org: uuid.UUID) -> None:
    async with platform.database.tenant(org) as session:
        await objects.doom(session, org, [f"{org}/x"])
    async with _housekeeper(platform, platform.vault) as housekeeper:
        while await count(platform.database, "doomed_objects", org):
            assert not housekeeper.done()
            await asyncio.sleep(0.01)


async def test_a_fault_in_tidying_up_is_told_and_stops_nothing(
    platform: Platform, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.0)
    async with platform.database.tenant(org) as session:
        await objects.doom(session, org, [f"{org}/x"])
    without_vault = cast("Vault", None)
    with capture_logs() as logs:
        async with _housekeeper(platform, without_vault) as housekeeper:
            while [one["event"] for one in logs].count("housekeeping_failed") < 2:
                assert not housekeeper.done()
                await asyncio.sleep(0.01)
    await objects.sweep(platform.database, platform.vault)
