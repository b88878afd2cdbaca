"""What lists are narrowed down by."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, Query

from calltrace.dialects.auralytik.forms import Moment, Prefix, end_of, read_id, start_of, wrong
from calltrace.kit.storable import Storable

State = Literal["Pending", "Processing", "Completed", "Failed"]
ProcessingState = Literal["NotStarted", "Pending", "Processing", "Completed", "Failed"]
Sentiment = Literal["Positive", "Neutral", "Negative"]
Truth = Literal["true", "false"]
Search = Annotated[Storable | None, Query(max_length=200, description="Part of the name.")]


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on, and before another."""

    start: datetime | None = None
    end: datetime | None = None


async def get_period(
    date_from: Annotated[Moment | None, Query(alias="dateFrom", examples=["2026-03-01"])] = None,
    date_to: Annotated[
        Moment | None, Query(alias="dateTo", description="A day without a time is included.")
    ] = None,
) -> Period:
    """``dateFrom`` and ``dateTo``."""
    return period_of(date_from, date_to)


def period_of(date_from: str | None, date_to: str | None) -> Period:
    """The time that two texts mean.

    Raises:
        InvalidRequestError: one is no date, or the first is later than the second.
    """
    start = _read("dateFrom", date_from, start_of)
    end = _read("dateTo", date_to, end_of)
    if start and end and start >= end:
        raise wrong("dateFrom", "is later than dateTo.")
    return Period(start, end)


def _read(field: str, text: str | None, read: Callable[[str], datetime]) -> datetime | None:
    if text is None:
        return None
    try:
        return read(text)
    except (ValueError, OverflowError):
        raise wrong(field, "is no date (YYYY-MM-DD) and no date-time.") from None


PeriodDep = Annotated[Period, Depends(get_period)]


def optional_id(prefix: Prefix, field: str, text: str | None) -> uuid.UUID | None:
    """The row that a filter or a field names.

    Raises:
        InvalidRequestError: it is malformed.
    """
    if text is None:
        return None
    found = read_id(prefix, text)
    if found is None:
        raise wrong(field, f"is no id of the form {prefix}_ and 32 hex digits.")
    return found


def id_filter(prefix: Prefix, field: str) -> Callable[..., Awaitable[uuid.UUID | None]]:
    """The dependency for a filter by id; a well-formed id that is unknown finds nothing."""

    async def read(
        text: Annotated[
            str | None, Query(alias=field, max_length=60, examples=[f"{prefix}_{'0' * 32}"])
        ] = None,
    ) -> uuid.UUID | None:
        return optional_id(prefix, field, text)

    return read


EngagementFilter = Annotated[uuid.UUID | None, Depends(id_filter("eng", "engagementId"))]
CampaignFilter = Annotated[uuid.UUID | None, Depends(id_filter("camp", "campaignId"))]
CallCenterFilter = Annotated[uuid.UUID | None, Depends(id_filter("cc", "callCenterId"))]
ExecutiveFilter = Annotated[uuid.UUID | None, Depends(id_filter("exec", "executiveId"))]


@dataclass(frozen=True, slots=True)
class Calls:
    """Which calls: all that are given must hold. ``period`` is of when the call took place."""

    period: Period = Period()
    engagement_id: uuid.UUID | None = None
    campaign_id: uuid.UUID | None = None
    call_center_id: uuid.UUID | None = None
    executive_id: uuid.UUID | None = None
    ai_call: bool | None = None


async def get_calls(
    period: PeriodDep,
    engagement_id: EngagementFilter,
    campaign_id: CampaignFilter,
    is_ai_call: Annotated[Truth | None, Query(alias="isAICall")] = None,
) -> Calls:
    """The filters that audio files have."""
    return Calls(period, engagement_id, campaign_id, ai_call=_truth(is_ai_call))


async def get_evaluated_calls(
    calls: Annotated[Calls, Depends(get_calls)],
    call_center_id: CallCenterFilter,
    executive_id: ExecutiveFilter,
) -> Calls:
    """The filters that evaluations have."""
    return Calls(
        calls.period, calls.engagement_id, calls.campaign_id, call_center_id, executive_id, calls.ai_call
    )


def _truth(text: Truth | None) -> bool | None:
    return None if text is None else text == "true"


FileFilters = Annotated[Calls, Depends(get_calls)]
EvaluationFilters = Annotated[Calls, Depends(get_evaluated_calls)]
