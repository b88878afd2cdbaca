"""Adding up for all organisations: none keeps the others from their sums, and new ones cost nothing."""

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from calltrace.db.session import Database
from calltrace.insights import rollup
from calltrace.pipeline.context import Platform
from database.analyses.factory import submitted
from database.conftest import NewOrg

EDGE = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
"""In Kathmandu that is in the year 10000, which no date of ours can hold."""


async def _ready(database: Database, org: uuid.UUID) -> dict[str, bool]:
    async with database.operator() as session:
        query = text("SELECT zone, ready FROM insight_zones WHERE org_id = :org")
        return {row.zone: row.ready for row in await session.execute(query, {"org": org})}


async def test_one_that_cannot_be_summed_keeps_no_other_from_it(platform: Platform, new_org: NewOrg) -> None:
    database, wrong, right = platform.database, await new_org(), await new_org()
    async with database.operator() as session:
        zone = text("UPDATE organisations SET time_zone = 'Asia/Kathmandu' WHERE id = :org")
        await session.execute(zone, {"org": wrong})
    for org, at in ((wrong, EDGE), (right, datetime.now(UTC))):
        await submitted(platform.intake, org, called_at=at)
    await rollup.keep_up(database)
    assert await _ready(database, wrong) == {"UTC": True, "Asia/Kathmandu": False}
    assert await _ready(database, right) == {"UTC": True}
    async with database.operator() as session:
        await session.execute(text("DELETE FROM organisations WHERE id = :org"), {"org": wrong})


async def test_organisations_without_calls_are_ready_without_being_summed(
    database: Database, new_org: NewOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rollup.keep_up(database)
    orgs = [await new_org() for _ in range(3)]

    async def summed(_database: Database, org_id: uuid.UUID, _zone: str) -> list[object]:
        assert org_id not in orgs
        return []

    monkeypatch.setattr(rollup, "months", summed)
    await rollup.keep_up(database)
    assert [await _ready(database, one) for one in orgs] == [{"UTC": True}] * 3
