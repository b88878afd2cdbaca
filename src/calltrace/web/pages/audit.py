"""``/admin/audit``: who did what, and when."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from calltrace.accounts import queries, trail
from calltrace.accounts.models import AuditEntry
from calltrace.accounts.queries import PersonFilter, TrailFilter
from calltrace.kit.attachments import attachment
from calltrace.kit.errors import NotFoundError
from calltrace.web.deps import Desk, DeskDep
from calltrace.web.pages.backtests import CSV
from calltrace.web.pages.calls import Position
from calltrace.web.render import page

PATH = "/admin/audit"
PAGE = 50
MOST_PEOPLE = 200
router = APIRouter(prefix=PATH)
AREAS: Mapping[str, tuple[str, ...]] = {
    "people": ("user", "session", "team"), "keys": ("api_key",),
    "webhooks": ("endpoint", "delivery"),
    "calls": (
        "analysis", "recordings", "comment", "export", "saved_view", "conversation", "voice_call", "survey",
        "surveys",
    ),
    "reviews": (
        "evaluation", "override", "review", "review_rule", "review_settings", "appeal", "calibration",
        "criterion", "coaching_note",
    ),
    "scorecards": ("scorecard", "backtest", "evaluation_batch"), "alerts": ("alert", "alert_rule"),
    "catalogue": ("agent", "queue", "project", "call_center", "engagement"),
    "organisation": ("organisation", "subscription", "quota"),
}  # fmt: skip
"""What a person looks for, and the first words of the actions that are meant."""
_WHERE: Mapping[str, str] = {
    "user": "/admin/users/", "team": "/admin/teams/", "scorecard": "/scorecards/", "analysis": "/calls/",
    "endpoint": "/admin/integrations/webhooks/", "delivery": "/admin/integrations/deliveries/",
    "calibration": "/reviews/calibrations/",
}  # fmt: skip
_ACTION = re.compile(r"[a-z_]+\.[a-z_]+")
_FIELDS = ("who", "area", "action", "target", "from", "to")
_LONGEST = 320
Narrowed = Annotated[str, Query(max_length=_LONGEST)]


@router.get("")
async def show(request: Request, desk: DeskDep, cursor: Position = None) -> Response:
    """Entries, newest first, narrowed down by who, what, to what, and days."""
    chosen = _chosen(request)
    async with desk.transaction() as session:
        zone = await _zone(desk)
        found, following = await trail.page(session, _filter(chosen, zone), cursor=cursor, limit=PAGE)
        people = await queries.people(session, PersonFilter(), None, MOST_PEOPLE)
    narrowed = {name: value for name, value in chosen.items() if value}
    return page(
        request, "audit/list.html", entries=found, chosen=chosen, areas=[(one, one) for one in AREAS],
        people=people, zone=zone.key, where=where, narrowed=bool(narrowed), first=cursor is None,
        export=f"{PATH}/trail.csv?{urlencode(narrowed)}", newest=f"{PATH}?{urlencode(narrowed)}",
        older=f"{PATH}?{urlencode({**narrowed, 'cursor': following})}" if following else None,
    )  # fmt: skip


@router.get("/trail.csv")
async def export(request: Request, desk: DeskDep) -> Response:
    """All that fits, as a file."""
    which = _filter(_chosen(request), await _zone(desk))
    rows = trail.csv_of(desk.platform.database, desk.who.org_id, which)
    headers = {"Content-Disposition": attachment("audit-trail", "audit-trail", "csv")}
    return StreamingResponse(rows, media_type=CSV, headers=headers)


async def _zone(desk: Desk) -> ZoneInfo:
    """Where the organisation's days begin."""
    async with desk.transaction() as session:
        found = await queries.organisation(session, desk.who.org_id)
    return ZoneInfo(found.time_zone if found else "UTC")


def _chosen(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip() for name in _FIELDS}


def _filter(chosen: Mapping[str, str], zone: ZoneInfo) -> TrailFilter:
    """The filters of the address; what no form of ours offers leads to no page."""
    strange = any(len(value) > _LONGEST or "\0" in value for value in chosen.values())
    if strange or chosen["area"] not in {"", *AREAS}:
        raise _no_such()
    if chosen["action"] and not _ACTION.fullmatch(chosen["action"]):
        raise _no_such()
    return TrailFilter(
        chosen["who"], chosen["action"], AREAS.get(chosen["area"], ()), chosen["target"],
        _day(chosen["from"], zone), _day(chosen["to"], zone, days=1),
    )  # fmt: skip


def _day(text: str, zone: ZoneInfo, days: int = 0) -> datetime | None:
    """When a day begins where the organisation is, or the one after it."""
    if not text:
        return None
    try:
        begins = datetime.combine(date.fromisoformat(text) + timedelta(days=days), time.min, zone)
        return begins.astimezone(UTC)  # which a first day east of there has not
    except (ValueError, OverflowError) as error:
        raise _no_such() from error


def _no_such() -> NotFoundError:
    return NotFoundError("There is no such filter.")


def where(entry: AuditEntry) -> str | None:
    """The page of what was acted on, if it has one; it may be gone."""
    base = _WHERE.get(entry.action.partition(".")[0])
    gone = entry.action.endswith((".deleted", ".erased"))
    return f"{base}{entry.target_id}" if base and entry.target_id and not gone else None
