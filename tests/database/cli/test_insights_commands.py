"""``calltrace insights rebuild``: what is wrong is put right, and the second time nothing is."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from calltrace.analyses.submit import Intake
from calltrace.cli.insights import insights
from calltrace.insights import rollup, service
from calltrace.insights.period import Period
from calltrace.insights.queries import Narrowing
from calltrace.kit import clock
from calltrace.pipeline.context import Platform
from calltrace.settings import load_settings
from database.analyses.factory import completed


async def test_a_rebuild_puts_right_facts_and_sums_and_then_finds_nothing(
    platform: Platform, intake: Intake, org: uuid.UUID, migrated: str, tmp_path: Path
) -> None:
    for _ in range(3):
        await completed(platform, intake, org)
    await rollup.keep_up(platform.database)
    async with platform.database.tenant(org) as session:  # as no code of ours would
        await session.execute(text("UPDATE insight_cells SET calls = calls + 7"))
        await session.execute(text("UPDATE insight_facts SET score = 1"))
    found = await _rebuild(migrated, tmp_path)
    assert found["callsPutRight"] >= 3
    assert found["sumsPutRight"] > 0
    async with platform.database.tenant(org) as session:
        period = Period.recent(30, "UTC", clock.now())
        summary = await service.summary(session, org, Narrowing(), period)
    assert (summary.calls, summary.average_score) == (3, 82.0)
    again = await _rebuild(migrated, tmp_path)
    assert (again["callsPutRight"], again["sumsPutRight"]) == (0, 0)


async def _rebuild(dsn: str, folder: Path) -> Any:
    import asyncio

    settings = load_settings(data_dir=folder, database_url=dsn)
    done = await asyncio.to_thread(CliRunner().invoke, insights, ["rebuild", "--json"], obj=settings)
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def test_an_id_that_is_none_is_refused(migrated: str, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, database_url=migrated)
    done = CliRunner().invoke(insights, ["rebuild", "--after", "x"], obj=settings)
    assert done.exit_code == 2
    assert "no id of a call" in done.output or pytest.fail(done.output)
