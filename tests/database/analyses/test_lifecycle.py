"""Claims, fencing, and results that are written once."""

import uuid
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.analyses import lifecycle, read, submit
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.errors import StaleAttemptError
from calltrace.analyses.lifecycle import Claim
from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.webhooks import service as webhooks
from database.analyses.factory import EVALUATION, FACTS, TRANSCRIPT, claimed, submitted
from database.conftest import count

ERROR = ErrorDocument(code="unsupported_media", message="No audio.", stage="decoding", retryable=False)


async def _complete(platform: Platform, claim: Claim) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.keep_transcript(session, claim, TRANSCRIPT, FACTS, ProcessingDocument())
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)


@pytest.mark.accepts("CT-081", "CT-082", "CT-083", "CT-089")
async def test_ct_089_a_completed_analysis_shows_everything(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org, external_id="crm-1", metadata={"a": [1]})
    await _complete(platform, await claimed(intake, org, analysis_id))
    async with platform.database.tenant(org) as session:
        shown = read.document(await read.find(session, analysis_id), platform.links)
    assert (shown.status, shown.progress.stage, shown.progress.percent) == ("completed", "done", 100)
    assert shown.transcript == TRANSCRIPT
    assert shown.evaluation == EVALUATION
    assert (shown.call.duration_seconds, shown.call.channels, shown.metadata) == (12.5, 2, {"a": [1]})


async def test_a_worker_that_lost_its_lease_writes_nothing(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    slow = await claimed(intake, org, analysis_id)
    fast = await claimed(intake, org, analysis_id)
    await _complete(platform, fast)
    with pytest.raises(StaleAttemptError):
        await _complete(platform, slow)
    async with platform.database.tenant(org) as session:
        with pytest.raises(StaleAttemptError):
            await lifecycle.fail(session, slow, ERROR, platform.links)
    assert await count(platform.database, "evaluations", org) == 1


async def test_a_finished_analysis_cannot_be_claimed_again(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    await _complete(platform, await claimed(intake, org, analysis_id))
    async with platform.database.tenant(org) as session:
        assert await lifecycle.claim(session, analysis_id) is None


async def test_a_lost_lease_is_no_failed_try(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    analysis_id = await submitted(intake, org)
    await claimed(intake, org, analysis_id)
    second = await claimed(intake, org, analysis_id)
    async with database.tenant(org) as session:
        await lifecycle.give_back(session, second, failed_try=True)
        row = (await session.execute(text("SELECT lost_leases, tries, claimed FROM analyses"))).one()
    assert row == (1, 1, False)


@pytest.mark.accepts("CT-085", "CT-090", "CT-146")
async def test_ct_085_a_failed_analysis_says_why_and_tells_subscribers(
    platform: Platform, org: uuid.UUID, intake: submit.Intake
) -> None:
    async with platform.database.tenant(org) as session:
        await webhooks.create_endpoint(
            session, org, url="https://127.0.0.1/hook", events=["analysis.failed"],
            box=platform.box, policy=platform.policy,
        )  # fmt: skip
    analysis_id = await submitted(intake, org)
    claim = await claimed(intake, org, analysis_id)
    async with platform.database.tenant(org) as session:
        await lifecycle.fail(session, claim, ERROR, platform.links)
    async with platform.database.tenant(org) as session:
        shown = read.document(await read.find(session, analysis_id), platform.links)
        delivery: Any = (await session.execute(text("SELECT status, body FROM webhook_deliveries"))).one()
    assert shown.error == ERROR
    assert '"code":"unsupported_media"' in delivery.body
    assert delivery.status == "pending"


async def test_progress_of_an_erased_analysis_stops_the_work(
    database: Database, org: uuid.UUID, intake: submit.Intake
) -> None:
    claim = await claimed(intake, org, await submitted(intake, org))
    async with database.tenant(org) as session:
        await session.execute(text("DELETE FROM analyses"))
    with pytest.raises(StaleAttemptError):
        async with database.tenant(org) as session:
            await lifecycle.report(session, claim, "transcribing", 50)
