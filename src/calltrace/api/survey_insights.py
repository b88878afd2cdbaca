"""``/api/v1/insights/surveys``: what customers said of calls beside what calls are scored."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from calltrace.api.batches import Place
from calltrace.api.deps import PlatformDep, only_known
from calltrace.api.insights import (
    ANSWERS,
    BY,
    PARAMETERS,
    By,
    DaysDep,
    InsightReader,
    LabelsDep,
    PeriodDocument,
    as_json,
    asking,
    part,
)
from calltrace.api.parameters import Limit
from calltrace.api.schemas import Wire
from calltrace.insights import shown, surveys
from calltrace.insights.period import Bucket
from calltrace.insights.surveys import LEAST_FOR_CORRELATION

router = APIRouter(prefix="/insights/surveys", tags=["Insights"])


class SurveyFiguresDocument(Wire):
    """Surveys of some calls, and how much their scores go together with those of the calls."""

    surveys: int
    answered: int = Field(description="That somebody began to answer.")
    scored: int
    average_survey_score: float | None = Field(description="On the scale of your surveys.")
    paired: int = Field(description="With a score, of calls that have one as well.")
    average_score: float | None = Field(description="Of those calls, 0 to 100.")
    correlation: float | None = Field(
        description=f"Pearson's, -1 to 1; null for fewer than {LEAST_FOR_CORRELATION} pairs.", examples=[0.62]
    )
    correlation_interval: list[float] | None = Field(description="95 %.", examples=[[0.5, 0.72]])


class SurveyGroupDocument(SurveyFiguresDocument):
    """Those of one agent, queue and so on; `id` and `name` are null for calls without."""

    id: str | None
    name: str | None


class SurveyGroups(Wire):
    """All of them, and by what was asked for: most surveys first, then by name."""

    period: PeriodDocument
    total: SurveyFiguresDocument
    data: list[SurveyGroupDocument]
    next_cursor: str | None


class SurveyPointDocument(SurveyFiguresDocument):
    """Those of the calls of one day, week (from Monday) or month, by its first day."""

    date: date


class SurveyTrend(Wire):
    """A point for each bucket that the period touches, oldest first, also where nobody was asked."""

    period: PeriodDocument
    bucket: Bucket
    data: list[SurveyPointDocument]


@router.get("", response_model=SurveyGroups, responses=ANSWERS)
async def get_survey_insights(  # noqa: PLR0917 - query parameters, none is passed by position
    request: Request, platform: PlatformDep, principal: InsightReader, days: DaysDep, labels: LabelsDep,
    by: Annotated[By, Query(description="What a row is about.")] = "agent",
    limit: Limit = 50, cursor: Place = None,
) -> Response:  # fmt: skip
    """What customers answered after the calls and chats of a period, beside the scores of those calls."""
    only_known(request, PARAMETERS | {"by", "limit", "cursor"})
    async with asking(platform, principal, days, labels) as asked:
        total, found = await surveys.groups(*asked, BY[by])
    rows, following = part(found, cursor, limit)
    return as_json(
        {
            "period": shown.period(asked.period), "total": shown.survey_figures(total),
            "data": [shown.survey_group(one) for one in rows], "nextCursor": following,
        }
    )  # fmt: skip


@router.get("/trend", response_model=SurveyTrend, responses=ANSWERS)
async def get_survey_trend(
    request: Request, platform: PlatformDep, principal: InsightReader, days: DaysDep, labels: LabelsDep,
    bucket: Annotated[Bucket, Query()] = "day",
) -> Response:  # fmt: skip
    """The same over time."""
    only_known(request, PARAMETERS | {"bucket"})
    async with asking(platform, principal, days, labels) as asked:
        points = await surveys.trend(*asked, bucket)
    data = [shown.survey_point(one) for one in points]
    return as_json({"period": shown.period(asked.period), "bucket": bucket, "data": data})
