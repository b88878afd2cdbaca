"""Whatever lost its job is found; whatever is done is pruned."""

import uuid

from sqlalchemy import text

from calltrace.analyses import submit
from calltrace.db.session import Database
from calltrace.pipeline.housekeeping import tidy
from database.analyses.factory import submitted
from database.conftest import waiting_jobs


async def test_an_analysis_without_a_job_gets_a_new_one(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    async with database.operator() as session:
        await session.execute(text("DELETE FROM pgqueuer WHERE dedupe_key LIKE :k"), {"k": f"%{analysis_id}"})
        await session.execute(text("UPDATE analyses SET created_at = now() - interval '5 min'"))
    await tidy(database)
    await tidy(database)
    assert await waiting_jobs(database, str(analysis_id)) == 1


async def test_a_job_that_is_held_as_failed_is_replaced(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    async with database.operator() as session:
        await session.execute(
            text("UPDATE pgqueuer SET status = 'failed' WHERE dedupe_key LIKE :k"), {"k": f"%{analysis_id}"}
        )
        await session.execute(text("UPDATE analyses SET created_at = now() - interval '5 min'"))
    await tidy(database)
    assert await waiting_jobs(database, str(analysis_id)) == 1


async def test_a_fresh_analysis_is_left_alone(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    await tidy(database)
    assert await waiting_jobs(database, str(analysis_id)) == 1


async def test_old_idempotency_keys_and_job_logs_are_pruned(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    await submitted(intake, org, idempotency_key="old")
    await submitted(intake, org, idempotency_key="new")
    async with database.operator() as session:
        await session.execute(
            text("UPDATE idempotency_keys SET created_at = now() - interval '3 days' WHERE key = 'old'")
        )
    await tidy(database)
    async with database.tenant(org) as session:
        assert (await session.scalars(text("SELECT key FROM idempotency_keys"))).all() == ["new"]
