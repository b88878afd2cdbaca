"""The results of an evaluation in this contract's words."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.threads import segments_of
from calltrace.dialects.auralytik.documents.evaluations import (
    Criterion,
    Proof,
    Results,
    ScorecardOut,
    SensitiveOut,
)
from calltrace.dialects.auralytik.evaluation_queries import Listed
from calltrace.dialects.auralytik.forms import named

Json = Mapping[str, Any]


async def results_of(session: AsyncSession, found: Listed) -> Results:
    """What an evaluation says, or that it says nothing yet."""
    if found.document is None:
        return Results(
            evaluation_id=named("eval", found.id), state=found.state, average_note=None, passed=None,
            sentiment=None, summary=None, scorecard=None, criteria=[], recommendations=[],
            customer_effort_score=None, sensitive_data=[],
        )  # fmt: skip
    document = orjson.loads(found.document)
    starts = await _starts(session, found) if document["sensitiveData"] else {}
    return Results(
        evaluation_id=named("eval", found.id),
        state=found.state,
        average_note=document["score"],
        passed=document["passed"],
        sentiment=found.sentiment,
        summary=document["summary"],
        scorecard=ScorecardOut(**document["scorecard"]),
        criteria=[_criterion(one) for one in document["criteria"]],
        recommendations=document["recommendations"],
        customer_effort_score=document["customerEffortScore"],
        sensitive_data=[
            SensitiveOut(kind=one["kind"], start=starts.get(one["segmentId"]))
            for one in document["sensitiveData"]
        ],
    )


async def _starts(session: AsyncSession, found: Listed) -> dict[str, float]:
    """When each segment begins, in seconds."""
    heard = await segments_of(session, found.analysis.id)
    return {one["id"]: one["start"] for one in heard["segments"]} if heard else {}


def _criterion(one: Json) -> Criterion:
    return Criterion(
        key=one["key"],
        name=one["name"],
        note=one["score"],
        max_note=one["maxScore"],
        verdict=one["verdict"],
        confidence=one["confidence"],
        reason=one["reason"],
        evidence=[
            Proof(start=proof["start"], end=proof["end"], quote=proof["quote"]) for proof in one["evidence"]
        ],
    )
