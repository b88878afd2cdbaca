"""Things that happen to calls, done through the services that do them; and a recount that uses no sums."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import OPERATOR
from calltrace.analyses import conversations, evaluation_work, evaluations, lifecycle, speakers, surveys
from calltrace.analyses.document import ErrorDocument, ProcessingDocument
from calltrace.analyses.erase import erase
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.lifecycle import CallFacts, Claim
from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.analyses.speakers import Correction
from calltrace.analyses.surveys import About, Answered
from calltrace.analyses.telling import Source, Told
from calltrace.catalog import service as catalog
from calltrace.conversations.service import Said
from calltrace.evaluation.results import CriterionResult, Evaluation, MoodBySide, ScorecardRef
from calltrace.insights.measures import DIMENSIONS, Figures, Verdicts
from calltrace.pipeline.context import Platform
from calltrace.reviews import overrides
from calltrace.reviews.models import Override
from calltrace.reviews.overrides import Wanted
from calltrace.reviews.who import of_key
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.metrics import measure
from database.analyses.factory import TRANSCRIPT, submitted

LOST = ErrorDocument(code="worker_lost", message="It ended.", stage="decoding", retryable=False)
VERDICTS = ("met", "partly_met", "not_met", "not_applicable", "needs_review")


def said(verdicts: Sequence[int], mood: int, effort: int) -> Evaluation:
    """An evaluation by the scorecard that ships, with these verdicts in turn."""
    scorecard = default_scorecard()
    lines = [
        CriterionResult(
            key=one.key, name=one.name, verdict=VERDICTS[verdict], confidence=0.8, method="rule",
            score={0: one.points, 1: one.points / 2}.get(verdict, 0.0), reason="r",
            max_score=0.0 if verdict == 3 else one.points,
        )
        for at, one in enumerate(scorecard.criteria)
        for verdict in [verdicts[at % len(verdicts)]]
    ]  # fmt: skip
    most = sum(one.max_score for one in lines)
    score = round(100 * sum(one.score for one in lines) / most, 1) if most else None
    return Evaluation(
        score=score, summary="s", passed=None if score is None else score >= 60, criteria=lines,
        scorecard=ScorecardRef(id=str(scorecard.id), name=scorecard.name, version=scorecard.version),
        recommendations=[], escalation=effort > 3, customer_effort_score=effort, sensitive_data=[],
        sentiment=MoodBySide(customer=("positive", "neutral", "negative", None)[mood], agent=None),
    )  # fmt: skip


@dataclass
class Office:
    """An organisation whose calls things happen to."""

    platform: Platform
    org: uuid.UUID
    agents: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    queues: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    calls: list[uuid.UUID] = field(default_factory=list[uuid.UUID])
    chats: list[uuid.UUID] = field(default_factory=list[uuid.UUID])

    async def submit(
        self, agent: uuid.UUID | None, queue: uuid.UUID | None, at: datetime, *, ai: bool
    ) -> None:
        labels = {"agent_id": agent, "queue_id": queue, "called_at": at, "ai_call": ai}
        self.calls.append(await submitted(self.platform.intake, self.org, **labels))

    async def chat(self, agent: uuid.UUID | None, queue: uuid.UUID | None, at: datetime) -> None:
        """A chat is evaluated as a call is, and is none."""
        labels = {"agent_id": agent, "queue_id": queue, "started_at": at}
        said = [Said("customer", "Hello.", at)]
        source = Source(self.org, OPERATOR)
        row, _new = await conversations.receive(self.platform.intake, source, Told(None, labels, said))
        assert row.analysis_id is not None
        self.calls.append(row.analysis_id)
        self.chats.append(row.analysis_id)

    async def complete(self, call: uuid.UUID, evaluation: Evaluation, seconds: float) -> None:
        claim = await self._claim(call)
        if claim is None:
            return
        facts = CallFacts(seconds, 1, 8000, measure(TRANSCRIPT, seconds))
        if call not in self.chats:
            async with self.platform.database.tenant(self.org) as session:
                await lifecycle.keep_transcript(session, claim, TRANSCRIPT, facts, ProcessingDocument())
        async with self.platform.database.tenant(self.org) as session:
            await lifecycle.complete(
                session, claim, TRANSCRIPT, evaluation, ProcessingDocument(), self.platform.links
            )

    async def _claim(self, call: uuid.UUID) -> Claim | None:
        async with self.platform.database.tenant(self.org) as session:
            analysis = await lifecycle.claim(session, call)
        return Claim(self.org, call, analysis.attempt) if analysis else None

    async def fail(self, call: uuid.UUID) -> None:
        claim = await self._claim(call)
        if claim is None:
            return
        async with self.platform.database.tenant(self.org) as session:
            await lifecycle.fail(session, claim, LOST, self.platform.links)

    async def evaluate_again(self, call: uuid.UUID, evaluation: Evaluation) -> None:
        async with self.platform.database.tenant(self.org) as session:
            row = await evaluations.ask(session, self.org, Wish(call, "live"))
        async with self.platform.database.tenant(self.org) as session:
            material = await evaluation_work.claim(session, self.org, row.id)
        if material is None:  # somebody else makes it
            return
        async with self.platform.database.tenant(self.org) as session:
            await evaluation_work.complete(session, material.claim, evaluation)

    async def override(self, call: uuid.UUID, criterion: str) -> None:
        judge = of_key(self.org, OPERATOR, "live")
        async with self.platform.database.tenant(self.org) as session:
            newest = (
                select(EvaluationRow.id).where(EvaluationRow.analysis_id == call)
                .where(EvaluationRow.status == "completed").order_by(EvaluationRow.created_at.desc()).limit(1)
            )  # fmt: skip
            mine = (Override.evaluation_id == newest.scalar_subquery(), Override.criterion_key == criterion)
            revision = await session.scalar(select(func.max(Override.revision)).where(*mine)) or 0
            verdict = "met" if revision % 2 else "not_met"
            await overrides.decide(
                session, judge, call, Wanted(criterion, revision, "override", "because", verdict)
            )

    async def swap(self, call: uuid.UUID) -> None:
        """The roles are corrected; the new evaluation is asked for, and still to be made."""
        async with self.platform.database.tenant(self.org) as session:
            await speakers.correct(
                session, self.org, OPERATOR, Correction(call, "live", {"spk1": "customer"})
            )

    async def survey(self, call: uuid.UUID, score: float) -> None:
        """A customer answers after a call, or again."""
        async with self.platform.database.tenant(self.org) as session:
            await surveys.hold(session, self.org)
            await surveys.put(session, self.org, "live", [Answered(About(call_id=call), score=score)])

    async def erase(self, call: uuid.UUID) -> None:
        await erase(self.platform.database, self.platform.vault, OPERATOR, self.org, call, "live")

    async def close_queue(self, queue: uuid.UUID) -> None:
        async with self.platform.database.tenant(self.org) as session:
            await catalog.delete(session, OPERATOR, catalog.QUEUES, queue)


@dataclass
class Call:
    """What a recount sees of one call."""

    row: Analysis
    shown: EvaluationRow | None

    def day(self, zone: str) -> date:
        return self.row.called_at.astimezone(ZoneInfo(zone)).date()


async def every_call(session: AsyncSession) -> list[Call]:
    rows = (
        await session.scalars(select(Analysis).where(Analysis.mode == "live", Analysis.medium == "voice"))
    ).all()
    made = (await session.scalars(select(EvaluationRow).order_by(EvaluationRow.created_at))).all()
    newest = {one.analysis_id: one for one in made if one.status == "completed"}
    return [Call(one, newest.get(one.id) if one.status == "completed" else None) for one in rows]


def recount(calls: Iterable[Call]) -> Figures:
    """The same figures from the documents themselves."""
    sums = dict.fromkeys(Figures.__slots__, 0)
    for call in calls:
        row, done = call.row, call.row.status == "completed"
        milliseconds = round((row.duration_seconds or 0) * 1000)
        counts: dict[str, Any] = {
            "calls": 1, "completed": done, "failed": row.status == "failed", "duration_ms": milliseconds,
            "completed_ms": milliseconds * done, "ai": row.ai_call,
            "silence_ms": round(row.metrics["silenceSeconds"] * 1000) if done and row.metrics else 0,
        }  # fmt: skip
        document = call.shown.document if call.shown else None
        if document is not None:
            score, passed, mood = document["score"], document["passed"], document["sentiment"]["customer"]
            counts |= {
                "scored": score is not None, "score": round((score or 0) * 10),
                "judged": passed is not None, "passed": passed is True, "evaluated": 1,
                "effort": document["customerEffortScore"], "escalated": document["escalation"],
            } | ({mood: 1} if mood else {})  # fmt: skip
        for name, value in counts.items():
            sums[name] += int(value)
    return Figures(**sums)


def recount_criteria(calls: Iterable[Call]) -> Mapping[str, Verdicts]:
    sums: dict[str, dict[str, int]] = {}
    for call in calls:
        for line in (call.shown.document or {})["criteria"] if call.shown else ():
            mine = sums.setdefault(line["key"], dict.fromkeys(Verdicts.__slots__, 0))
            mine[line["verdict"]] += 1
            mine["noted"] += line["maxScore"] > 0
            mine["note"] += round(1000 * line["score"] / line["maxScore"]) if line["maxScore"] else 0
    return {key: Verdicts(**one) for key, one in sums.items()}


def grouped(calls: Iterable[Call], dimension: str) -> dict[uuid.UUID | None, list[Call]]:
    assert dimension in DIMENSIONS
    found: dict[uuid.UUID | None, list[Call]] = {}
    for call in calls:
        found.setdefault(getattr(call.row, dimension), []).append(call)
    return found


NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
