"""Analyses in every state, made through the service."""

import uuid

from calltrace.analyses import lifecycle, submit
from calltrace.analyses.lifecycle import CallFacts, Claim
from calltrace.evaluation.results import Evaluation, MoodBySide, ScorecardRef
from calltrace.speech.metrics import measure
from calltrace.speech.transcript import Attribution, Segment, Transcript
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
