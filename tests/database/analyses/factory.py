"""Analyses in every state, made through the service."""

import uuid
from dataclasses import replace
from pathlib import Path

from calltrace.analyses import lifecycle, queries, submit
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.lifecycle import CallFacts, Claim
from calltrace.evaluation.results import Evaluation, MoodBySide, ScorecardRef
from calltrace.pipeline.context import Platform
from calltrace.recordings import objects, sound
from calltrace.recordings.models import Recording
from calltrace.recordings.waveform import Waveform
from calltrace.speech.metrics import measure
from calltrace.speech.transcript import Attribution, Mark, Segment, Transcript
from database.conftest import submission

TRANSCRIPT = Transcript(
    language="en",
    language_confidence=0.9,
    attribution=Attribution(method="channel", confidence=0.9),
    segments=[
        Segment(
            id="s1", speaker="agent", speaker_id="spk1", channel=0, start=0.5, end=2.0, text="Good morning.",
            confidence=0.9,
        )
    ],
)  # fmt: skip
FACTS = CallFacts(12.5, 2, 8000, measure(TRANSCRIPT, 12.5))
WAVEFORM = Waveform(points_per_second=20, channels=[[0, 51, 255], [0, 0, 102]])
EVALUATION = Evaluation(
    score=82.0,
    summary="A call.",
    passed=True,
    scorecard=ScorecardRef(id="x", name="y", version=1),
    criteria=[],
    recommendations=[],
    sentiment=MoodBySide(customer="neutral", agent=None),
    escalation=False,
    customer_effort_score=2,
    sensitive_data=[],
)


async def submitted(intake: submit.Intake, org: uuid.UUID, **changes: object) -> uuid.UUID:
    return (await submit.submit(intake, org, None, submission(**changes))).analysis_id


async def claimed(intake: submit.Intake, org: uuid.UUID, analysis_id: uuid.UUID) -> Claim:
    async with intake.database.tenant(org) as session:
        analysis = await lifecycle.claim(session, analysis_id)
    assert analysis is not None
    return Claim(org, analysis_id, analysis.attempt)


async def recorded(platform: Platform, claim: Claim, folder: Path, content: bytes = b"audio") -> Recording:
    """The claimed analysis gets a recording that rests in the store."""
    (folder / "call").write_bytes(content)
    stored = await objects.store(platform.database, platform.vault, claim.org_id, folder / "call")
    recording = Recording(
        org_id=claim.org_id, object_key=stored.object_key, sealed_key=stored.sealed_data_key,
        size_bytes=stored.size, sha256=stored.sha256, media="wav", content_type="text/html",
    )  # fmt: skip
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.keep_recording(session, claim, recording, ProcessingDocument())
    return recording


async def heard(platform: Platform, claim: Claim) -> None:
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.keep_transcript(session, claim, TRANSCRIPT, FACTS, ProcessingDocument())


async def playable(platform: Platform, claim: Claim, folder: Path, copy: bytes | None = None) -> None:
    """The claimed analysis, which has a recording, was heard; without a copy the recording plays itself."""
    stored = None
    if copy is not None:
        (folder / "copy").write_bytes(copy)
        stored = await objects.store(platform.database, platform.vault, claim.org_id, folder / "copy")
    facts = replace(FACTS, playable=True, marks=[Mark(kind="hold", start=3.0, end=9.0, channel=0)])
    async with platform.database.tenant(claim.org_id) as session:
        await lifecycle.keep_transcript(session, claim, TRANSCRIPT, facts, ProcessingDocument())
        recording = await queries.recording_of(session, claim.analysis_id)
        assert recording
        await sound.keep(session, recording, WAVEFORM, stored)


async def completed(
    platform: Platform, intake: submit.Intake, org: uuid.UUID, folder: Path | None = None, **changes: object
) -> uuid.UUID:
    """A completed analysis; with a recording in the store when there is a folder to make it in."""
    claim = await claimed(intake, org, await submitted(intake, org, **changes))
    if folder:
        await recorded(platform, claim, folder)
    await heard(platform, claim)
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, TRANSCRIPT, EVALUATION, ProcessingDocument(), platform.links)
    return claim.analysis_id
