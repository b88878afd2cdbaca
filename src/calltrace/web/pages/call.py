"""``/calls/{id}``: one call to listen to, to read, and to see what was found in it."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.analyses import calls, downloads, evaluations, queries, read, sound, speakers
from calltrace.analyses.document import AnalysisDocument
from calltrace.analyses.downloads import Format
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.models import Analysis
from calltrace.analyses.queries import Found, FoundEvaluation
from calltrace.catalog.models import Agent, Queue
from calltrace.evaluation.results import Evaluation
from calltrace.recordings.playing import play
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.web import call_view
from calltrace.web.deps import CallsDeskDep, Desk, PostedDep, path_id
from calltrace.web.error_codes import error_codes
from calltrace.web.pages.calls import PATH
from calltrace.web.render import page
from calltrace.webhooks import queries as webhooks
from calltrace.webhooks.models import Delivery

router = APIRouter(prefix=PATH + "/{call_id}")
HISTORY = 20
"""Evaluations and deliveries that the page shows."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call with everything that hangs on it."""

    found: Found
    agent: Agent | None
    queue: Queue | None
    history: Sequence[FoundEvaluation]
    deliveries: Sequence[tuple[Delivery, str]]

    @property
    def analysis(self) -> Analysis:
        """Its row."""
        return self.found.analysis

    @property
    def shown(self) -> FoundEvaluation | None:
        """The evaluation that is shown: the newest completed one."""
        return next((one for one in self.history if one.row.status == "completed"), None)


@router.get("")
async def show(request: Request, call_id: str, desk: CallsDeskDep) -> Response:
    """The call as far as it is."""
    call = await _find(desk, path_id(call_id))
    shown = await asyncio.to_thread(_shown, call, desk)
    return await asyncio.to_thread(lambda: page(request, "calls/show.html", call=call, **shown))


async def _find(desk: Desk, call_id: uuid.UUID) -> Call:
    async with desk.transaction() as session:
        found = await read.find(session, call_id)
        analysis = found.analysis
        history, _more = await evaluations.page(
            session, analysis.id, analysis.mode, cursor=None, limit=HISTORY
        )
        return Call(
            found,
            await session.get(Agent, analysis.agent_id) if analysis.agent_id else None,
            await session.get(Queue, analysis.queue_id) if analysis.queue_id else None,
            history,
            await webhooks.deliveries_of(session, analysis.id, HISTORY),
        )


def _shown(call: Call, desk: Desk) -> dict[str, Any]:
    """What the template shows. In a thread: a transcript of hours must not hold up other requests."""
    document = read.document(call.found, desk.platform.links)
    transcript, evaluation = document.transcript, document.evaluation
    arithmetic = call_view.arithmetic(call.shown, evaluation) if call.shown and evaluation else None
    return {
        "document": document, "evaluation": evaluation, "arithmetic": arithmetic,
        "turns": call_view.turns(transcript) if transcript else [],
        "strip": call_view.strip(transcript, document.call.duration_seconds) if transcript else [],
        "cited": _cited(evaluation), "error_title": _title(document),
        "shipped": default_scorecard().name,
        "waiting": any(one.row.status == "queued" for one in call.history),
    }  # fmt: skip


def _cited(evaluation: Evaluation | None) -> set[str]:
    """The segments that something was found in."""
    criteria = evaluation.criteria if evaluation else ()
    return {quote.segment_id for one in criteria for quote in one.evidence}


def _title(document: AnalysisDocument) -> str:
    """What went wrong, in words; an error whose code is of before has its message only."""
    code = document.error.code if document.error else ""
    return next((one.title for one in error_codes() if one.code == code), "The analysis failed")


@router.head("/recording")
@router.get("/recording")
async def recording(
    request: Request, call_id: str, desk: CallsDeskDep,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:  # fmt: skip
    """The recording as it was received, with HTTP ranges: players jump by them."""
    async with desk.transaction() as session:
        found = await calls.find(session, path_id(call_id))
        audio = await queries.recording_of(session, found.id)
    return await play(request, desk.platform.vault, audio, wanted)


@router.head("/playback")
@router.get("/playback")
async def playback(
    request: Request, call_id: str, desk: CallsDeskDep,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:  # fmt: skip
    """What every browser plays of the recording."""
    async with desk.transaction() as session:
        audio = await sound.playback(session, await calls.find(session, path_id(call_id)))
    return await play(request, desk.platform.vault, audio, wanted)


@router.get("/transcript")
async def transcript(
    call_id: str, desk: CallsDeskDep, wanted: Annotated[Format, Query(alias="format")] = "txt"
) -> Response:
    """What was said, as a file."""
    async with desk.transaction() as session:
        found = await calls.find(session, path_id(call_id))
        heard = await read.transcript(session, found.id, found.mode)
    file = await downloads.transcript(heard, wanted)
    return Response(file.content, headers=dict(file.headers))


@router.post("/evaluate")
async def evaluate(call_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Evaluate what was heard once more, by the scorecard that counts now."""
    async with desk.transaction() as session:
        found = await calls.find(session, path_id(call_id))
        await evaluations.ask(session, desk.who.org_id, Wish(found.id, found.mode))
    return RedirectResponse(f"{PATH}/{found.id}?done=evaluating", 303)


@router.post("/swap")
async def swap(call_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Agent and customer change places."""
    async with desk.transaction() as session:
        found = await calls.find(session, path_id(call_id))
        correction = speakers.Correction(found.id, found.mode, None)
        await speakers.correct(session, desk.who.org_id, desk.actor, correction)
    return RedirectResponse(f"{PATH}/{found.id}?done=roles-swapped", 303)
