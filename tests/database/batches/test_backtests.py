"""Back-tests with the real child: what they find, and that calls stay as they were."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import read, speakers
from calltrace.analyses.erase import erase
from calltrace.analyses.speakers import Correction
from calltrace.analyses.submit import Intake
from calltrace.batches import service, table, work
from calltrace.batches.errors import BatchOverError, NothingToEvaluateError, TooManyBatchesError
from calltrace.batches.models import Batch
from calltrace.batches.selection import Selection
from calltrace.batches.service import Asked
from calltrace.catalog.models import Agent
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.pipeline.batches import BatchRunner
from calltrace.pipeline.context import Platform
from calltrace.scorecards import drafts
from calltrace.webhooks import service as webhooks
from database.analyses.factory import EVALUATION, completed, submitted
from database.batches.asked import backtest, calls, document, next_key, row
from database.conftest import NewOrg, count
from database.scorecards.factory import card, stored


async def _shown(platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID) -> Any:
    async with platform.database.tenant(org) as session:
        return read.document(await read.find(session, analysis_id), platform.links).evaluation


async def _draft(platform: Platform, org: uuid.UUID, scorecard_id: uuid.UUID, words: str) -> None:
    async with platform.database.tenant(org) as session:
        await drafts.save(session, OPERATOR, scorecard_id, card(words=words))


async def test_a_draft_is_held_against_past_calls_and_nothing_of_them_changes(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    async with platform.database.tenant(org) as session:
        await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.completed"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip
        agent = Agent(org_id=org, name="=Ann")
        session.add(agent)
    ids = [
        await completed(platform, intake, org, agent_id=agent.id),
        await completed(platform, intake, org, external_id="+crm"),
    ]
    made = await stored(platform.database, org, words="good morning")
    await _draft(platform, org, made.row.id, "nobody says this")
    batch = await backtest(platform.database, org, made.row.id)
    await runner.work(org, await next_key(platform.database, org, batch))
    found = await document(platform.database, org, batch)
    assert (found["status"], found["version"], found["against"]) == ("completed", 2, None)
    assert found["progress"] == {"percent": 100, "selected": 2, "waiting": 0, "done": 2, "failed": 0}
    results = found["results"]
    assert results["compared"] == 2
    assert results["score"] == {"before": 82.0, "after": 0.0, "change": -82.0}
    assert results["passRate"] == {"before": 1.0, "after": 0.0, "change": -1.0}
    (criterion,) = results["criteria"]
    assert (criterion["key"], criterion["verdicts"]) == ("renewals_said", {"absent": {"not_met": 2}})
    assert (criterion["compared"], criterion["changed"]) == (0, 0)
    assert {one["name"]: one["calls"] for one in results["agents"]} == {"=Ann": 1, None: 1}
    assert {one["analysisId"] for one in results["changedMost"]} == {str(one) for one in ids}
    for one in ids:
        assert await _shown(platform, org, one) == EVALUATION
    assert await count(platform.database, "evaluations", org) == 2
    assert await count(platform.database, "webhook_deliveries", org) == 2
    lines = (
        b"".join([part async for part in table.csv_of(platform.database, org, batch)]).decode().splitlines()
    )
    assert lines[0].endswith("renewals_said before,renewals_said after")
    assert lines[1] == f"{ids[1]},'+crm,,,done,,82.0,0.0,-82.0,true,false,,not_met"
    assert lines[2] == f"{ids[0]},,{agent.id},'=Ann,done,,82.0,0.0,-82.0,true,false,,not_met"


async def test_two_versions_are_compared_with_each_other(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    await _draft(platform, org, made.row.id, "nobody says this")
    batch = await backtest(platform.database, org, made.row.id, against=1)
    await runner.run(org, batch.id)
    results = (await document(platform.database, org, batch))["results"]
    assert results["score"] == {"before": 100.0, "after": 0.0, "change": -100.0}
    assert results["criteria"] == [
        {
            "key": "renewals_said", "name": "Says it", "compared": 1, "changed": 1,
            "verdicts": {"met": {"not_met": 1}},
        }
    ]  # fmt: skip


async def test_a_draft_that_changes_meanwhile_is_tried_as_it_was(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    made = await stored(platform.database, org)
    await _draft(platform, org, made.row.id, "good morning")
    batch = await backtest(platform.database, org, made.row.id)
    await _draft(platform, org, made.row.id, "nobody says this")
    await runner.run(org, batch.id)
    assert [one.after["score"] for one in await calls(platform.database, org, batch)] == [100]


async def test_calls_that_cannot_be_judged_are_counted_and_named(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    good = await completed(platform, intake, org)
    waiting = await submitted(intake, org)
    made = await stored(platform.database, org)
    batch = await backtest(platform.database, org, made.row.id, good, waiting)
    await runner.run(org, batch.id)
    found = await document(platform.database, org, batch)
    assert found["progress"] == {"percent": 100, "selected": 2, "waiting": 0, "done": 1, "failed": 1}
    assert found["results"]["failures"] == [{"code": "analysis_not_completed", "calls": 1}]
    by_filter = await backtest(platform.database, org, made.row.id)
    assert [one.analysis_id for one in await calls(platform.database, org, by_filter)] == [good]


async def test_nothing_to_evaluate_is_refused_and_leaves_nothing(
    platform: Platform, intake: Intake, org: uuid.UUID, new_org: NewOrg
) -> None:
    made = await stored(platform.database, org)
    with pytest.raises(NothingToEvaluateError):
        await backtest(platform.database, org, made.row.id)
    waiting = await submitted(intake, org)
    for ids in ((), (waiting,)):
        with pytest.raises(NothingToEvaluateError):
            await backtest(platform.database, org, made.row.id, *ids)
    other = await new_org()
    theirs = await completed(platform, intake, other)
    with pytest.raises(InvalidRequestError) as refused:
        await backtest(platform.database, org, made.row.id, waiting, theirs)
    assert [one.pointer for one in refused.value.errors] == ["/analysisIds/1"]
    with pytest.raises(NotFoundError):
        await backtest(platform.database, other, made.row.id)
    assert await count(platform.database, "batches", org) == 0
    assert await count(platform.database, "batch_calls", org) == 0


async def test_a_worker_that_was_killed_is_followed_by_another_and_cannot_write_any_more(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    for _ in range(3):
        await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    batch = await backtest(platform.database, org, made.row.id)
    async with platform.database.tenant(org) as session:  # it took a call, and was never heard of again
        lost = await work.take_over(session, org, batch.id)
        assert lost
        taken = await work.take(session, lost, None)
    assert isinstance(taken, work.Taken)
    await runner.run(org, batch.id)
    found = await calls(platform.database, org, batch)
    assert [(one.status, one.attempts) for one in found] == [("done", 2), ("done", 1), ("done", 1)]
    with pytest.raises(work.StaleAttemptError):
        async with platform.database.tenant(org) as session:
            await work.complete(session, taken, [EVALUATION])
    assert [one.after["score"] for one in await calls(platform.database, org, batch)] == [100, 100, 100]


async def test_a_child_that_is_killed_in_the_middle_costs_a_try_and_no_call(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    for _ in range(2):
        await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    batch = await backtest(platform.database, org, made.row.id)
    child = runner._child  # pyright: ignore[reportPrivateUsage] - to kill it
    going = asyncio.create_task(runner.work(org, await next_key(platform.database, org, batch)))
    while child.pid is None:  # noqa: ASYNC110 - a process, not an event
        await asyncio.sleep(0.01)
    await child.close()
    await going
    waiting, done = await calls(platform.database, org, batch)
    assert (waiting.status, waiting.tries, done.status) == ("waiting", 1, "done")
    assert (await row(platform.database, org, batch)).status == "running"
    async with platform.database.operator() as session:  # the next turn waits as long as the schedule says
        query = text(
            "SELECT execute_after > now() + interval '1 second' FROM pgqueuer WHERE dedupe_key = :key"
        )
        key = f"evaluate_batch:{org}/{batch.id}/1"
        assert await session.scalar(query, {"key": key})
    await runner.work(org, f"{batch.id}/1")
    assert [one.status for one in await calls(platform.database, org, batch)] == ["done", "done"]
    assert (await row(platform.database, org, batch)).status == "completed"


async def test_what_keeps_failing_ends_with_a_code_after_all_its_tries(
    platform: Platform, crashing: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    made = await stored(platform.database, org)
    batch = await backtest(platform.database, org, made.row.id)
    await crashing.run(org, batch.id)
    (call,) = await calls(platform.database, org, batch)
    assert (call.status, call.code, call.attempts) == ("failed", "engine_crashed", 3)
    found = await document(platform.database, org, batch)
    assert (found["status"], found["results"]["compared"]) == ("completed", 0)
    assert found["results"]["score"] is None


async def test_a_call_over_which_workers_die_is_given_up(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    made = await stored(platform.database, org)
    batch = await backtest(platform.database, org, made.row.id)
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE batch_calls SET attempts = 10"))
    await runner.run(org, batch.id)
    assert [one.code for one in await calls(platform.database, org, batch)] == ["worker_lost"]


async def test_erasing_a_call_erases_its_rows_also_in_the_middle(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    first, second = [await completed(platform, intake, org) for _ in range(2)]
    made = await stored(platform.database, org, words="good morning")
    batch = await backtest(platform.database, org, made.row.id)
    going = asyncio.create_task(runner.run(org, batch.id))
    while not any(one.attempts for one in await calls(platform.database, org, batch)):  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)
    await erase(platform.database, platform.vault, OPERATOR, org, second, "live")
    await going
    assert [one.analysis_id for one in await calls(platform.database, org, batch)] == [first]
    found = await document(platform.database, org, batch)
    assert found["status"] == "completed"
    assert found["progress"] == {"percent": 100, "selected": 2, "waiting": 0, "done": 1, "failed": 0}
    await erase(platform.database, platform.vault, OPERATOR, org, first, "live")
    assert await count(platform.database, "batch_calls", org) == 0
    assert (await document(platform.database, org, batch))["progress"]["percent"] == 100


async def test_a_call_that_is_erased_as_its_turn_comes_is_passed_over(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    made = await stored(platform.database, org, words="good morning")

    async def taken(batch: Batch) -> work.Taken | work.Later | None:
        async with platform.database.tenant(org) as session:
            claim = await work.take_over(session, org, batch.id)
            assert claim
            return await work.take(session, claim, None)

    for _ in range(8):
        only = await completed(platform, intake, org)
        batch = await backtest(platform.database, org, made.row.id)
        found, _receipt = await asyncio.gather(
            taken(batch), erase(platform.database, platform.vault, OPERATOR, org, only, "live")
        )
        assert found is None or (isinstance(found, work.Taken) and found.analysis_id == only)
        assert await count(platform.database, "batch_calls", org) == 0


async def test_a_batch_that_is_cancelled_begins_no_further_call(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    for _ in range(3):
        await completed(platform, intake, org)
    made = await stored(platform.database, org, words="good morning")
    batch = await backtest(platform.database, org, made.row.id)

    async def cancel() -> Batch:
        async with platform.database.tenant(org) as session:
            return await service.cancel(session, await service.find(session, batch.id, "backtest", "live"))

    going = asyncio.create_task(runner.run(org, batch.id))
    while not any(one.attempts for one in await calls(platform.database, org, batch)):  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)
    first, second = await cancel(), await cancel()
    await going
    assert [one.status for one in await calls(platform.database, org, batch)] == [
        "done",
        "waiting",
        "waiting",
    ]
    assert (first.status, first.completed_at) == (second.status, second.completed_at)
    await runner.work(org, f"{batch.id}/1")
    assert (await document(platform.database, org, batch))["progress"]["percent"] == 33
    whole = await backtest(platform.database, org, made.row.id)
    await runner.run(org, whole.id)
    with pytest.raises(BatchOverError):
        async with platform.database.tenant(org) as session:
            await service.cancel(session, await service.find(session, whole.id, "backtest", "live"))


async def test_a_worker_that_stops_gives_its_call_back(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID
) -> None:
    await completed(platform, intake, org)
    made = await stored(platform.database, org)
    batch = await backtest(platform.database, org, made.row.id)
    going = asyncio.create_task(runner.work(org, f"{batch.id}/0"))
    while not any(one.attempts for one in await calls(platform.database, org, batch)):  # noqa: ASYNC110 - another session writes it
        await asyncio.sleep(0.01)
    await runner.stop()
    with pytest.raises(Exception, match="again in 0 s"):
        await going
    assert [(one.status, one.attempts) for one in await calls(platform.database, org, batch)] == [
        ("waiting", 0)
    ]


async def test_batches_take_turns(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calltrace.pipeline.batches.TURN_SECONDS", 0.001)
    for _ in range(2):
        await completed(platform, intake, org)
    made = await stored(platform.database, org)
    batch = await backtest(platform.database, org, made.row.id)
    for turn in range(2):
        await runner.work(org, f"{batch.id}/{turn}")
        done = [one.status for one in await calls(platform.database, org, batch)].count("done")
        assert (done, (await row(platform.database, org, batch)).attempts) == (turn + 1, turn + 1)
    async with platform.database.operator() as session:
        query = text("SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE :key")
        assert await session.scalar(query, {"key": f"evaluate_batch:{org}/{batch.id}/%"}) == 3


async def test_an_organisation_has_a_bounded_number_of_unfinished_batches(
    platform: Platform, intake: Intake, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST_UNFINISHED", 3)
    await completed(platform, intake, org)
    made = await stored(platform.database, org)
    answers = await asyncio.gather(
        *(backtest(platform.database, org, made.row.id) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(one, TooManyBatchesError) for one in answers) == 2
    assert await count(platform.database, "batches", org) == 3


async def test_the_newest_calls_are_taken_and_filters_hold(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    ids = [await completed(platform, intake, org) for _ in range(3)]
    made = await stored(platform.database, org)
    async with platform.database.tenant(org) as session:
        asked = Asked(org, "live", Selection(limit=2))
        batch = await service.backtest(session, asked, made.row.id)
    found = await calls(platform.database, org, batch)
    assert [(one.position, one.analysis_id) for one in found] == [(1, ids[2]), (2, ids[1])]
    with pytest.raises(NothingToEvaluateError):
        async with platform.database.tenant(org) as session:
            await service.backtest(session, Asked(org, "test", Selection()), made.row.id)


async def test_roles_that_are_corrected_meanwhile_do_not_stop_a_back_test(
    platform: Platform, runner: BatchRunner, intake: Intake, org: uuid.UUID, tmp_path: Path
) -> None:
    del tmp_path
    analysis_id = await completed(platform, intake, org)
    made = await stored(platform.database, org)
    batch = await backtest(platform.database, org, made.row.id)
    async with platform.database.tenant(org) as session:
        await speakers.correct(session, org, OPERATOR, Correction(analysis_id, "live", None))
    await runner.run(org, batch.id)
    assert [one.status for one in await calls(platform.database, org, batch)] == ["done"]
