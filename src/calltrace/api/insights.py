"""``/api/v1/insights``: what calls come to, by what they are sorted by and over time."""

import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response, Security
from pydantic import AfterValidator, Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation
from calltrace.accounts.keys import Principal
from calltrace.api.batches import Place
from calltrace.api.deps import PlatformDep, only_known, scoped
from calltrace.api.openapi import problems
from calltrace.api.parameters import Limit
from calltrace.api.schemas import Wire
from calltrace.insights import service, shown
from calltrace.insights.measures import Dimension
from calltrace.insights.period import Bucket, Period
from calltrace.insights.queries import NONE, Narrowing
from calltrace.kit import clock
from calltrace.kit.ids import as_uuid
from calltrace.kit.moments import EARLIEST
from calltrace.pipeline.context import Platform

router = APIRouter(prefix="/insights", tags=["Insights"])
InsightReader = Annotated[Principal, Security(scoped("insights:read"), scopes=["insights:read"])]
By = Literal["agent", "queue", "callCenter", "project", "engagement"]
BY: dict[By, Dimension] = {
    "agent": "agent_id", "queue": "queue_id", "callCenter": "call_center_id", "project": "project_id",
    "engagement": "engagement_id",
}  # fmt: skip
RECENT_DAYS = 30
Row = TypeVar("Row")


def _label(text: str | None) -> Any:
    """An id; ``none``: calls without one."""
    if text is None or text == NONE:
        return text
    found = as_uuid(text)
    if found is None:
        raise ValueError("An id, or none.")
    return found


Label = Annotated[str | None, AfterValidator(_label)]
PARAMETERS = frozenset(
    {"from", "to", "zone", "projectId", "engagementId", "callCenterId", "queueId", "agentId"}
)
ANSWERS = problems(400, 401, 403, 500, 503)


@dataclass(frozen=True, slots=True)
class Days:
    """Which days are asked for, as they were sent."""

    first: date | None
    last: date | None
    zone: Literal["organization", "utc"]

    async def period(self, session: AsyncSession, org_id: uuid.UUID) -> Period:
        """The days; without any the last 30, today included; ``to`` alone: the 30 up to it.

        ``from`` alone means up to today.

        Raises:
            InvalidRequestError: they are in the wrong order, or too far apart.
        """
        zone = "UTC" if self.zone == "utc" else await organisation.time_zone(session, org_id)
        recent = Period.recent(RECENT_DAYS, zone, clock.now())
        if self.last is not None and self.last.year < EARLIEST:  # there may be no 30 days before it
            return Period.asked(self.last, self.last, zone)
        first = self.first or (recent.first if self.last is None else recent.ending(self.last).first)
        return Period.asked(first, self.last or max(first, recent.last), zone)


async def days(
    first: Annotated[
        date | None, Query(alias="from", description="The first day; alone: up to today.")
    ] = None,
    last: Annotated[
        date | None, Query(alias="to", description="The last day, inclusive; alone: 30 days up to it.")
    ] = None,
    zone: Annotated[
        Literal["organization", "utc"], Query(description="Whose days: the organization's time zone, or UTC.")
    ] = "organization",
) -> Days:
    """The parameters of a period."""
    return Days(first, last, zone)


async def labels(
    project_id: Annotated[Label, Query(alias="projectId")] = None,
    engagement_id: Annotated[Label, Query(alias="engagementId")] = None,
    call_center_id: Annotated[Label, Query(alias="callCenterId")] = None,
    queue_id: Annotated[Label, Query(alias="queueId")] = None,
    agent_id: Annotated[Label, Query(alias="agentId")] = None,
) -> Narrowing:
    """Which calls count."""
    chosen: dict[str, Any] = {
        "project_id": project_id, "engagement_id": engagement_id, "call_center_id": call_center_id,
        "queue_id": queue_id, "agent_id": agent_id,
    }  # fmt: skip
    return Narrowing(**chosen)


DaysDep = Annotated[Days, Depends(days)]
LabelsDep = Annotated[Narrowing, Depends(labels)]


class PeriodDocument(Wire):
    """Which days, both inclusive, in which time zone."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    time_zone: str = Field(examples=["Europe/Berlin"])


class SentimentCounts(Wire):
    """Calls by how the customer sounded."""

    positive: int
    neutral: int
    negative: int


class FiguresDocument(Wire):
    """What calls come to: averages over completed ones, null where there are none; shares are 0 to 1."""

    calls: int
    completed: int
    failed: int
    pending: int
    duration_seconds: float
    average_duration_seconds: float | None
    silence_share: float | None
    scored: int
    average_score: float | None
    judged: int = Field(description="Calls held against a pass mark.")
    passed: int
    pass_rate: float | None
    sentiment: SentimentCounts
    ai_calls: int
    human_calls: int
    average_customer_effort: float | None
    escalations: int


class Summary(FiguresDocument):
    """All of them in one."""

    period: PeriodDocument


class GroupDocument(FiguresDocument):
    """Those of one agent, queue and so on; `id` and `name` are null for calls without."""

    id: str | None
    name: str | None


class GroupList(Wire):
    """Most calls first, then by name."""

    period: PeriodDocument
    data: list[GroupDocument]
    next_cursor: str | None


class PointDocument(FiguresDocument):
    """Those of one day, week (from Monday) or month, by its first day."""

    date: date


class Trend(Wire):
    """A point for each bucket that the period touches, oldest first, also where nobody called."""

    period: PeriodDocument
    bucket: Bucket
    data: list[PointDocument]


class CriterionFigures(Wire):
    """How a criterion went; `failRate` is the share of `notMet` among what was decided."""

    scorecard_id: str | None
    key: str
    name: str
    met: int
    partly_met: int
    not_met: int
    not_applicable: int
    needs_review: int
    average_score: float | None = Field(description="The share of its points, 0 to 100.")
    fail_rate: float | None


class CriterionList(Wire):
    """Those that fail most first."""

    period: PeriodDocument
    data: list[CriterionFigures]


class Asked(NamedTuple):
    """What every question takes: whose calls, which of them, of which days."""

    session: AsyncSession
    org_id: uuid.UUID
    calls: Narrowing
    period: Period


@asynccontextmanager
async def asking(
    platform: Platform, principal: Principal, days: Days, labels: Narrowing
) -> AsyncGenerator[Asked]:
    """A transaction in which a key asks: of calls of its own mode.

    Raises:
        InvalidRequestError: the days are in the wrong order, or too far apart.
    """
    async with platform.database.tenant(principal.org_id) as session:
        period = await days.period(session, principal.org_id)
        yield Asked(session, principal.org_id, replace(labels, mode=principal.mode), period)


def part(rows: Sequence[Row], cursor: str | None, limit: int) -> tuple[Sequence[Row], str | None]:
    """One page of rows, and the cursor of the next: how many are above it."""
    above = int(cursor or 0)
    return rows[above : above + limit], str(above + limit) if len(rows) > above + limit else None


def as_json(content: dict[str, Any]) -> Response:
    """An answer, written at once."""
    return Response(orjson.dumps(content), media_type="application/json")


@router.get("/summary", response_model=Summary, responses=ANSWERS)
async def get_summary(
    request: Request, platform: PlatformDep, principal: InsightReader, days: DaysDep, labels: LabelsDep
) -> Response:
    """What the calls of a period come to, by the time when they took place (`calledAt`)."""
    only_known(request, PARAMETERS)
    async with asking(platform, principal, days, labels) as asked:
        found = await service.summary(*asked)
    return as_json({"period": shown.period(asked.period), **shown.figures(found)})


@router.get("/groups", response_model=GroupList, responses=ANSWERS)
async def list_groups(  # noqa: PLR0917 - query parameters, none is passed by position
    request: Request, platform: PlatformDep, principal: InsightReader, days: DaysDep, labels: LabelsDep,
    by: Annotated[By, Query(description="What a row is about.")], limit: Limit = 50, cursor: Place = None,
) -> Response:  # fmt: skip
    """The same for each agent, queue (campaign), call center, project or engagement that has calls."""
    only_known(request, PARAMETERS | {"by", "limit", "cursor"})
    async with asking(platform, principal, days, labels) as asked:
        rows, following = part(await service.groups(*asked, BY[by]), cursor, limit)
    data = [shown.group(one) for one in rows]
    return as_json({"period": shown.period(asked.period), "data": data, "nextCursor": following})


@router.get("/trend", response_model=Trend, responses=ANSWERS)
async def get_trend(
    request: Request, platform: PlatformDep, principal: InsightReader, days: DaysDep, labels: LabelsDep,
    bucket: Annotated[Bucket, Query()] = "day",
) -> Response:  # fmt: skip
    """The same over time."""
    only_known(request, PARAMETERS | {"bucket"})
    async with asking(platform, principal, days, labels) as asked:
        points = await service.trend(*asked, bucket)
    data = [shown.point(one) for one in points]
    return as_json({"period": shown.period(asked.period), "bucket": bucket, "data": data})


@router.get("/criteria", response_model=CriterionList, responses=ANSWERS)
async def list_criteria(
    request: Request, platform: PlatformDep, principal: InsightReader, days: DaysDep, labels: LabelsDep
) -> Response:
    """How each criterion went by which the calls of a period were judged."""
    only_known(request, PARAMETERS)
    async with asking(platform, principal, days, labels) as asked:
        found = await service.criteria(*asked)
    return as_json({"period": shown.period(asked.period), "data": [shown.criterion(one) for one in found]})
