"""Evaluating again in bulk: ordinary evaluations, one of each call, whatever happens meanwhile."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import evaluations, read, speakers
from calltrace.analyses.erase import erase
from calltrace.analyses.speakers import Correction
from calltrace.analyses.submit import Intake
from calltrace.catalog import assignment
from calltrace.catalog.models import Queue
from calltrace.pipeline import housekeeping
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform
from calltrace.reviews.models import Standing
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from database.analyses.factory import completed
from database.batches.asked import bulk, calls, next_key, row
from database.conftest import count, waiting_jobs
from database.scorecards.factory import stored


async def _evaluations(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID) -> list[Any]:
    async with platform.database.tenant(org) as session:
        found, _following = await evaluations.page(session, analysis_id, "live", cursor=None, limit=50)
    return [evaluations.as_json(one) for one in found]


async def test_each_call_gets_one_ordinary_evaluation(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    ids = [await completed(platform, intake, org) for _ in range(3)]
    made = await stored(platform.database, org, words="good morning")
    batch = await bulk(platform.database, org, made.row.id)
    key = await next_key(platform.database, org, batch)
    await asyncio.gather(*(runner.work(org, key) for _ in range(2)))
    await runner.run(org, batch.id)
    assert (await row(platform.database, org, batch)).status == "completed"
    for one in await calls(platform.database, org, batch):
        newest, _first = await _evaluations(platform, org, one.analysis_id)
        assert (one.status, newest["evaluationId"]) == ("done", str(one.evaluation_id))
        assert (newest["status"], newest["score"]) == ("completed", 100)
        assert newest["scorecard"]["id"] == str(made.row.id)
    async with platform.database.tenant(org) as session:
        shown = read.document(await read.find(session, ids[0]), platform.links).evaluation
    assert shown is not None
    assert shown.score == 100


async def test_what_ended_long_ago_goes_and_what_it_made_stays(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    call = await completed(platform, intake, org)
    old, recent, waiting = [await bulk(platform.database, org) for _ in range(3)]
    for one in (old, recent):
        await runner.run(org, one.id)
    age = text("UPDATE batches SET completed_at = completed_at - interval '181 days' WHERE id = :id")
    async with platform.database.operator() as session:
        await session.execute(age, {"id": old.id})
    await housekeeping.tidy(platform.database, 30)
    async with platform.database.tenant(org) as session:
        assert set(await session.scalars(text("SELECT id FROM batches"))) == {recent.id, waiting.id}
        assert set(await session.scalars(text("SELECT batch_id FROM batch_calls"))) == {recent.id, waiting.id}
    assert len(await _evaluations(platform, org, call)) == 3


async def test_without_a_scorecard_each_call_is_judged_by_what_is_chosen_for_it(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    by_queue, by_all = [await stored(platform.database, org) for _ in range(2)]
    async with platform.database.tenant(org) as session:
        queue = Queue(org_id=org, name="Sales", scorecard_id=by_queue.row.id)
        session.add(queue)
    named = await completed(platform, intake, org, queue_id=queue.id)
    bare = await completed(platform, intake, org)
    batch = await bulk(platform.database, org)
    async with platform.database.tenant(org) as session:
        await assignment.set_default(session, org, OPERATOR, by_all.row.id)
    await runner.run(org, batch.id)
    for analysis_id, expected in ((named, by_queue), (bare, by_all)):
        newest = (await _evaluations(platform, org, analysis_id))[0]
        assert newest["scorecard"]["id"] == str(expected.row.id)
    shipped = await bulk(platform.database, org, default_scorecard().id, named)
    await runner.run(org, shipped.id)
    newest = (await _evaluations(platform, org, named))[0]
    assert newest["scorecard"]["id"] == str(default_scorecard().id)


async def test_what_another_asked_for_already_is_made_once(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    made = await stored(platform.database, org)
    async with platform.database.tenant(org) as session:
        await evaluations.ask(session, org, evaluations.Wish(analysis_id, "live", made.row.id))
    batch = await bulk(platform.database, org, made.row.id)
    await runner.run(org, batch.id)
    assert len(await _evaluations(platform, org, analysis_id)) == 2


async def test_what_keeps_failing_is_an_evaluation_that_failed(
    platform: Platform, crashing: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    batch = await bulk(platform.database, org)
    await crashing.run(org, batch.id)
    (call,) = await calls(platform.database, org, batch)
    newest, _first = await _evaluations(platform, org, analysis_id)
    assert (call.status, call.code) == ("failed", "engine_crashed")
    assert (newest["status"], newest["error"]["code"]) == ("failed", "engine_crashed")


async def test_erased_in_the_middle_the_others_go_on(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    first, second = [await completed(platform, intake, org) for _ in range(2)]
    batch = await bulk(platform.database, org)
    going = asyncio.create_task(runner.run(org, batch.id))
    while await count(platform.database, "evaluations", org) < 3:  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)
    await erase(platform.database, platform.vault, OPERATOR, org, second, "live")
    await going
    assert [(one.analysis_id, one.status) for one in await calls(platform.database, org, batch)] == [
        (first, "done")
    ]
    assert await count(platform.database, "evaluations", org) == 2


async def test_roles_that_are_corrected_in_the_middle_count(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    batch = await bulk(platform.database, org, made.row.id)
    going = asyncio.create_task(runner.run(org, batch.id))
    while await count(platform.database, "evaluations", org) < 2:  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)
    async with platform.database.tenant(org) as session:
        await speakers.correct(session, org, OPERATOR, Correction(analysis_id, "live", None))
    await going
    (call,) = await calls(platform.database, org, batch)
    made_of_it = {one["evaluationId"]: one for one in await _evaluations(platform, org, analysis_id)}
    assert made_of_it[str(call.evaluation_id)]["score"] == 0, "the agent says it no more"
    superseded = [one for one in made_of_it.values() if one["status"] == "failed"]
    assert [one["error"]["code"] for one in superseded] == ["evaluation_superseded"]


async def test_a_batch_that_lost_its_job_gets_another(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    batch = await bulk(platform.database, org)
    key = f"evaluate_batch:{org}/{batch.id}"
    async with platform.database.operator() as session:
        await session.execute(text("DELETE FROM pgqueuer WHERE dedupe_key LIKE :key"), {"key": f"{key}%"})
    await housekeeping.tidy(platform.database, 30)
    assert await waiting_jobs(platform.database, key) == 0, "its worker may still be at work"
    async with platform.database.tenant(org) as session:
        old = {"age": timedelta(minutes=5)}
        await session.execute(text("UPDATE batches SET touched_at = now() - CAST(:age AS interval)"), old)
    await housekeeping.tidy(platform.database, 30)
    await housekeeping.tidy(platform.database, 30)
    assert await waiting_jobs(platform.database, key) == 1
    await runner.work(org, await next_key(platform.database, org, batch))
    assert (await row(platform.database, org, batch)).status == "completed"


async def test_what_is_only_suggested_is_suggested_in_bulk_too(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    [criterion] = Scorecard.model_validate(made.version.document).criteria
    async with platform.database.tenant(org) as session:
        session.add(
            Standing(org_id=org, scorecard_id=made.row.id, criterion_key=criterion.key, mode="suggest")
        )
    await runner.run(org, (await bulk(platform.database, org, made.row.id)).id)
    async with platform.database.tenant(org) as session:
        shown = read.document(await read.find(session, analysis_id), platform.links).evaluation
    assert shown is not None
    assert [(one.verdict, one.suggested) for one in shown.criteria] == [("needs_review", True)]


async def test_housekeeping_leaves_alone_what_a_batch_has_in_hand(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    batch = await bulk(platform.database, org)
    going = asyncio.create_task(runner.run(org, batch.id))
    while await count(platform.database, "evaluations", org) < 2:  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)
    async with platform.database.operator() as session:
        old = "UPDATE evaluations SET created_at = now() - interval '5 min' WHERE org_id = :org"
        await session.execute(text(old), {"org": org})
    await housekeeping.tidy(platform.database, 30)
    assert await waiting_jobs(platform.database, f"evaluate_again:{org}") == 0
    await going
    assert [one["status"] for one in await _evaluations(platform, org, analysis_id)] == ["completed"] * 2
