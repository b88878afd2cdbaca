"""A call of any length that nobody had to hear: put into a running installation as its worker would."""

import asyncio
import random
import threading
import uuid
import wave
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from sqlalchemy import text

from calltrace.analyses import lifecycle, queries
from calltrace.analyses.document import ProcessingDocument
from calltrace.analyses.lifecycle import CallFacts, Claim
from calltrace.analyses.models import Analysis
from calltrace.cli import instance
from calltrace.evaluation.results import CriterionResult, Evaluation, Evidence, MoodBySide, ScorecardRef
from calltrace.pipeline.context import Platform, build_platform
from calltrace.recordings import sound
from calltrace.recordings.waveform import Waveform
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.settings import load_settings
from calltrace.speech.marks import with_overlaps
from calltrace.speech.metrics import measure
from calltrace.speech.transcript import Attribution, Mark, Role, Segment, Transcript
from database.analyses.factory import recorded

RATE = 3000
"""Samples per second of the recording: the least that browsers play."""
POINTS = 10
SENTENCES = (
    "could you tell me the number of the order please", "it was on the invoice from March",
    "I will look that up", "thank you for waiting", "the parcel left on Tuesday and should arrive tomorrow",
    "is there anything else",
)  # fmt: skip


def make_call(data_dir: Path, url: str, seconds: int, segments: int) -> str:
    """The id of a completed call with that many segments, in the first organisation of an installation."""
    return _in_a_thread(_make(data_dir, url, seconds, segments))


def _in_a_thread(work: Coroutine[Any, Any, str]) -> str:
    """A browser that is driven has an event loop of its own in this one."""
    found = list[str]()
    thread = threading.Thread(target=lambda: found.append(asyncio.run(work)))
    thread.start()
    thread.join()
    return found[0]


async def _make(data_dir: Path, url: str, seconds: int, segments: int) -> str:
    settings = load_settings(data_dir=data_dir)
    dsn = instance.running_url(settings)
    assert dsn
    platform = build_platform(settings, dsn, instance.secret_key(settings), url)
    async with platform.database.operator() as session:
        org = (
            await session.execute(text("SELECT id FROM organisations ORDER BY created_at LIMIT 1"))
        ).scalar_one()
    made = await _completed(platform, org, transcript(seconds, segments), seconds)
    await platform.database.close()
    return str(made)


async def _completed(platform: Platform, org: uuid.UUID, said: Transcript, seconds: int) -> uuid.UUID:
    claim = await _begun(platform, org, f"{len(said.segments)} segments.wav")
    folder = platform.settings.data_dir
    await recorded(platform, claim, folder, _wav(folder / "made.wav", seconds))
    marks = with_overlaps(
        [Mark(kind="hold", start=seconds * 0.4, end=seconds * 0.44, channel=0),
         Mark(kind="silence", start=seconds * 0.7, end=seconds * 0.72)],
        said,
    )  # fmt: skip
    facts = CallFacts(seconds, 2, RATE, measure(said, seconds, marks), marks, playable=True)
    async with platform.database.tenant(org) as session:
        await lifecycle.keep_transcript(session, claim, said, facts, ProcessingDocument())
        recording = await queries.recording_of(session, claim.analysis_id)
        assert recording
        await sound.keep(session, recording, _waveform(said, seconds), None)
    async with platform.database.tenant(org) as session:
        await lifecycle.complete(session, claim, said, _judged(said), ProcessingDocument(), platform.links)
    return claim.analysis_id


async def _begun(platform: Platform, org: uuid.UUID, name: str) -> Claim:
    """Claimed as it comes into being: the worker of the installation is told of no job."""
    async with platform.database.tenant(org) as session:
        analysis = Analysis(org_id=org, file_url="https://127.0.0.1/call", file_name=name, language="en")
        session.add(analysis)
        await session.flush()
        claimed = await lifecycle.claim(session, analysis.id)
        assert claimed
        return Claim(org, claimed.id, claimed.attempt)


def transcript(seconds: int, segments: int) -> Transcript:
    """Agent and customer in turns; each fifth time one breaks in on the other."""
    dice, each = random.Random(7), seconds / segments
    found: list[Segment] = []
    for at in range(segments):
        role: Role = "agent" if (at // 2) % 2 == 0 else "customer"
        start = at * each
        if 0.4 <= start / seconds < 0.44 or 0.7 <= start / seconds < 0.72:
            continue
        length = each * (1.3 if at % 5 == 0 else dice.uniform(0.5, 0.9))
        found.append(
            Segment(
                id=f"s{at}", speaker=role, speaker_id=role, channel=int(role == "customer"),
                start=round(start, 2), end=round(min(start + length, seconds), 2), confidence=0.9,
                text=dice.choice(SENTENCES).capitalize() + ".",
            )
        )  # fmt: skip
    told = Attribution(method="channel", confidence=0.9)
    return Transcript(language="en", language_confidence=0.9, attribution=told, segments=found)


def _waveform(said: Transcript, seconds: int) -> Waveform:
    dice = random.Random(8)
    channels = [[dice.randint(2, 6) for _ in range(seconds * POINTS)] for _ in range(2)]
    for one in said.segments:
        for at in range(int(one.start * POINTS), min(int(one.end * POINTS), seconds * POINTS)):
            channels[one.channel][at] = dice.randint(40, 170)
    return Waveform(points_per_second=POINTS, channels=channels)


def _judged(said: Transcript) -> Evaluation:
    scorecard = default_scorecard()
    criteria: list[CriterionResult] = []
    for at, one in enumerate(scorecard.criteria):
        proof = said.segments[(at * 97 + 3) % len(said.segments)]
        quote = Evidence(segment_id=proof.id, start=proof.start, end=proof.end, quote=proof.text)
        criteria.append(
            CriterionResult(
                key=one.key, name=one.name, score=one.points, max_score=one.points, verdict="met",
                confidence=0.9, method="rule", reason="It was said.", evidence=[quote],
            )
        )  # fmt: skip
    ref = ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version)
    return Evaluation(
        score=82.0, summary="A call that was made for a test.", passed=True, scorecard=ref, criteria=criteria,
        recommendations=[], sentiment=MoodBySide(customer="neutral", agent=None), escalation=False,
        customer_effort_score=2, sensitive_data=[],
    )  # fmt: skip


def _wav(path: Path, seconds: int) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, RATE, seconds * RATE, "NONE", ""))
        file.writeframes(bytes([128]) * (seconds * RATE))
    content = path.read_bytes()
    path.unlink()
    return content
