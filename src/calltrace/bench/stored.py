"""Analyses by the hundred thousand: written in a few statements, each as a worker would have left it."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.data import Line, sample_script
from calltrace.db import jobs
from calltrace.db.connections import connect
from calltrace.db.session import Database
from calltrace.evaluation.results import CriterionResult, Evaluation, Evidence, MoodBySide, ScorecardRef
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Attribution, Segment, Transcript, Word

EXTERNAL = "bench-{}"
_SECONDS_PER_WORD = 0.4
_PAST = timedelta(days=365)
_AT_ONCE = 20_000

_ANALYSES = text("""
    INSERT INTO analyses (id, org_id, created_at, completed_at, status, stage, percent, file_url, external_id,
                          duration_seconds, channels, sample_rate, metadata)
    SELECT gen_random_uuid(), :org, moment, moment + interval '1 minute', 'completed', 'done', 100,
           'https://localhost/call.mp3', 'bench-' || number, 120.0, 2, 8000, '{"source": "benchmark"}'
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS number,
         LATERAL (SELECT clock_timestamp() - number * CAST(:step AS interval) AS moment) AS times
    RETURNING id
""")
_TRANSCRIPTS = text("""
    INSERT INTO transcripts (analysis_id, org_id, document)
    SELECT id, :org, CAST(:document AS json) FROM unnest(CAST(:ids AS uuid[])) AS id
""")
_EVALUATIONS = text("""
    INSERT INTO evaluations (id, analysis_id, org_id, score, passed, document)
    SELECT gen_random_uuid(), id, :org, 82, true, CAST(:document AS json)
    FROM unnest(CAST(:ids AS uuid[])) AS id
""")
_QUEUED = text("""
    INSERT INTO analyses (id, org_id, file_url)
    SELECT gen_random_uuid(), :org, 'https://localhost/call.mp3' FROM generate_series(1, CAST(:count AS int))
    RETURNING id
""")


async def store(database: Database, org_id: uuid.UUID, count: int) -> None:
    """Write ``count`` completed analyses over the past year, with transcript and evaluation each."""
    transcript = _transcript()
    texts = {"org": org_id, "document": transcript.model_dump_json()}
    results = {"org": org_id, "document": _evaluation(transcript).model_dump_json()}
    for first in range(1, count + 1, _AT_ONCE):
        last = min(first + _AT_ONCE - 1, count)
        async with database.tenant(org_id) as session:
            spread = {"org": org_id, "first": first, "last": last, "step": _PAST / count}
            ids = (await session.scalars(_ANALYSES, spread)).all()
            await session.execute(_TRANSCRIPTS, texts | {"ids": ids})
            await session.execute(_EVALUATIONS, results | {"ids": ids})
    await _analyze_tables(database)


async def queue(database: Database, org_id: uuid.UUID, count: int) -> None:
    """Write ``count`` analyses that wait for a worker, with their jobs."""
    async with database.tenant(org_id) as session:
        ids: Sequence[uuid.UUID] = (await session.scalars(_QUEUED, {"org": org_id, "count": count})).all()
        for one in ids:
            await jobs.enqueue(session, jobs.PROCESS, f"{org_id}/{one}")


async def some_ids(session: AsyncSession, count: int) -> Sequence[uuid.UUID]:
    """Ids from all over the year."""
    query = text("SELECT id FROM analyses ORDER BY id LIMIT :count")  # random ids: their order is none
    return (await session.scalars(query, {"count": count})).all()


async def _analyze_tables(database: Database) -> None:
    """Let the planner know what is stored, as autovacuum would in a while."""
    owner = await connect(database.dsn, None)
    await owner.execute("ANALYZE")  # pyright: ignore[reportUnknownMemberType] - asyncpg ships no complete types
    await owner.close()  # pyright: ignore[reportUnknownMemberType] - the same


def _transcript() -> Transcript:
    """What the sample call says, with evenly spaced words."""
    segments, clock = list[Segment](), 0.0
    for line in (item for item in sample_script().items if isinstance(item, Line)):
        start, words = clock, list[Word]()
        for word in line.text.split():
            words.append(Word(text=word, start=round(clock, 2), end=round(clock + 0.35, 2), confidence=0.9))
            clock += _SECONDS_PER_WORD
        segments.append(
            Segment(
                id=f"s{len(segments) + 1}", speaker=line.speaker, speaker_id="spk1", channel=0,
                start=round(start, 2), end=round(clock, 2), text=line.text, confidence=0.9, words=words,
            )
        )  # fmt: skip
    attribution = Attribution(method="channel", confidence=0.97)
    return Transcript(language="en", language_confidence=0.99, attribution=attribution, segments=segments)


def _evaluation(transcript: Transcript) -> Evaluation:
    """A full evaluation by the shipped scorecard, a quote for each criterion."""
    scorecard, first = default_scorecard(), transcript.segments[0]
    evidence = Evidence(segment_id=first.id, start=first.start, end=first.end, quote=first.text)
    criteria = [
        CriterionResult(
            key=one.key, name=one.name, score=one.points, max_score=one.points, verdict="met",
            confidence=0.9, method="embedding", reason="Said by the agent.", evidence=[evidence],
        )
        for one in scorecard.criteria
    ]  # fmt: skip
    return Evaluation(
        score=82.0, summary="The agent followed the script and resolved the request.", passed=True,
        scorecard=ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version),
        criteria=criteria, recommendations=[], sentiment=MoodBySide(customer="neutral", agent="neutral"),
        escalation=False, customer_effort_score=2, sensitive_data=[],
    )  # fmt: skip
