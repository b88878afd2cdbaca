"""``/calls/{id}``: one call to listen to, to read, and to see what was found in it."""

import asyncio
import uuid
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses import downloads, evaluations, queries, read, sound, speakers
from calltrace.analyses.document import AnalysisDocument
from calltrace.analyses.downloads import Format
from calltrace.analyses.evaluation_queries import FoundEvaluation
from calltrace.analyses.evaluations import Wish
from calltrace.analyses.models import Analysis
from calltrace.analyses.queries import Found
from calltrace.analyses.read import Heard
from calltrace.catalog.models import Agent, Queue
from calltrace.conversations import queries as conversations
from calltrace.conversations import surveys
from calltrace.conversations.models import Survey
from calltrace.evaluation.results import Evaluation
from calltrace.kit import clock
from calltrace.kit.words import Words, local
from calltrace.recordings.models import WaveformRow
from calltrace.recordings.playing import play
from calltrace.recordings.waveform import split
from calltrace.reviews.who import find_call
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.speech.transcript import Transcript
from calltrace.web import call_view, judging
from calltrace.web.call_people import Attempt, People, load
from calltrace.web.chat_view import Chat
from calltrace.web.deps import CallsDeskDep, Desk, PostedDep, path_id
from calltrace.web.error_codes import error_codes
from calltrace.web.evaluation_diff import Difference, difference
from calltrace.web.lanes import lanes
from calltrace.web.pages.calls import PATH
from calltrace.web.render import page
from calltrace.webhooks import queries as webhooks
from calltrace.webhooks.models import Delivery

router = APIRouter(prefix=PATH + "/{call_id}")
CONVERSATIONS = "/conversations"
HISTORY = 20
"""Evaluations and deliveries that the page shows."""
SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Call:
    """A call with everything that hangs on it."""

    found: Found
    agent: Agent | None
    queue: Queue | None
    history: Sequence[FoundEvaluation]
    deliveries: Sequence[tuple[Delivery, str]]
    chat: Chat | None
    survey: Survey | None

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
    """The call as far as it is; ``line`` and ``edit`` open the form for a comment on a line, or of one.

    What was written is shown as the conversation that it is.
    """
    found = path_id(call_id)
    async with desk.open() as (session, reader):
        analysis = await find_call(session, reader, found)
        chat = await conversations.of_analysis(session, found) if analysis.medium == "text" else None
    if chat is not None:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{CONVERSATIONS}/{chat.id}{query}", 303)
    return await render_call(request, desk, found)


async def render_call(
    request: Request, desk: Desk, call_id: uuid.UUID, attempt: Attempt | None = None
) -> Response:
    """The page of a call; after a form of it was refused, with what was typed in it."""
    call, people = await _find(desk, call_id)
    values: dict[str, Any] = {
        "call": call, "people": people, "attempt": attempt, "verdicts": judging.VERDICTS,
        "line": request.query_params.get("line", ""), "edited": request.query_params.get("edit", ""),
    }  # fmt: skip
    values |= await asyncio.to_thread(_shown, call, desk)
    values["compared"], values["difference"] = _compared(call, request.query_params.get("compare", ""))
    values["stray"] = attempt is not None and not _has_place(attempt.place, values)
    status = attempt.error.status if attempt else 200
    return await asyncio.to_thread(lambda: page(request, "calls/show.html", status=status, **values))


def _has_place(place: str, shown: dict[str, Any]) -> bool:
    """Whether the form that was refused is still on the page: what it was about may be gone."""
    kind, _, key = place.replace("comment-", "").partition("-")
    if kind == "line":
        return any(one.id == key for turn in shown["turns"] for one in turn.segments)
    if kind in {"decide", "appeal", "criterion"}:
        return key in shown["names"] and (kind != "decide" or shown["arithmetic"] is not None)
    return True


async def _find(desk: Desk, call_id: uuid.UUID) -> tuple[Call, People]:
    async with desk.open() as (session, reader):
        await find_call(session, reader, call_id)
        found = await read.find(session, call_id)
        analysis = found.analysis
        history, _more = await evaluations.page(
            session, analysis.id, analysis.mode, cursor=None, limit=HISTORY
        )
        agent = await session.get(Agent, analysis.agent_id) if analysis.agent_id else None
        call = Call(
            found,
            agent,
            await session.get(Queue, analysis.queue_id) if analysis.queue_id else None,
            history,
            await webhooks.deliveries_of(session, analysis.id, HISTORY) if reader.judges else (),
            await _chat(session, analysis, agent),
            await surveys.of_analysis(session, analysis.id),
        )
        return call, await load(session, reader, analysis)


async def _chat(session: AsyncSession, analysis: Analysis, agent: Agent | None) -> Chat | None:
    """What was written, where that is what was evaluated."""
    row = await conversations.of_analysis(session, analysis.id) if analysis.medium == "text" else None
    if row is None:
        return None
    return Chat(row, await conversations.messages(session, row.id), agent=agent.name if agent else None)


def _shown(call: Call, desk: Desk) -> dict[str, Any]:
    """What the template shows. In a thread: a transcript of hours must not hold up other requests."""
    document = read.document(call.found, desk.platform.links)
    transcript, evaluation = document.transcript, document.evaluation
    arithmetic = call_view.arithmetic(call.shown, evaluation) if call.shown and evaluation else None
    return {
        "document": document, "evaluation": evaluation, "arithmetic": arithmetic,
        "names": {one.key: one.name for one in evaluation.criteria} if evaluation else {},
        "possible": {one.key: one.points for one in arithmetic.scorecard.criteria} if arithmetic else {},
        "redacted": transcript.redacted if transcript else [],
        "turns": call_view.turns(transcript) if transcript else [],
        "strip": call_view.strip(transcript, document.call.duration_seconds) if transcript else [],
        "times": call.chat.times if call.chat else {},
        "marks": call_view.marks(document), "mark_names": call_view.MARKS,
        "cited": _cited(evaluation), "error_title": _title(document),
        "shipped": default_scorecard().name,
        "waiting": any(one.row.status == "queued" for one in call.history),
        "sending": any(_is_due(one) for one, _url in call.deliveries),
    }  # fmt: skip


def _is_due(delivery: Delivery) -> bool:
    """Whether something will be sent while the page is looked at; a later attempt is not waited for."""
    due = delivery.next_attempt_at
    return delivery.status == "pending" and due is not None and due < clock.now() + SOON


def _compared(call: Call, wanted: str) -> tuple[uuid.UUID | None, Difference | None]:
    """One evaluation of the history beside the one that is shown, the earlier one first."""
    other = next((one for one in call.history if str(one.row.id) == wanted and one.document), None)
    shown = call.shown
    if other is None or shown is None or not shown.document or not other.document or other is shown:
        return None, None
    two = sorted((other, shown), key=lambda one: one.row.created_at)
    before, after = (Evaluation.model_validate_json(one.document or "") for one in two)
    return other.row.id, difference(before, after)


def _cited(evaluation: Evaluation | None) -> set[str]:
    """The segments that something was found in."""
    criteria = evaluation.criteria if evaluation else ()
    return {quote.segment_id for one in criteria for quote in one.evidence}


def _title(document: AnalysisDocument) -> str:
    """What went wrong, in words; an error whose code is of before has its message only."""
    code = document.error.code if document.error else ""
    return next((one.title for one in error_codes() if one.code == code), Words("The analysis failed"))


@router.head("/recording")
@router.get("/recording")
async def recording(
    request: Request, call_id: str, desk: CallsDeskDep,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:  # fmt: skip
    """The recording as it was received, with HTTP ranges: players jump by them."""
    async with desk.open() as (session, reader):
        found = await find_call(session, reader, path_id(call_id))
        audio = await queries.recording_of(session, found.id)
    return await play(request, desk.platform.vault, audio, wanted)


@router.head("/playback")
@router.get("/playback")
async def playback(
    request: Request, call_id: str, desk: CallsDeskDep,
    wanted: Annotated[str | None, Header(alias="Range")] = None,
) -> Response:  # fmt: skip
    """What every browser plays of the recording."""
    async with desk.open() as (session, reader):
        audio = await sound.playback(session, await find_call(session, reader, path_id(call_id)))
    return await play(request, desk.platform.vault, audio, wanted)


@router.get("/waveform")
async def waveform(call_id: str, desk: CallsDeskDep) -> Response:
    """What the player draws: a lane for each side; none where nothing was kept to draw."""
    async with desk.open() as (session, reader):
        found = await find_call(session, reader, path_id(call_id))
        row = await sound.waveform_if_kept(session, found)
        heard = await read.transcript(session, found.id, found.mode) if row else None
    return JSONResponse(await asyncio.to_thread(_drawn, row, heard) if row and heard else {"lanes": []})


def _drawn(row: WaveformRow, heard: Heard) -> dict[str, Any]:
    transcript = Transcript.model_validate_json(heard.document)
    found = lanes(transcript, split(row.points, row.channels), row.points_per_second)
    shown = [
        {
            "role": one.role,
            "name": local(one.name),
            "speech": one.speech,
            "points": b64encode(one.points).decode(),
        }
        for one in found
    ]
    return {"pointsPerSecond": row.points_per_second, "lanes": shown}


@router.get("/transcript")
async def transcript(
    call_id: str, desk: CallsDeskDep, wanted: Annotated[Format, Query(alias="format")] = "txt"
) -> Response:
    """What was said, as a file."""
    async with desk.open() as (session, reader):
        found = await find_call(session, reader, path_id(call_id))
        heard = await read.transcript(session, found.id, found.mode)
    file = await downloads.transcript(heard, wanted)
    return Response(file.content, headers=dict(file.headers))


@router.post("/evaluate")
async def evaluate(call_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Evaluate what was heard once more, by the scorecard that counts now."""
    async with desk.open() as (session, reader):
        found = await find_call(session, reader, path_id(call_id))
        reader.require_judge(found)
        await evaluations.ask(session, desk.who.org_id, Wish(found.id, found.mode))
    return RedirectResponse(f"{PATH}/{found.id}?done=evaluating", 303)


@router.post("/swap")
async def swap(call_id: str, desk: CallsDeskDep, _form: PostedDep) -> Response:
    """Agent and customer change places."""
    async with desk.open() as (session, reader):
        found = await find_call(session, reader, path_id(call_id))
        reader.require_judge(found)
        correction = speakers.Correction(found.id, found.mode, None)
        await speakers.correct(session, desk.who.org_id, desk.actor, correction)
    return RedirectResponse(f"{PATH}/{found.id}?done=roles-swapped", 303)
