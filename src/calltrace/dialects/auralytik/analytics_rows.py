"""Analytics in this contract's words, for answers and for exported files alike."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from calltrace.db.session import Database
from calltrace.dialects.auralytik import evaluation_queries
from calltrace.dialects.auralytik.documents.analytics import TrendPoint
from calltrace.dialects.auralytik.documents.common import Moods
from calltrace.dialects.auralytik.documents.evaluations import Evaluation
from calltrace.dialects.auralytik.evaluations import shown
from calltrace.dialects.auralytik.filters import Calls, Period
from calltrace.dialects.auralytik.forms import Prefix, written
from calltrace.insights import service
from calltrace.insights.export_rows import Kind, Row, Subject, Type
from calltrace.insights.measures import Dimension, Figures
from calltrace.insights.period import Bucket
from calltrace.insights.queries import Wanted
from calltrace.insights.service import Group, Point

SHAPE = "auralytik"
Granularity = Literal["daily", "weekly", "monthly"]
BUCKETS: Mapping[Granularity, Bucket] = {"daily": "day", "weekly": "week", "monthly": "month"}
KINDS: Mapping[str, Kind] = {
    "evaluations": "calls", "campaigns": "queues", "call-centers": "callCenters", "executives": "agents",
    "trends": "trend",
}  # fmt: skip
"""What this contract exports, under our names."""
_LABELS: Mapping[Dimension, tuple[str, Prefix]] = {
    "queue_id": ("campaign", "camp"), "call_center_id": ("callCenter", "cc"),
    "agent_id": ("executive", "exec"),
}  # fmt: skip
_GROUPED: Mapping[str, Dimension] = {
    "queues": "queue_id", "callCenters": "call_center_id", "agents": "agent_id",
}  # fmt: skip
_AT_ONCE = 1000
_TYPES: Mapping[str, Type] = {
    "durationInSeconds": "count", "averageNote": "number", "isAICall": "bool", "totalEvaluations": "count",
    "completedEvaluations": "count", "passRate": "number", "averageDurationInSeconds": "number",
    "results": "json", "error": "json", "sentiment": "json", "audioDate": "moment", "createdAt": "moment",
    "completedAt": "moment",
}  # fmt: skip


def moods(of: Figures) -> Moods:
    """How customers sounded, counted."""
    return Moods(positive=of.positive, neutral=of.neutral, negative=of.negative)


def group_row(by: Dimension, one: Group) -> dict[str, Any]:
    """One campaign, call center or executive."""
    label, prefix = _LABELS[by]
    of = one.figures
    return {
        f"{label}Id": written(prefix, one.group_id), f"{label}Name": one.name,
        "totalEvaluations": of.calls, "completedEvaluations": of.completed, "averageNote": of.average_score,
        "passRate": of.pass_rate, "averageDurationInSeconds": of.average_seconds,
        "sentiment": moods(of).model_dump(),
    }  # fmt: skip


def point_row(one: Point) -> TrendPoint:
    """One day, week or month."""
    of = one.figures
    return TrendPoint(
        date=one.starts.isoformat(), total_evaluations=of.calls, completed_evaluations=of.completed,
        average_note=of.average_score, average_duration_in_seconds=of.average_seconds, sentiment=moods(of),
    )  # fmt: skip


def columns(kind: Kind) -> Mapping[str, Type]:
    """The fields of the list object, and how they are written into files."""
    if kind == "calls":
        names = [field.serialization_alias or name for name, field in Evaluation.model_fields.items()]
        return {name: "text" if name == "sentiment" else _TYPES.get(name, "text") for name in names}
    if kind == "trend":
        point = [field.serialization_alias or name for name, field in TrendPoint.model_fields.items()]
        return {name: _TYPES.get(name, "text") for name in point}
    empty = group_row(_GROUPED[kind], Group(None, None, Figures()))
    return {name: _TYPES.get(name, "text") for name in empty}


async def pages(database: Database, org_id: UUID, subject: Subject) -> AsyncGenerator[Sequence[Row]]:
    """All rows of an export, a page at a time."""
    if subject.kind == "calls":
        async for page in _evaluations(database, org_id, subject):
            yield page
        return
    async with database.tenant(org_id) as session:
        asked = (session, org_id, subject.narrowing, subject.period)
        if subject.kind == "trend":
            found = await service.trend(*asked, subject.bucket)
            rows: list[Row] = [point_row(one).model_dump() for one in found]
        else:
            by = _GROUPED[subject.kind]
            rows = [group_row(by, one) for one in await service.groups(*asked, by)]
    yield rows


async def _evaluations(database: Database, org_id: UUID, subject: Subject) -> AsyncGenerator[Sequence[Row]]:
    """Newest first; what is added meanwhile comes before them and is left out."""
    which = _calls(subject)
    after: tuple[datetime, UUID] | None = None
    while True:
        async with database.tenant(org_id) as session:
            found = await evaluation_queries.following(session, which, after, _AT_ONCE)
        yield [shown(one).model_dump() for one in found]
        if len(found) < _AT_ONCE:
            return
        after = (found[-1].created_at, found[-1].id)


def _calls(subject: Subject) -> Calls:
    narrowing, period = subject.narrowing, subject.period
    return Calls(
        Period(period.begins, period.ends),
        engagement_id=_id(narrowing.engagement_id),
        campaign_id=_id(narrowing.queue_id),
        call_center_id=_id(narrowing.call_center_id),
    )


def _id(wanted: Wanted) -> UUID | None:
    """This contract asks for rows by their ids only, never for calls without any."""
    return wanted if isinstance(wanted, UUID) else None
