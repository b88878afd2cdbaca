"""``/alerts``: what rules found in calls, and that somebody has seen to it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.alerts import service
from calltrace.alerts.queries import AlertFilters
from calltrace.web.deps import JudgesDeskDep, PostedDep, path_id
from calltrace.web.pages.calls import Position
from calltrace.web.render import page

PATH = "/alerts"
PAGE = 50
router = APIRouter(prefix=PATH)
Board = Literal["open", "acknowledged", "test"]


@router.get("")
async def show(
    request: Request, desk: JudgesDeskDep, which: Annotated[Board, Query(alias="show")] = "open",
    cursor: Position = None,
) -> Response:  # fmt: skip
    """Alerts that nobody has seen to, those that somebody has, or those of test calls."""
    seen = None if which == "test" else which == "acknowledged"
    filters = AlertFilters("test" if which == "test" else "live", acknowledged=seen)
    async with desk.open() as (session, reader):
        found, following = await service.page(session, reader, filters, cursor=cursor, limit=PAGE)
    return page(
        request, "alerts/list.html", tab="alerts", which=which, alerts=found, reader=reader,
        older=f"{PATH}?show={which}&cursor={following}" if following else None, first=cursor is None,
    )  # fmt: skip


@router.post("/{alert_id}/acknowledge")
async def acknowledge(alert_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Somebody has seen to it."""
    async with desk.open() as (session, reader):
        await service.acknowledge(session, reader, path_id(alert_id))
    back = f"{PATH}?show=test&" if form.text("show") == "test" else f"{PATH}?"
    return RedirectResponse(f"{back}done=alert-acknowledged", 303)
