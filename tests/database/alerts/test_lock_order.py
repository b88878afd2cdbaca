"""Whoever judges a call and whoever deletes what the call was sorted by take their locks in one order.

PostgreSQL lets go of what refers to a deleted row constraint by constraint, in the order in which these were
made. A database that came out of a dump has them in another order than one that was migrated: so here.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import Organisation
from calltrace.alerts import rules, service
from calltrace.analyses import lifecycle
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.models import Analysis
from calltrace.catalog import service as catalog
from calltrace.catalog.service import AGENTS, PROJECTS, QUEUES, Kind
from calltrace.db.connections import connect
from calltrace.db.migrate import migrate
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.reviews.who import Who
from database.analyses.factory import EVALUATION, TRANSCRIPT, heard
from database.conftest import waiting_for_locks

URL = "https://calls.test"
KINDS: dict[str, Kind[Any]] = {"agent_id": AGENTS, "project_id": PROJECTS, "queue_id": QUEUES}
ANY_SCORE = {"conditions": [{"kind": "score", "operator": "over", "value": 0}]}
CALLS_LAST = """
    ALTER TABLE analyses DROP CONSTRAINT fk_analyses_{column};
    ALTER TABLE analyses ADD CONSTRAINT fk_analyses_{column}
        FOREIGN KEY ({column}) REFERENCES {table} (id) ON DELETE SET NULL;
"""


@pytest.fixture
async def restored(empty: str, platform: Platform) -> AsyncGenerator[Platform]:
    """An installation in which rules go before calls let go of what is deleted."""
    await migrate(empty)
    owner: Any = await connect(empty, None)
    for column, kind in KINDS.items():
        await owner.execute(CALLS_LAST.format(column=column, table=kind.model.__tablename__))
    await owner.close()
    database = Database(empty)
    yield replace(platform, database=database)
    await database.close()


async def new_call(database: Database, column: str) -> tuple[lifecycle.Claim, uuid.UUID]:
    """A call that a worker has, sorted by something that a rule is for."""
    async with database.operator() as session:
        org = Organisation(name=f"org {column}")
        session.add(org)
    async with database.tenant(org.id) as session:
        row = await catalog.create(session, org.id, OPERATOR, KINDS[column], {"name": "one"})
        wanted = {"name": "rule", "conditions": ANY_SCORE, column: row.id}
        await rules.create(session, Who(org.id, OPERATOR), wanted)
        call = Analysis(org_id=org.id, file_url="https://x.test/a.wav", **{column: row.id})
        session.add(call)
        await session.flush()
        assert await lifecycle.claim(session, call.id)
    return lifecycle.Claim(org.id, call.id, 1), row.id


async def test_what_a_call_is_sorted_by_can_be_deleted_while_the_call_is_judged(restored: Platform) -> None:
    for column in KINDS:
        await _judged_while_deleted(restored, column)


async def _judged_while_deleted(platform: Platform, column: str) -> None:
    database = platform.database
    claim, row_id = await new_call(database, column)
    await heard(platform, claim)
    async with database.tenant(claim.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
        deleting = asyncio.create_task(_delete(database, claim.org_id, KINDS[column], row_id))
        async with asyncio.timeout(10):
            while not await waiting_for_locks(database):  # noqa: ASYNC110 - it is the server that waits
                await asyncio.sleep(0.02)
        assert await service.judge(session, claim.analysis_id, TRANSCRIPT, EVALUATION, URL) == 1
    await deleting
    async with database.tenant(claim.org_id) as session:
        call = await session.get_one(Analysis, claim.analysis_id)
        assert (call.status, getattr(call, column)) == ("completed", None), column


async def _delete(database: Database, org: uuid.UUID, kind: Kind[Any], row_id: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        await catalog.delete(session, OPERATOR, kind, row_id)
