"""``/reviews/calibrations``: several people score one call blind, and then compare."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts import queries as accounts
from calltrace.accounts.models import User
from calltrace.accounts.sessions import LISTENERS
from calltrace.analyses import list_queries
from calltrace.analyses import queries as analyses
from calltrace.analyses.list_queries import Listed
from calltrace.analyses.models import EvaluationRow
from calltrace.evaluation.results import Settled
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.words import Words
from calltrace.reviews import calibrations, pinned
from calltrace.reviews.calibrations import Session
from calltrace.reviews.errors import CalibrationClosedError
from calltrace.reviews.who import find_call
from calltrace.scorecards.document import Scorecard
from calltrace.speech.transcript import Transcript
from calltrace.web import call_view, judging
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import Position
from calltrace.web.pages.review_queue import PAGE
from calltrace.web.pages.review_queue import PATH as REVIEWS
from calltrace.web.render import NO_MISTAKES, page

PATH = REVIEWS + "/calibrations"
router = APIRouter(prefix=PATH)


@router.get("")
async def show_all(request: Request, desk: JudgesDeskDep, cursor: Position = None) -> Response:
    """Sessions on the calls that the reader sees."""
    async with desk.open() as (session, reader):
        found, following = await calibrations.page(session, reader, cursor=cursor, limit=PAGE)
        calls = await list_queries.listed_by_id(session, [one.row.analysis_id for one in found])
    return page(
        request, "reviews/calibrations.html", tab="calibrations", sessions=found, calls=calls, reader=reader,
        first=cursor is None, older=f"{PATH}?cursor={following}" if following else None,
    )  # fmt: skip


@router.get("/new/{call_id}")
async def form(request: Request, call_id: str, desk: JudgesDeskDep) -> Response:
    """Whom to ask about a call."""
    return await _form(request, desk, path_id(call_id), Form())


async def _form(
    request: Request, desk: Desk, call_id: uuid.UUID, filled: Form, error: CallTraceError | None = None
) -> Response:
    async with desk.open() as (session, reader):
        await find_call(session, reader, call_id)
        call = (await list_queries.listed_by_id(session, [call_id]))[call_id]
        people = [one for one in await accounts.users(session) if one.role in LISTENERS]
    return page(
        request, "reviews/calibration_new.html", status=error.status if error else 200, call=call,
        people=people, form=filled, tab="calibrations",
        mistakes=Mistakes.of(error, ("memberIds",)) if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/new/{call_id}")
async def begin(request: Request, call_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Ask people to score a call."""
    found = path_id(call_id)
    try:
        asked = [as_uuid(one) for one in form.every("memberIds")]
        if None in asked:
            raise judging.wrong("memberIds", Words("Choose from the list."))
        async with desk.open() as (session, lead):
            begun = await calibrations.begin(session, lead, found, [one for one in asked if one])
    except InvalidRequestError as error:
        return await _form(request, desk, found, form, error)
    return RedirectResponse(f"{PATH}/{begun.row.id}?done=calibration-begun", 303)


@router.get("/{calibration_id}")
async def show(request: Request, calibration_id: str, desk: JudgesDeskDep) -> Response:
    """One session: to be answered, waited for, or compared."""
    return await _show(request, desk, path_id(calibration_id), Form())


async def _show(
    request: Request, desk: Desk, session_id: uuid.UUID, filled: Form, error: CallTraceError | None = None
) -> Response:
    async with desk.open() as (session, reader):
        found = await calibrations.find(session, reader, session_id)
        row = await session.get_one(EvaluationRow, found.row.evaluation_id)
        scorecard = await pinned.scorecard(session, row.scorecard_version_id)
        call = await analyses.find(session, found.row.analysis_id)
        listed = (await list_queries.listed_by_id(session, [found.row.analysis_id]))[found.row.analysis_id]
        people = {one.id: one for one in await accounts.users(session)}
    found = await calibrations.compared(found)
    mine = next((one for one in found.members if one.user_id == reader.user_id), None)
    heard = call.transcript if call else None
    transcript = await asyncio.to_thread(Transcript.model_validate_json, heard) if heard else None
    return page(
        request, "reviews/calibration.html", status=error.status if error else 200, tab="calibrations",
        **_shown(found, scorecard, listed, people), form=filled, reader=reader,
        waits=found.row.state == "open" and mine is not None and mine.submitted_at is None,
        turns=call_view.turns(transcript) if transcript else [], verdicts=judging.VERDICTS,
        redacted=transcript.redacted if transcript else [],
        mistakes=Mistakes.of(error, tuple(found.row.machine)) if error else NO_MISTAKES,
    )  # fmt: skip


def _shown(
    found: Session, scorecard: Scorecard, call: Listed, people: Mapping[uuid.UUID, User]
) -> dict[str, Any]:
    return {
        "session": found, "call": call, "emails": {key: one.email for key, one in people.items()},
        "criteria": [one for one in scorecard.criteria if one.key in found.row.machine],
    }  # fmt: skip


@router.post("/{calibration_id}")
async def answer(request: Request, calibration_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Say what one thinks of every criterion, once."""
    found = path_id(calibration_id)
    try:
        async with desk.open() as (session, member):
            asked = await calibrations.find(session, member, found)
            verdicts: dict[str, Settled] = {key: judging.verdict(form, key) for key in asked.row.machine}
            await calibrations.submit(session, member, found, verdicts)
    except (InvalidRequestError, CalibrationClosedError) as error:
        return await _show(request, desk, found, form, error)
    return RedirectResponse(f"{PATH}/{found}?done=calibration-answered", 303)


@router.post("/{calibration_id}/close")
async def close(calibration_id: str, desk: JudgesDeskDep, _form: PostedDep) -> Response:
    """End a session; what was answered counts as agreement with the machine."""
    found = path_id(calibration_id)
    async with desk.open() as (session, lead):
        await calibrations.close(session, lead, found)
    return RedirectResponse(f"{PATH}/{found}?done=calibration-closed", 303)
