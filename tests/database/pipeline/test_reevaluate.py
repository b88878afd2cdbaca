"""The job of an evaluation that was asked for later: with the real child, crashed, lost, erased, stopped."""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import evaluations, read
from calltrace.analyses.erase import erase
from calltrace.analyses.evaluation_work import Material
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.submit import Intake
from calltrace.db.outage import DatabaseAwayError
from calltrace.db.session import Database
from calltrace.kit.children import Child
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.errors import TryAgainLater
from calltrace.pipeline.reevaluate import Reevaluator
from calltrace.webhooks import service as webhooks
from database.analyses.factory import EVALUATION, completed
from database.conftest import count
from database.line import Line
from database.scorecards.factory import stored


@pytest.fixture
async def reevaluator(platform: Platform, tmp_path: Path) -> AsyncGenerator[Reevaluator]:
    child = build_child(platform.settings, tmp_path)
    yield Reevaluator(platform, child, [])
    await child.close()


@pytest.fixture
def crashing(platform: Platform) -> Reevaluator:
    """Its child ends before it answers, every time."""
    settings = platform.settings.model_copy(update={"processing_retry_schedule": (1, 2)})
    child = Child("calltrace.there_is_no_such_module", stall_seconds=30, environment={})
    return Reevaluator(replace(platform, settings=settings), child, [])


async def _asked(
    platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID, scorecard_id: uuid.UUID | None = None
) -> uuid.UUID:
    async with platform.database.tenant(org) as session:
        return (await evaluations.ask(session, org, Wish(analysis_id, "live", scorecard_id))).id


async def _row(platform: Platform, org: uuid.UUID, evaluation_id: uuid.UUID) -> Any:
    async with platform.database.tenant(org) as session:
        query = text("SELECT * FROM evaluations WHERE id = :id")
        return (await session.execute(query, {"id": evaluation_id})).one()


async def _shown(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID) -> Any:
    async with platform.database.tenant(org) as session:
        return read.document(await read.find(session, analysis_id), platform.links).evaluation


async def test_the_analysis_shows_what_was_evaluated_last_and_nobody_is_told(
    platform: Platform, reevaluator: Reevaluator, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.completed"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip
    analysis_id = await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    evaluation_id = await _asked(platform, org, analysis_id, made.row.id)
    assert (await _shown(platform, org, analysis_id)) == EVALUATION
    await reevaluator.evaluate(org, evaluation_id)
    row = await _row(platform, org, evaluation_id)
    assert (row.status, row.score, row.passed, row.attempts) == ("completed", 100, True, 1)
    assert row.completed_at >= row.created_at
    shown = await _shown(platform, org, analysis_id)
    assert (shown.scorecard.id, [one.verdict for one in shown.criteria]) == (str(made.row.id), ["met"])
    assert await count(platform.database, "webhook_deliveries", org) == 1
    assert await count(platform.database, "transcripts", org) == 1


async def test_done_twice_it_is_made_once(
    platform: Platform, reevaluator: Reevaluator, intake: Intake, org: uuid.UUID
) -> None:
    evaluation_id = await _asked(platform, org, await completed(platform, intake, org))
    await asyncio.gather(*(reevaluator.evaluate(org, evaluation_id) for _ in range(2)))
    row = await _row(platform, org, evaluation_id)
    assert row.status == "completed"
    await reevaluator.evaluate(org, evaluation_id)
    assert await _row(platform, org, evaluation_id) == row


async def test_a_child_that_crashes_is_tried_again_by_schedule_and_then_it_has_failed(
    platform: Platform, crashing: Reevaluator, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    evaluation_id = await _asked(platform, org, analysis_id)
    for delay in (1, 2):
        with pytest.raises(TryAgainLater) as later:
            await crashing.evaluate(org, evaluation_id)
        assert later.value.delay == delay
        assert (await _row(platform, org, evaluation_id)).status == "queued"
    await crashing.evaluate(org, evaluation_id)
    row = await _row(platform, org, evaluation_id)
    assert (row.status, row.attempts, row.document) == ("failed", 3, None)
    assert (row.error["code"], row.error["stage"]) == ("engine_crashed", "evaluating")
    assert (await _shown(platform, org, analysis_id)) == EVALUATION, "the older one goes on being shown"


@pytest.mark.parametrize(("lost", "status"), [(9, "completed"), (10, "failed")])
async def test_after_ten_lost_workers_it_has_failed(
    platform: Platform, reevaluator: Reevaluator, intake: Intake, org: uuid.UUID, lost: int, status: str
) -> None:
    evaluation_id = await _asked(platform, org, await completed(platform, intake, org))
    async with platform.database.tenant(org) as session:
        values = {"id": evaluation_id, "attempts": lost + 2}
        await session.execute(
            text("UPDATE evaluations SET attempts = :attempts, tries = 2 WHERE id = :id"), values
        )
    await reevaluator.evaluate(org, evaluation_id)
    row = await _row(platform, org, evaluation_id)
    assert row.status == status
    assert row.error is None if status == "completed" else row.error["code"] == "worker_lost"


async def _claimed(platform: Platform, org: uuid.UUID, evaluation_id: uuid.UUID) -> None:
    while (await _row(platform, org, evaluation_id)).attempts == 0:  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)


async def test_erased_in_the_middle_it_ends_quietly(
    platform: Platform, reevaluator: Reevaluator, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    evaluation_id = await _asked(platform, org, analysis_id)
    work = asyncio.create_task(reevaluator.evaluate(org, evaluation_id))
    await _claimed(platform, org, evaluation_id)
    await erase(platform.database, platform.vault, OPERATOR, org, analysis_id, "live")
    assert not work.done()
    await work
    assert await count(platform.database, "evaluations", org) == 0


async def test_a_worker_that_stops_gives_it_back_at_once(
    platform: Platform, reevaluator: Reevaluator, intake: Intake, org: uuid.UUID
) -> None:
    evaluation_id = await _asked(platform, org, await completed(platform, intake, org))
    work = asyncio.create_task(reevaluator.evaluate(org, evaluation_id))
    await _claimed(platform, org, evaluation_id)
    await reevaluator.stop()
    with pytest.raises(TryAgainLater) as later:
        await work
    row = await _row(platform, org, evaluation_id)
    assert (later.value.delay, row.status, row.attempts, row.tries) == (0, "queued", 0, 0)
    with pytest.raises(TryAgainLater):
        await reevaluator.evaluate(org, evaluation_id)
    assert (await _row(platform, org, evaluation_id)).attempts == 0


async def test_an_outage_of_the_database_is_no_lost_worker(
    platform: Platform, intake: Intake, org: uuid.UUID, line: tuple[Line, str], tmp_path: Path
) -> None:
    evaluation_id = await _asked(platform, org, await completed(platform, intake, org))
    owed = list[Material]()
    child, database = build_child(platform.settings, tmp_path), Database(line[1], pool_size=2)
    away = Reevaluator(replace(platform, database=database), child, owed)
    work = asyncio.create_task(away.evaluate(org, evaluation_id))
    await _claimed(platform, org, evaluation_id)
    line[0].die()
    with pytest.raises(DatabaseAwayError):
        await work
    with pytest.raises(DatabaseAwayError):
        await away.settle()
    assert [one.claim.evaluation_id for one in owed] == [evaluation_id]
    line[0].revive()
    await away.settle()
    assert owed == []
    row = await _row(platform, org, evaluation_id)
    assert (row.status, row.attempts, row.tries) == ("queued", 0, 0)
    await away.evaluate(org, evaluation_id)
    assert (await _row(platform, org, evaluation_id)).status == "completed"
    await child.close()
    await database.close()
