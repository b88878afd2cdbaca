"""``/calls/selected``: what is done with several calls of the list at once: evaluated again, or erased."""

import uuid
from collections.abc import Sequence
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts.errors import ForbiddenError
from calltrace.accounts.models import Mode
from calltrace.analyses import erase, queries
from calltrace.analyses.queries import Listed
from calltrace.batches import service as batches
from calltrace.batches.errors import NothingToEvaluateError, TooManyBatchesError
from calltrace.batches.selection import Selection
from calltrace.batches.service import Asked
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import PAGE, PATH
from calltrace.web.render import page

router = APIRouter(prefix=f"{PATH}/selected")


@router.get("")
async def again(_desk: JudgesDeskDep) -> Response:
    """The address of an answer, when it is opened anew."""
    return RedirectResponse(PATH, 303)


@router.post("")
async def act(request: Request, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Evaluate the calls that are ticked, or ask whether to erase them."""
    try:
        found, mode = await _ticked(desk, form)
        if form.text("do") == "erase":
            _require_administrator(desk)
            return page(request, "calls/erase.html", calls=found, mode=mode)
        async with desk.transaction() as session:
            ids = [one.analysis.id for one in found]
            await batches.evaluate(session, Asked(desk.who.org_id, mode, Selection(ids)), None)
    except (InvalidRequestError, NothingToEvaluateError, TooManyBatchesError) as error:
        return page(request, "calls/selected.html", status=error.status, mistakes=Mistakes.of(error, ()))
    return _back(mode, "evaluating-many")


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
        listed = await queries.listed_by_id(session, ids)
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
