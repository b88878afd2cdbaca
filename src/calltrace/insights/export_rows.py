"""What can be exported: columns, and rows a page at a time, so that memory does not grow with them."""

import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.db.session import Database
from calltrace.insights import queries, service, shown
from calltrace.insights.measures import DIMENSIONS, Dimension
from calltrace.insights.period import Bucket, Period
from calltrace.insights.queries import Exported, Narrowing
from calltrace.kit import clock

Kind = Literal["calls", "agents", "queues", "callCenters", "projects", "engagements", "trend", "criteria"]
Type = Literal["text", "number", "count", "bool", "moment", "day", "json"]
Row = Mapping[str, Any]
PAGE = 1000
_SHAPES: Mapping[str, str] = {"auralytik": "calltrace.dialects.auralytik.analytics_rows"}
"""Contracts that export under their own names: the module that makes their rows (an upper room)."""
_GROUPS: Mapping[str, Dimension] = {
    "agents": "agent_id", "queues": "queue_id", "callCenters": "call_center_id", "projects": "project_id",
    "engagements": "engagement_id",
}  # fmt: skip
_NAMES: Mapping[Dimension, str] = {
    "agent_id": "agent", "queue_id": "queue", "call_center_id": "callCenter", "project_id": "project",
    "engagement_id": "engagement",
}  # fmt: skip
_FIGURES: Mapping[str, Type] = {
    "calls": "count", "completed": "count", "failed": "count", "pending": "count",
    "durationSeconds": "number", "averageDurationSeconds": "number", "silenceShare": "number",
    "scored": "count", "averageScore": "number", "judged": "count", "passed": "count", "passRate": "number",
    "positive": "count", "neutral": "count", "negative": "count", "aiCalls": "count", "humanCalls": "count",
    "averageCustomerEffort": "number", "escalations": "count",
}  # fmt: skip
_CALLS: Mapping[str, Type] = {
    "analysisId": "text", "externalId": "text", "fileName": "text", "calledAt": "moment", "state": "text",
    "durationSeconds": "number", "silenceSeconds": "number",
    **{f"{name}{part}": "text" for name in _NAMES.values() for part in ("Id", "Name")},
    "aiCall": "bool", "scorecardId": "text", "score": "number", "passed": "bool", "sentiment": "text",
    "customerEffort": "count", "escalated": "bool",
}  # fmt: skip
_CRITERIA: Mapping[str, Type] = {
    "scorecardId": "text", "key": "text", "name": "text", "met": "count", "partlyMet": "count",
    "notMet": "count", "notApplicable": "count", "needsReview": "count", "averageScore": "number",
    "failRate": "number",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What one export is about; ``shape`` is the contract whose columns and rows it has, if not ours."""

    kind: Kind
    narrowing: Narrowing
    period: Period
    bucket: Bucket = "day"
    shape: str | None = None


def columns_of(subject: Subject) -> Mapping[str, Type]:
    """The columns of an export, in order."""
    return columns(subject.kind) if subject.shape is None else _shape(subject.shape).columns(subject.kind)


def _shape(name: str) -> Any:
    """The columns and rows of another contract (``columns`` and ``pages``), loaded when first needed."""
    return import_module(_SHAPES[name])


def columns(kind: Kind) -> Mapping[str, Type]:
    """The columns of a kind, in order."""
    if kind == "calls":
        return _CALLS
    if kind == "criteria":
        return _CRITERIA
    return {"date": "day", **_FIGURES} if kind == "trend" else {"id": "text", "name": "text", **_FIGURES}


async def pages(database: Database, org_id: uuid.UUID, subject: Subject) -> AsyncGenerator[Sequence[Row]]:
    """All rows, a page at a time; no transaction is open while a page is written."""
    if subject.shape is not None:
        async for page in _shape(subject.shape).pages(database, org_id, subject):
            yield page
        return
    if subject.kind != "calls":
        yield await _sums(database, org_id, subject)
        return
    if (only := subject.narrowing.only) is not None:
        for start in range(0, len(only), PAGE):
            async with database.tenant(org_id) as session:
                found = await queries.picked(session, subject.narrowing, only[start : start + PAGE])
                rows = await _calls(session, found)
            yield rows
        return
    after: tuple[Any, uuid.UUID] | None = None
    while True:
        async with database.tenant(org_id) as session:
            found = await queries.exported(
                session, subject.narrowing, subject.period, after=after, limit=PAGE
            )
            rows = await _calls(session, found)
        yield rows
        if len(found) < PAGE:
            return
        after = (found[-1].fact.called_at, found[-1].fact.analysis_id)


async def _sums(database: Database, org_id: uuid.UUID, subject: Subject) -> Sequence[Row]:
    async with database.tenant(org_id) as session:
        asked = (session, org_id, subject.narrowing, subject.period)
        if subject.kind == "criteria":
            return [shown.criterion(one) for one in await service.criteria(*asked)]
        if subject.kind == "trend":
            rows = [shown.point(one) for one in await service.trend(*asked, subject.bucket)]
        else:
            found = await service.groups(*asked, _GROUPS[subject.kind])
            rows = [shown.group(one) for one in found]
    return [{**row, **row["sentiment"]} for row in rows]


async def _calls(session: AsyncSession, found: Sequence[Exported]) -> Sequence[Row]:
    names: dict[Dimension, dict[uuid.UUID, str]] = {
        one: await queries.names(session, one, {getattr(row.fact, one) for row in found} - {None})
        for one in DIMENSIONS
    }
    return [_call(one, names) for one in found]


def _call(one: Exported, names: Mapping[Dimension, Mapping[uuid.UUID, str]]) -> Row:
    fact, labels = one.fact, dict[str, str | None]()
    for dimension, name in _NAMES.items():
        value = getattr(fact, dimension)
        labels |= {f"{name}Id": str(value) if value else None, f"{name}Name": names[dimension].get(value)}
    return {
        "analysisId": str(fact.analysis_id), "externalId": one.external_id, "fileName": one.file_name,
        "calledAt": clock.iso(fact.called_at), "state": fact.state,
        "durationSeconds": _part(fact.duration_ms, 1000), "silenceSeconds": _part(fact.silence_ms, 1000),
        **labels, "aiCall": fact.ai_call, "scorecardId": fact.scorecard_id, "score": _part(fact.score, 10),
        "passed": fact.passed, "sentiment": fact.mood, "customerEffort": fact.effort,
        "escalated": fact.escalated,
    }  # fmt: skip


def _part(value: int | None, of: int) -> float | None:
    return None if value is None else value / of
