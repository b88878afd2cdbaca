"""``/exports``: what insights count as files: asked for, made in the background, kept for a day."""

from collections.abc import Mapping
from datetime import date
from typing import cast

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import organisation
from calltrace.insights import exports
from calltrace.insights.export_files import Format
from calltrace.insights.export_rows import Kind, Subject
from calltrace.insights.exports import Asked, TooManyExportsError
from calltrace.insights.period import Period
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.words import Words, worded
from calltrace.web import judging
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.insight_filters import LABELS, SPLITS, Scene, choices
from calltrace.web.pages.calls import MOST_NAMES, Position
from calltrace.web.render import NO_MISTAKES, page

PATH = "/exports"
MOST_FILES = 50
KINDS: Mapping[Kind, str] = worded({
    "calls": "Calls, one a row", "agents": "By agent", "queues": "By queue", "callCenters": "By call center",
    "projects": "By project", "engagements": "By engagement", "trend": "Over time", "criteria": "Criteria",
})  # fmt: skip
FORMATS: Mapping[Format, str] = worded({
    "csv": "CSV", "xlsx": "Excel (XLSX)", "json": "JSON", "parquet": "Parquet",
})  # fmt: skip
_FIELDS = ("type", "format", "days", "from", "to", "by", *SPLITS)
router = APIRouter(prefix=PATH)


@router.get("")
async def show(request: Request, desk: JudgesDeskDep, cursor: Position = None) -> Response:
    """The form, filled in as the address says, and the files that the reader asked for."""
    query = {name: request.query_params.get(name, "") for name in _FIELDS}
    return await _show(request, desk, Form({name: [value] for name, value in query.items()}), cursor)


async def _show(
    request: Request, desk: Desk, form: Form, cursor: str | None = None, error: CallTraceError | None = None
) -> Response:
    async with desk.open() as (session, reader):
        zone = await organisation.time_zone(session, reader.org_id)
        scene = Scene.of({} if error else _query(form), reader, zone)
        found, following = await exports.page(
            session, "live", reader.user_id, cursor=cursor, limit=MOST_FILES
        )
        offered = await choices(session, reader, MOST_NAMES)
    links = desk.platform.links
    return page(
        request, "exports.html", status=error.status if error else 200, form=form, scene=scene,
        files=[(one, exports.as_json(one, links)) for one in found], kinds=KINDS, formats=FORMATS,
        labels=LABELS, choices=offered, first=cursor is None,
        older=f"{PATH}?cursor={following}" if following else None,
        live=any(one.status in {"queued", "running"} for one in found),
        mistakes=Mistakes.of(error, _FIELDS) if error else NO_MISTAKES,
    )  # fmt: skip


def _query(form: Form) -> Mapping[str, str]:
    return {name: form.text(name) for name in _FIELDS}


@router.post("")
async def ask(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Have a file made."""
    try:
        kind, file_format = _choice(form, "type", KINDS), _choice(form, "format", FORMATS)
        async with desk.open() as (session, reader):
            zone = await organisation.time_zone(session, reader.org_id)
            _check_days(form, zone)
            scene = Scene.of(_query(form), reader, zone)
            subject = Subject(cast("Kind", kind), scene.narrowing, scene.period, scene.bucket)
            asked = Asked(subject, cast("Format", file_format), user_id=reader.require_person())
            await exports.ask(session, reader.org_id, reader.actor, asked)
    except (InvalidRequestError, TooManyExportsError) as error:
        return await _show(request, desk, form, error=error)
    return RedirectResponse(f"{PATH}?done=export-asked", 303)


def _choice(form: Form, name: str, known: Mapping[Kind, str] | Mapping[Format, str]) -> str:
    if form.text(name) not in known:
        raise judging.wrong(name, Words("Choose from the list."))
    return form.text(name)


def _check_days(form: Form, zone: str) -> None:
    """Days that somebody typed.

    Raises:
        InvalidRequestError: they are none, in no order, or too far apart.
    """
    if form.text("days"):
        return
    days = list[date]()
    for name in ("from", "to"):
        try:
            days.append(date.fromisoformat(form.text(name)))
        except ValueError as error:
            raise judging.wrong(name, Words("Choose a day.")) from error
    try:
        Period.asked(days[0], days[1], zone)
    except InvalidRequestError as error:
        raise judging.wrong("to", error.detail) from error
