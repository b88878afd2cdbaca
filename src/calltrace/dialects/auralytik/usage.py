"""``/usage`` (acceptance AU-130 to AU-132): what was used in a calendar month, UTC."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Query
from sqlalchemy import ColumnElement, Float, String, Uuid, exists, func, literal, select, union_all
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import plans, usage
from calltrace.accounts import queries as accounts
from calltrace.accounts.models import ApiKey, Plan, UsageEntry
from calltrace.accounts.usage import Period
from calltrace.analyses.models import Analysis
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import PlatformDep, UsageReader
from calltrace.dialects.auralytik.documents.usage import (
    KeyUsage,
    UsageByKey,
    UsageRecord,
    UsageShare,
    UsageSummary,
)
from calltrace.dialects.auralytik.door import CONTRACT
from calltrace.dialects.auralytik.forms import iso, named, when, written, wrong
from calltrace.kit import clock
from calltrace.recordings.models import Recording
from calltrace.webhooks.models import Delivery, Endpoint

router = APIRouter(prefix="/usage", tags=["Usage"])
_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_GIGABYTE = 1_000_000_000
_UNITS = {"call": "call", "webhook": "delivery", "export": "export"}


async def get_period(
    text: Annotated[str | None, Query(alias="billingPeriod", max_length=20, examples=["2026-03"])] = None,
) -> Period:
    """The month that is asked for; the current one, if none is.

    Raises:
        InvalidRequestError: it is no month.
    """
    if text is None:
        return Period.of(clock.now())
    match = _PERIOD.fullmatch(text)
    if match is None or not 1 < int(match[1]) < 9999:  # noqa: PLR2004 - years that have a next month
        raise wrong("billingPeriod", "is no month (YYYY-MM).")
    return Period.month(int(match[1]), int(match[2]))


_REMOVED = select(func.sum(UsageEntry.quantity)).where(
    UsageEntry.mode == "live", UsageEntry.what == usage.WEBHOOK
)
_STORED = select(func.sum(Recording.size_bytes)).where(
    exists().where(Analysis.recording_id == Recording.id, Analysis.mode == "live")
)
PeriodDep = Annotated[Period, Depends(get_period)]


@router.get("/summary")
async def get_summary(
    caller: UsageReader, platform: PlatformDep, answers: AnswersDep, period: PeriodDep
) -> One[UsageSummary]:
    """Get usage summary for billing period."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        organisation = await accounts.organisation(session, caller.principal.org_id)
        assert organisation is not None
        used = await usage.of_month(session, "live", period)
        sent = await session.scalar(_deliveries(period, func.count())) or 0
        sent += int(await session.scalar(_REMOVED.where(*_within(period))) or 0)
        stored = await session.scalar(_STORED) or 0
    terms = plans.catalogue(platform.settings.data_dir)[cast("Plan", organisation.plan)]
    shares = {
        "calls": _share(used.analyses, terms.analyses),
        "webhooks": _share(sent, None),
        "storage_gb": _share(round(float(stored) / _GIGABYTE, 6), None),
    }
    return answers.one(UsageSummary(billing_period=period.name, tier=organisation.plan, usage=shares))


def _share(used: float, included: int | None) -> UsageShare:
    overage = 0 if included is None else max(0, used - included)
    return UsageShare(used=used, included=included, overage=overage)


def _deliveries(period: Period, *columns: Any) -> Any:
    query = select(*columns).select_from(Delivery).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    return query.where(
        Endpoint.mode == "live", Delivery.created_at >= period.start, Delivery.created_at < period.end
    )


@router.get("/details")
async def list_details(
    caller: UsageReader, platform: PlatformDep, answers: AnswersDep, part: Page, period: PeriodDep
) -> Many[UsageRecord]:
    """Get detailed usage records, newest first."""
    found = union_all(*_lines(period)).subquery("used")
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await session.scalar(select(func.count()).select_from(found)) or 0
        query = select(found).order_by(found.c.at.desc(), found.c.id.desc())
        rows = (await session.execute(query.offset(part.offset).limit(part.size))).all()
    return answers.many([_record(row) for row in rows], part, total)


def _lines(period: Period) -> list[Any]:
    """``id, at, type, quantity, key, resource`` of everything that was used.

    Deliveries that were removed since are one line for those of a day that went together.
    """
    sent = _deliveries(
        period, sql_cast(func.md5(Delivery.id), Uuid), Delivery.created_at, literal("webhook"),
        sql_cast(1, Float), sql_cast(None, Uuid), Delivery.id,
    )  # fmt: skip
    return [
        _entries(period, usage.AUDIO, "call", "af"), sent, _entries(period, usage.EXPORT, "export", "exp"),
        _lines_of(period, usage.WEBHOOK, "webhook", UsageEntry.quantity, sql_cast(None, String)),
    ]  # fmt: skip


def _entries(period: Period, what: str, kind: str, prefix: str) -> Any:
    """The ledger's lines of one kind."""
    resource = func.concat(f"{prefix}_", func.replace(sql_cast(UsageEntry.resource_id, String), "-", ""))
    return _lines_of(period, what, kind, sql_cast(1, Float), resource)


def _within(period: Period) -> tuple[ColumnElement[bool], ...]:
    return UsageEntry.created_at >= period.start, UsageEntry.created_at < period.end


def _lines_of(period: Period, what: str, kind: str, quantity: Any, resource: Any) -> Any:
    return select(
        UsageEntry.id.label("id"), UsageEntry.created_at.label("at"), literal(kind).label("type"),
        quantity.label("quantity"), UsageEntry.api_key_id.label("key"), resource.label("resource"),
    ).where(*_within(period), UsageEntry.mode == "live", UsageEntry.what == what)  # fmt: skip


def _record(row: Any) -> UsageRecord:
    return UsageRecord(
        id=named("usg", row.id),
        timestamp=iso(cast("datetime", row.at)),
        type=row.type,
        quantity=row.quantity,
        unit=_UNITS[row.type],
        key_id=written("key", row.key),
        resource_id=row.resource,
    )


@router.get("/by-key")
async def get_by_key(
    caller: UsageReader, platform: PlatformDep, answers: AnswersDep, period: PeriodDep
) -> One[UsageByKey]:
    """Get usage breakdown by API key: requests of each, revoked ones too."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        asked = await usage.used(session, "live", period.start, period.end, "key")
        rows = await _keys(session)
    keys = [
        KeyUsage(
            key_id=named("key", row.id), name=row.name, last_used_at=when(row.last_used_at),
            calls=asked[str(row.id)].requests if str(row.id) in asked else 0,
        )
        for row in rows
    ]  # fmt: skip
    return answers.one(UsageByKey(billing_period=period.name, keys=keys))


async def _keys(session: AsyncSession) -> Sequence[ApiKey]:
    query = select(ApiKey).where(ApiKey.contract == CONTRACT)
    return (await session.scalars(query.order_by(ApiKey.created_at.desc(), ApiKey.id.desc()))).all()
