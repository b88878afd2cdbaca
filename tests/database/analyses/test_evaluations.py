"""Asking for another evaluation: when, by which scorecard, and once while it waits."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import evaluation_work, evaluations, lifecycle
from calltrace.analyses.document import ErrorDocument
from calltrace.analyses.erase import erase
from calltrace.analyses.errors import AnalysisNotCompletedError, StaleAttemptError
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.lifecycle import Claim
from calltrace.analyses.models import EvaluationRow
from calltrace.analyses.submit import Intake
from calltrace.catalog.assignment import delete_scorecard
from calltrace.catalog.models import Queue
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.pipeline.context import Platform
from calltrace.scorecards import versions
from calltrace.scorecards.catalogue import default_scorecard
from database.analyses.factory import EVALUATION, claimed, completed, heard, submitted
from database.conftest import count, waiting_jobs
from database.scorecards.factory import card, stored

ERROR = ErrorDocument(code="engine_crashed", message="It crashed.", stage="evaluating", retryable=True)


async def _ask(
    platform: Platform, org: uuid.UUID, analysis_id: uuid.UUID, scorecard_id: uuid.UUID | None = None
) -> EvaluationRow:
    async with platform.database.tenant(org) as session:
        return await evaluations.ask(session, org, Wish(analysis_id, "live", scorecard_id))


async def _fail(platform: Platform, claim: Claim) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.fail(session, claim, ERROR, platform.links)


async def test_the_evaluation_and_its_job_are_written_together(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    row = await _ask(platform, org, await completed(platform, intake, org))
    assert (row.status, row.document, row.attempts, row.tries) == ("queued", None, 0, 0)
    assert await waiting_jobs(platform.database, f"evaluate_again:{org}/{row.id}") == 1


async def test_while_it_waits_the_same_is_not_asked_for_twice(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    made = await stored(platform.database, org)
    rows = await asyncio.gather(
        *(_ask(platform, org, analysis_id) for _ in range(8)),
        *(_ask(platform, org, analysis_id, made.row.id) for _ in range(8)),
    )
    assert [len({row.id for row in some}) for some in (rows[:8], rows[8:], rows)] == [1, 1, 2]
    assert await waiting_jobs(platform.database, f"evaluate_again:{org}") == 2


async def test_once_it_is_made_another_one_can_be_asked_for(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    first = await _ask(platform, org, analysis_id)
    async with platform.database.tenant(org) as session:
        material = await evaluation_work.claim(session, org, first.id)
        assert material
        await evaluation_work.complete(session, material.claim, EVALUATION)
    assert (await _ask(platform, org, analysis_id)).id != first.id


async def test_what_is_under_way_or_was_never_heard_cannot_be_evaluated_again(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await submitted(intake, org)
    with pytest.raises(AnalysisNotCompletedError):
        await _ask(platform, org, analysis_id)
    claim = await claimed(intake, org, analysis_id)
    await heard(platform, claim)
    with pytest.raises(AnalysisNotCompletedError):
        await _ask(platform, org, analysis_id)
    deaf = await claimed(intake, org, await submitted(intake, org))
    await _fail(platform, deaf)
    with pytest.raises(AnalysisNotCompletedError):
        await _ask(platform, org, deaf.analysis_id)
    assert await count(platform.database, "evaluations", org) == 0


async def test_what_was_heard_and_then_failed_can_be_evaluated(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    await heard(platform, claim)
    await _fail(platform, claim)
    assert (await _ask(platform, org, claim.analysis_id)).status == "queued"


async def test_the_queue_chooses_now_unless_a_scorecard_is_named(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    old, new, other = [await stored(platform.database, org) for _ in range(3)]
    async with platform.database.tenant(org) as session:
        queue = Queue(org_id=org, name="q", scorecard_id=old.row.id)
        session.add(queue)
    analysis_id = await completed(platform, intake, org, queue_id=queue.id)
    async with platform.database.tenant(org) as session:
        await session.execute(text("UPDATE queues SET scorecard_id = :id"), {"id": new.row.id})
    assert (await _ask(platform, org, analysis_id)).scorecard_version_id == new.version.id
    assert (await _ask(platform, org, analysis_id, other.row.id)).scorecard_version_id == other.version.id
    shipped = default_scorecard().id
    assert (await _ask(platform, org, analysis_id, shipped)).scorecard_version_id is None


async def test_without_a_queue_it_is_the_scorecard_that_ships(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    row = await _ask(platform, org, await completed(platform, intake, org))
    assert row.scorecard_version_id is None


async def test_a_scorecard_that_is_unknown_deleted_or_anothers_is_refused(
    platform: Platform, intake: Intake, org: uuid.UUID, new_org: Callable[[], Any]
) -> None:
    analysis_id = await completed(platform, intake, org)
    deleted = await stored(platform.database, org)
    async with platform.database.tenant(org) as session:
        await delete_scorecard(session, OPERATOR, deleted.row.id)
    foreign = await stored(platform.database, await new_org())
    for scorecard_id in (uuid.uuid4(), deleted.row.id, foreign.row.id):
        with pytest.raises(InvalidRequestError) as caught:
            await _ask(platform, org, analysis_id, scorecard_id)
        assert [one.pointer for one in caught.value.errors] == ["/scorecardId"]


async def test_it_stays_pinned_to_what_the_scorecard_said_when_it_was_asked_for(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    made = await stored(platform.database, org)
    row = await _ask(platform, org, await completed(platform, intake, org), made.row.id)
    async with platform.database.tenant(org) as session:
        await versions.add(session, OPERATOR, made.row.id, card(name="Later"))
        await delete_scorecard(session, OPERATOR, made.row.id)
    async with platform.database.tenant(org) as session:
        material = await evaluation_work.claim(session, org, row.id)
    assert material
    assert (material.scorecard.name, material.scorecard.version) == ("Renewals", 1)


async def test_of_two_workers_the_one_that_claimed_last_writes(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    row = await _ask(platform, org, await completed(platform, intake, org))
    claims: list[evaluation_work.Claim] = []
    for lost in range(2):
        async with platform.database.tenant(org) as session:
            material = await evaluation_work.claim(session, org, row.id)
        assert material
        assert material.lost == lost
        claims.append(material.claim)
    with pytest.raises(StaleAttemptError):
        async with platform.database.tenant(org) as session:
            await evaluation_work.complete(session, claims[0], EVALUATION)
    async with platform.database.tenant(org) as session:
        await evaluation_work.complete(session, claims[1], EVALUATION)
    with pytest.raises(StaleAttemptError):
        async with platform.database.tenant(org) as session:
            await evaluation_work.fail(session, claims[1], ERROR)
    async with platform.database.tenant(org) as session:
        assert await evaluation_work.claim(session, org, row.id) is None


async def test_erased_there_is_nothing_to_ask_for_to_do_or_to_write(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    analysis_id = await completed(platform, intake, org)
    row = await _ask(platform, org, analysis_id)
    async with platform.database.tenant(org) as session:
        material = await evaluation_work.claim(session, org, row.id)
    assert material
    receipt = await erase(platform.database, platform.vault, OPERATOR, org, analysis_id, "live")
    assert receipt.erased["evaluations"] == 2
    assert await waiting_jobs(platform.database, str(row.id)) == 0
    with pytest.raises(NotFoundError):
        await _ask(platform, org, analysis_id)
    with pytest.raises(StaleAttemptError):
        async with platform.database.tenant(org) as session:
            await evaluation_work.complete(session, material.claim, EVALUATION)
    async with platform.database.tenant(org) as session:
        assert await evaluation_work.claim(session, org, row.id) is None


async def test_asked_for_while_it_is_erased_nothing_stays(
    platform: Platform, intake: Intake, org: uuid.UUID
) -> None:
    for _ in range(5):
        analysis_id = await completed(platform, intake, org)
        asked, _receipt = await asyncio.gather(
            _ask(platform, org, analysis_id),
            erase(platform.database, platform.vault, OPERATOR, org, analysis_id, "live"),
            return_exceptions=True,
        )
        assert isinstance(asked, EvaluationRow | NotFoundError)
    assert await count(platform.database, "evaluations", org) == 0
    assert await waiting_jobs(platform.database, f"evaluate_again:{org}") == 0
