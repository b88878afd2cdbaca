"""``/calls/selected``: what is done with several calls of the list: evaluated, exported, or erased."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation
from calltrace.accounts.errors import ForbiddenError
from calltrace.accounts.models import Mode
from calltrace.analyses import erase, list_queries, queries, search
from calltrace.analyses.list_queries import Listed
from calltrace.batches import service as batches
from calltrace.batches.errors import NothingToEvaluateError, TooManyBatchesError
from calltrace.batches.selection import Selection
from calltrace.batches.service import Asked
from calltrace.insights import exports
from calltrace.insights.export_files import Format
from calltrace.insights.export_rows import Subject
from calltrace.insights.exports import TooManyExportsError
from calltrace.insights.queries import Narrowing
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words, worded
from calltrace.reviews.who import Who
from calltrace.web import judging
from calltrace.web.call_filters import Chosen
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import PAGE, PATH
from calltrace.web.render import NO_MISTAKES, page

MOST_EXPORTED = 10_000
"""Calls of one file of chosen ones."""
FORMATS: Mapping[Format, str] = worded({"csv": "CSV", "xlsx": "Excel (XLSX)"})
router = APIRouter(prefix=f"{PATH}/selected")


@router.get("")
async def again(_desk: JudgesDeskDep) -> Response:
    """The address of an answer, when it is opened anew."""
    return RedirectResponse(PATH, 303)


@router.post("")
async def act(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Evaluate the calls that are ticked, or ask how to export them, or whether to erase them."""
    try:
        found, mode = await _ticked(desk, form)
        if form.text("do") == "export":
            return await _ask_for_export(request, desk, form, found)
        if form.text("do") == "erase":
            _require_administrator(desk)
            return page(request, "calls/erase.html", calls=found, mode=mode)
        async with desk.transaction() as session:
            ids = [one.analysis.id for one in found]
            await batches.evaluate(session, Asked(desk.who.org_id, mode, Selection(ids)), None)
    except (InvalidRequestError, NothingToEvaluateError, TooManyBatchesError) as error:
        return page(request, "calls/selected.html", status=error.status, mistakes=Mistakes.of(error, ()))
    return _back(mode, "evaluating-many")


async def _ask_for_export(
    request: Request, desk: Desk, form: Form, found: Sequence[Listed], error: CallTraceError | None = None
) -> Response:
    chosen = _list_of(form)
    async with desk.open() as (session, reader):
        every = await _every(session, reader, chosen, MOST_EXPORTED + 1)
    return page(
        request, "calls/export.html", status=error.status if error else 200, calls=found, chosen=chosen,
        every=len(every), most=MOST_EXPORTED, formats=FORMATS, form=form,
        mistakes=Mistakes.of(error, ("format",)) if error else NO_MISTAKES,
    )  # fmt: skip


def _list_of(form: Form) -> Chosen:
    """The list on which calls were ticked."""
    return Chosen.of(dict(parse_qsl(form.exact("list"))))


async def _every(session: AsyncSession, reader: Who, chosen: Chosen, most: int) -> Sequence[uuid.UUID]:
    zone = await organisation.time_zone(session, reader.org_id)
    return await search.every(session, replace(chosen.filters(zone), agents=reader.agents), most)


@router.post("/export")
async def export_them(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Have a file made of calls that are ticked, or of all that match what the list is narrowed down to."""
    found: Sequence[Listed] = ()
    try:
        found, mode = await _ticked(desk, form)
        file_format = _format(form)
        async with desk.open() as (session, reader):
            ids = [one.analysis.id for one in found]
            if form.text("which") == "all":
                ids = await _every(session, reader, _list_of(form), MOST_EXPORTED)
            zone = await organisation.time_zone(session, reader.org_id)
            narrowing = Narrowing(mode=mode, agents=reader.agents, only=ids)
            subject = Subject("calls", narrowing, await exports.period_of(session, ids, zone))
            asked = exports.Asked(subject, file_format, user_id=reader.require_person())
            await exports.ask(session, reader.org_id, reader.actor, asked)
    except (InvalidRequestError, TooManyExportsError) as error:
        if not found:
            return page(request, "calls/selected.html", status=error.status, mistakes=Mistakes.of(error, ()))
        return await _ask_for_export(request, desk, form, found, error)
    return RedirectResponse("/exports?done=export-asked", 303)


def _format(form: Form) -> Format:
    if form.text("format") not in FORMATS:
        raise judging.wrong("format", Words("Choose a kind of file."))
    return cast("Format", form.text("format"))


@router.post("/erase")
async def erase_them(desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Erase calls and everything that came of them; one that somebody else erased meanwhile is no error."""
    _require_administrator(desk)
    found, mode = await _ticked(desk, form)
    database, vault, org_id = desk.platform.database, desk.platform.vault, desk.who.org_id
    for one in found:
        with suppress(NotFoundError):
            await erase.erase(database, vault, desk.actor, org_id, one.analysis.id, mode)
    return _back(mode, "calls-erased")


def _require_administrator(desk: Desk) -> None:
    if not desk.who.administers:
        raise ForbiddenError("Calls are erased by owners and admins.")


async def _ticked(desk: Desk, form: Form) -> tuple[Sequence[Listed], Mode]:
    """The calls that are ticked, as far as the person may see them, all of one mode."""
    ids = list(dict.fromkeys(found for one in form.every("id")[:PAGE] if (found := as_uuid(one))))
    async with desk.open() as (session, reader):
        listed = await list_queries.listed_by_id(session, ids)
        seen = {one.analysis_id for one in await queries.progress(session, ids, reader.agents)}
    found = _in_order(listed, ids, seen)
    if not found:
        detail = Words("Tick the calls that are meant; those that are gone cannot be.")
        raise InvalidRequestError(detail, errors=[FieldError("/id", detail)])
    mode = found[0].analysis.mode
    return [one for one in found if one.analysis.mode == mode], mode


def _in_order(
    listed: dict[uuid.UUID, Listed], ids: Sequence[uuid.UUID], seen: set[uuid.UUID]
) -> list[Listed]:
    return [listed[one] for one in ids if one in listed and one in seen]


def _back(mode: Mode, done: str) -> Response:
    return RedirectResponse(f"{PATH}?{'mode=test&' if mode == 'test' else ''}done={done}", 303)
