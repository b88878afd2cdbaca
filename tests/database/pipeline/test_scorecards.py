"""The queue of a call decides what it is held against: the real job with the real evaluation child."""

import uuid
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import lifecycle, queries, submit
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.lifecycle import CallFacts
from calltrace.analyses.models import EvaluationRow
from calltrace.catalog.assignment import delete_scorecard
from calltrace.catalog.models import Queue
from calltrace.pipeline.context import Platform, build_child
from calltrace.pipeline.process import Processor
from calltrace.scorecards import service, versions
from calltrace.scorecards.yaml import load_scorecard
from calltrace.speech.transcript import Mark
from database.analyses.factory import FACTS, TRANSCRIPT, claimed, submitted
from database.scorecards.factory import YAML, card, stored


@pytest.fixture
async def processor(platform: Platform, tmp_path: Path) -> AsyncGenerator[Processor]:
    child = build_child(platform.settings, tmp_path)
    yield Processor(platform, child, tmp_path, [])
    await child.close()


async def _queue(platform: Platform, org: uuid.UUID, scorecard_id: uuid.UUID | None) -> uuid.UUID:
    async with platform.database.tenant(org) as session:
        queue = Queue(org_id=org, name=f"queue {scorecard_id}", scorecard_id=scorecard_id)
        session.add(queue)
    return queue.id


async def _heard(
    platform: Platform, org: uuid.UUID, queue_id: uuid.UUID | None, facts: CallFacts = FACTS
) -> uuid.UUID:
    """An analysis whose transcript an earlier try has kept: "Good morning." """
    intake = submit.Intake(platform.database, platform.client, platform.limits, platform.uploads, probe=False)
    claim = await claimed(intake, org, await submitted(intake, org, queue_id=queue_id))
    async with platform.database.tenant(org) as session:
        await lifecycle.keep_transcript(session, claim, TRANSCRIPT, facts, ProcessingDocument())
        await lifecycle.give_back(session, claim, failed_try=True)
    return claim.analysis_id


async def _evaluated(
    platform: Platform,
    processor: Processor,
    org: uuid.UUID,
    queue_id: uuid.UUID | None,
    facts: CallFacts = FACTS,
) -> Any:
    """The evaluation of one call of a queue, and the version that it is pinned to."""
    analysis_id = await _heard(platform, org, queue_id, facts)
    await processor.process(org, analysis_id)
    async with platform.database.tenant(org) as session:
        found = await queries.find(session, analysis_id)
        assert found
        assert found.evaluation, found.analysis.error
        return await session.scalar(select(EvaluationRow).where(EvaluationRow.analysis_id == analysis_id))


@pytest.mark.accepts("CT-046")
async def test_two_queues_hold_the_same_call_against_their_own_scorecards(
    platform: Platform, processor: Processor, org: uuid.UUID
) -> None:
    morning = await stored(platform.database, org, key="morning", words="good morning")
    evening = await stored(platform.database, org, key="evening", words="good evening")
    verdicts = dict[str, str]()
    for made in (morning, evening):
        queue = await _queue(platform, org, made.row.id)
        row = await _evaluated(platform, processor, org, queue)
        assert row.scorecard_version_id == made.version.id
        pinned = {"id": str(made.row.id), "name": "Renewals", "version": 1}
        assert row.document["scorecard"] == pinned
        verdicts |= {one["key"]: one["verdict"] for one in row.document["criteria"]}
    assert verdicts == {"morning_said": "met", "evening_said": "not_met"}


async def test_a_call_without_a_queue_is_held_against_the_scorecard_that_ships(
    platform: Platform, processor: Processor, org: uuid.UUID
) -> None:
    row = await _evaluated(platform, processor, org, None)
    assert row.scorecard_version_id is None
    assert row.document["scorecard"]["name"] == "General service call"


async def test_hold_music_that_was_heard_reaches_the_criterion_that_measures_it(
    platform: Platform, processor: Processor, org: uuid.UUID
) -> None:
    measured = YAML.format(key="held", name="Held", words="x").replace(
        "kind: said, cues: [{patterns: [x]}]", "kind: measure, metric: hold_seconds, maximum: 5"
    )
    async with platform.database.tenant(org) as session:
        made = await service.create(session, org, OPERATOR, load_scorecard(measured))
    queue = await _queue(platform, org, made.row.id)
    held = replace(FACTS, marks=[Mark(kind="hold", start=3.0, end=9.0, channel=0)])
    for facts, reason in ((held, "hold seconds: 6"), (FACTS, "hold seconds: 0")):
        row = await _evaluated(platform, processor, org, queue, facts)
        assert row.document["criteria"][0]["reason"] == f"{reason} (at most 5)."


async def test_an_evaluation_stays_pinned_when_its_scorecard_moves_on_and_is_deleted(
    platform: Platform, processor: Processor, org: uuid.UUID
) -> None:
    made = await stored(platform.database, org)
    queue = await _queue(platform, org, made.row.id)
    first = await _evaluated(platform, processor, org, queue)
    async with platform.database.tenant(org) as session:
        newer = await versions.add(session, OPERATOR, made.row.id, card(name="Renewed"))
    second = await _evaluated(platform, processor, org, queue)
    async with platform.database.tenant(org) as session:
        await session.execute(text("DELETE FROM queues"))
        await delete_scorecard(session, OPERATOR, made.row.id)
    query = "SELECT scorecard_version_id FROM evaluations ORDER BY created_at"
    async with platform.database.tenant(org) as session:
        pinned = (await session.scalars(text(query))).all()
    assert pinned == [made.version.id, newer.version.id]
    assert (first.document["scorecard"]["version"], second.document["scorecard"]["version"]) == (1, 2)
