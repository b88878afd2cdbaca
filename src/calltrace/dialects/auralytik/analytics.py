"""``/analytics`` (acceptance AU-060 to AU-066), over the platform's insights; whole days, UTC."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field, StringConstraints

from calltrace.dialects.auralytik.analytics_rows import (
    BUCKETS,
    KINDS,
    SHAPE,
    Granularity,
    group_row,
    moods,
    point_row,
)
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page, Part
from calltrace.dialects.auralytik.deps import (
    AnalyticsExporter,
    AnalyticsReader,
    PlatformDep,
    has_body,
    read_body,
)
from calltrace.dialects.auralytik.documents.analytics import (
    CallCenterRow,
    CampaignRow,
    CriterionRow,
    ExecutiveRow,
    ExportJob,
    ExportStarted,
    Summary,
    Trends,
)
from calltrace.dialects.auralytik.documents.common import Fault, PeriodOut
from calltrace.dialects.auralytik.filters import (
    CallCenterFilter,
    CampaignFilter,
    EngagementFilter,
    PeriodDep,
    optional_id,
    period_of,
)
from calltrace.dialects.auralytik.filters import Period as Moments
from calltrace.dialects.auralytik.forms import iso, named, path_id, when, whole, wrong
from calltrace.dialects.auralytik.schemas import Wire, body_of
from calltrace.insights import exports, service
from calltrace.insights.export_rows import Subject
from calltrace.insights.exports import Asked
from calltrace.insights.measures import Dimension
from calltrace.insights.period import Period
from calltrace.insights.queries import Narrowing
from calltrace.kit import clock

router = APIRouter(prefix="/analytics", tags=["Analytics"])
RECENT_DAYS, MOST_EXPORTED_DAYS = 30, 92
EXPORT_LIFETIME = timedelta(hours=2)
_SECOND = timedelta(seconds=1)
_STATUS = {"queued": "queued", "running": "processing", "completed": "completed", "failed": "failed"}
_EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
"""Before it nothing can be subtracted; years so far away are refused."""
T = TypeVar("T")
Moment = Annotated[str, StringConstraints(max_length=40)]
Id = Annotated[str, StringConstraints(max_length=60)]
JobId = Annotated[str, Path(alias="jobId")]


@dataclass(frozen=True, slots=True)
class Question:
    """Which calls of which days."""

    narrowing: Narrowing
    period: Period

    @property
    def shown(self) -> PeriodOut:
        """The days that were counted."""
        return PeriodOut(date_from=iso(self.period.begins), date_to=iso(self.period.ends - _SECOND))


async def get_question(
    moments: PeriodDep,
    campaign_id: CampaignFilter,
    call_center_id: CallCenterFilter,
    engagement_id: EngagementFilter,
) -> Question:
    """The filters of every question; without dates the last 30 days."""
    return _question(moments, campaign_id, call_center_id, engagement_id)


def _question(
    moments: Moments,
    campaign_id: uuid.UUID | None,
    call_center_id: uuid.UUID | None,
    engagement_id: uuid.UUID | None,
) -> Question:
    narrowing = Narrowing(engagement_id=engagement_id, call_center_id=call_center_id, queue_id=campaign_id)
    now = clock.now()
    last = (moments.end - timedelta(microseconds=1)) if moments.end else max(now, moments.start or now)
    first = moments.start or max(last, _EARLIEST) - timedelta(days=RECENT_DAYS - 1)
    return Question(narrowing, Period.asked(_day(first), _day(last), "UTC"))


def _day(moment: datetime) -> Any:
    return moment.astimezone(UTC).date()


QuestionDep = Annotated[Question, Depends(get_question)]


@router.get("/summary")
async def get_summary(
    caller: AnalyticsReader, platform: PlatformDep, answers: AnswersDep, asked: QuestionDep
) -> One[Summary]:
    """Get analytics summary."""
    org_id = caller.principal.org_id
    async with platform.database.tenant(org_id) as session:
        of = await service.summary(session, org_id, asked.narrowing, asked.period)
        criteria = await service.criteria(session, org_id, asked.narrowing, asked.period)
    return answers.one(
        Summary(
            period=asked.shown,
            total_evaluations=of.calls,
            completed_evaluations=of.completed,
            failed_evaluations=of.failed,
            pending_evaluations=of.pending,
            total_audio_files=of.calls,
            total_duration_in_seconds=whole(of.seconds) or 0,
            average_duration_in_seconds=of.average_seconds,
            average_note=of.average_score,
            pass_rate=of.pass_rate,
            sentiment=moods(of),
            ai_calls=of.ai,
            human_calls=of.calls - of.ai,
            average_customer_effort_score=of.average_effort,
            criteria=[
                CriterionRow(
                    key=one.key, name=one.name, average_note=one.verdicts.average, met=one.verdicts.met,
                    not_met=one.verdicts.not_met,
                )
                for one in criteria
            ],
        )
    )  # fmt: skip


@router.get("/campaigns")
async def list_campaigns(
    caller: AnalyticsReader, platform: PlatformDep, answers: AnswersDep, part: Page, asked: QuestionDep
) -> Many[CampaignRow]:
    """Campaign-level analytics."""
    rows = await _groups(platform, caller.principal.org_id, asked, "queue_id")
    return answers.many([CampaignRow(**one) for one in _cut(rows, part)], part, len(rows))


@router.get("/call-centers")
async def list_call_centers(
    caller: AnalyticsReader, platform: PlatformDep, answers: AnswersDep, part: Page, asked: QuestionDep
) -> Many[CallCenterRow]:
    """Call center analytics."""
    rows = await _groups(platform, caller.principal.org_id, asked, "call_center_id")
    return answers.many([CallCenterRow(**one) for one in _cut(rows, part)], part, len(rows))


@router.get("/executives")
async def list_executives(
    caller: AnalyticsReader, platform: PlatformDep, answers: AnswersDep, part: Page, asked: QuestionDep
) -> Many[ExecutiveRow]:
    """Executive performance analytics."""
    rows = await _groups(platform, caller.principal.org_id, asked, "agent_id")
    return answers.many([ExecutiveRow(**one) for one in _cut(rows, part)], part, len(rows))


async def _groups(
    platform: PlatformDep, org_id: uuid.UUID, asked: Question, by: Dimension
) -> list[dict[str, Any]]:
    async with platform.database.tenant(org_id) as session:
        found = await service.groups(session, org_id, asked.narrowing, asked.period, by)
    return [group_row(by, one) for one in found]


def _cut(rows: Sequence[T], part: Part) -> Sequence[T]:
    return rows[part.offset : part.offset + part.size]


@router.get("/trends")
async def get_trends(
    caller: AnalyticsReader,
    platform: PlatformDep,
    answers: AnswersDep,
    asked: QuestionDep,
    granularity: Annotated[Granularity, Query()] = "daily",
) -> One[Trends]:
    """Trend data over time: a point for each day, week (from Monday) or month."""
    org_id = caller.principal.org_id
    async with platform.database.tenant(org_id) as session:
        found = await service.trend(session, org_id, asked.narrowing, asked.period, BUCKETS[granularity])
    points = [point_row(one) for one in found]
    return answers.one(Trends(granularity=granularity, period=asked.shown, points=points))


class ExportRequest(Wire):
    """``POST /analytics/export``; all of it may be left out."""

    type: Literal["evaluations", "campaigns", "call-centers", "executives", "trends"] = "evaluations"
    format: Literal["csv", "json", "xlsx"] = "csv"
    date_from: Moment | None = Field(None, examples=["2026-03-01"])
    date_to: Moment | None = Field(None, examples=["2026-03-31"])
    campaign_id: Id | None = None
    call_center_id: Id | None = None
    engagement_id: Id | None = None


@router.post("/export", status_code=202, openapi_extra=body_of(ExportRequest, required=False))
async def start_export(
    request: Request, caller: AnalyticsExporter, platform: PlatformDep, answers: AnswersDep
) -> One[ExportStarted]:
    """Start analytics export job, of 92 days at most."""
    body = read_body(request, caller, ExportRequest) if has_body(caller) else ExportRequest.model_validate({})
    asked = _question(
        period_of(body.date_from, body.date_to),
        optional_id("camp", "campaignId", body.campaign_id),
        optional_id("cc", "callCenterId", body.call_center_id),
        optional_id("eng", "engagementId", body.engagement_id),
    )
    if asked.period.days > MOST_EXPORTED_DAYS:
        raise wrong("dateFrom", f"is more than {MOST_EXPORTED_DAYS} days before dateTo.")
    subject = Subject(KINDS[body.type], asked.narrowing, asked.period, shape=SHAPE)
    wanted = Asked(subject, body.format, caller.principal.key_id, lifetime=EXPORT_LIFETIME)
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await exports.ask(session, caller.principal.org_id, caller.actor, wanted)
    return answers.one(
        ExportStarted(job_id=named("exp", row.id), status="queued", created_at=iso(row.created_at))
    )


@router.get("/export/{jobId}")
async def get_export(
    caller: AnalyticsReader, platform: PlatformDep, answers: AnswersDep, job: JobId
) -> One[ExportJob]:
    """Get export job status."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await exports.find(session, path_id("exp", job), "live", None)
    shown = exports.as_json(row, platform.links)
    return answers.one(
        ExportJob(
            job_id=named("exp", row.id),
            status=_STATUS.get(row.status, "completed"),
            progress=shown["progress"] if row.status != "expired" else 100,
            type=next(kind for kind, ours in KINDS.items() if ours == row.kind),
            format=row.format,
            row_count=row.rows,
            download_url=exports.link(platform.links, row),
            expires_at=when(row.expires_at),
            error=Fault.of(row.error) if row.error else None,
            created_at=iso(row.created_at),
            completed_at=when(row.completed_at),
        )
    )
