"""``/reviews/appeals``: agents disagree with a criterion of their call, and somebody else decides."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.analyses import list_queries
from calltrace.evaluation.results import CriterionResult, Evaluation
from calltrace.kit.errors import CallTraceError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.reviews import appeals, pinned, queries
from calltrace.reviews.appeals import Ruling
from calltrace.reviews.errors import (
    AppealDecidedError,
    EvaluationSupersededError,
    NothingToDecideError,
    NotImpartialError,
    OverrideConflictError,
)
from calltrace.reviews.models import Appeal, Override
from calltrace.scorecards.document import Criterion
from calltrace.web import judging
from calltrace.web.deps import Desk, JudgesDeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.calls import Position
from calltrace.web.pages.review_queue import PAGE
from calltrace.web.pages.review_queue import PATH as REVIEWS
from calltrace.web.render import NO_MISTAKES, page

PATH = REVIEWS + "/appeals"
router = APIRouter(prefix=PATH)
FIELDS = ("outcome", *judging.FIELDS)
_SHOWN_AGAIN = (
    InvalidRequestError, AppealDecidedError, EvaluationSupersededError, NothingToDecideError,
    NotImpartialError, OverrideConflictError,
)  # fmt: skip
State = Literal["open", "upheld", "rejected"]


@router.get("")
async def show_all(
    request: Request, desk: JudgesDeskDep, state: Annotated[State, Query(alias="show")] = "open",
    cursor: Position = None,
) -> Response:  # fmt: skip
    """Appeals on the calls that the reader sees."""
    async with desk.open() as (session, reader):
        found, following = await appeals.page(session, reader, state, cursor=cursor, limit=PAGE)
        calls = await list_queries.listed_by_id(session, [one.analysis_id for one in found])
        people = await queries.known_users(session, {one.user_id for one in found if one.user_id})
    return page(
        request, "reviews/appeals.html", tab="appeals", state=state, appeals=found, calls=calls,
        names={one.id: one.email for one in people}, first=cursor is None,
        older=f"{PATH}?show={state}&cursor={following}" if following else None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """An appeal with what it is about.

    ``line`` is the criterion as it is shown now, ``criterion`` what it is worth; both are ``None`` where the
    evaluation is another one by now, or its scorecard is there no more.
    """

    appeal: Appeal
    call: list_queries.Listed
    agent: str
    line: CriterionResult | None
    criterion: Criterion | None
    word: Override | None
    impartial: bool


@router.get("/{appeal_id}")
async def show(request: Request, appeal_id: str, desk: JudgesDeskDep) -> Response:
    """One appeal, and the form to decide on it."""
    return await _show(request, desk, path_id(appeal_id))


async def _show(
    request: Request, desk: Desk, appeal_id: uuid.UUID, form: Form | None = None,
    error: CallTraceError | None = None,
) -> Response:  # fmt: skip
    case = await _case(desk, appeal_id)
    shown: dict[str, Any] = {"case": case, "form": form or Form(), "verdicts": judging.VERDICTS}
    return page(
        request, "reviews/appeal.html", status=error.status if error else 200, tab="appeals", **shown,
        error=error, mistakes=Mistakes.of(error, FIELDS) if error else NO_MISTAKES,
    )  # fmt: skip


async def _case(desk: Desk, appeal_id: uuid.UUID) -> Case:
    async with desk.open() as (session, reader):
        appeal = await appeals.find(session, reader, appeal_id)
        call = (await list_queries.listed_by_id(session, [appeal.analysis_id]))[appeal.analysis_id]
        names = await queries.known_users(session, [appeal.user_id] if appeal.user_id else [])
        line = criterion = None
        try:
            found = await pinned.shown(session, call.analysis, appeal.evaluation_id)
        except (EvaluationSupersededError, NothingToDecideError):
            found = None
        if found is not None:
            _machine, criterion = found.line(appeal.criterion_key)
            document = await asyncio.to_thread(Evaluation.model_validate, found.row.document)
            line = next(one for one in document.criteria if one.key == appeal.criterion_key)
        words = await queries.newest_words(session, appeal.evaluation_id)
        own = reader.agent_id is not None and reader.agent_id == call.analysis.agent_id
        word = next((one for one in words if one.criterion_key == appeal.criterion_key), None)
        against_self = word is not None and reader.is_same(word.actor_kind, word.actor_id)
        impartial = not own and appeal.user_id != reader.user_id
        return Case(
            appeal, call, names[0].email if names else "somebody", line, criterion, word,
            impartial and (reader.administers or not against_self),
        )  # fmt: skip


@router.post("/{appeal_id}")
async def decide(request: Request, appeal_id: str, desk: JudgesDeskDep, form: PostedDep) -> Response:
    """Uphold an appeal, with the verdict that holds instead, or reject it; both with a reason."""
    found = path_id(appeal_id)
    try:
        async with desk.open() as (session, judge):
            await appeals.decide(session, judge, found, _ruling(form))
    except _SHOWN_AGAIN as error:
        return await _show(request, desk, found, form, error)
    return RedirectResponse(f"{PATH}/{found}?done=appeal-decided", 303)


def _ruling(form: Form) -> Ruling:
    match form.text("outcome"):
        case "upheld":
            return Ruling(
                "upheld", judging.reason(form), judging.verdict(form), judging.points(form),
                revision=judging.revision(form),
            )  # fmt: skip
        case "rejected":
            return Ruling("rejected", judging.reason(form))
        case _:
            raise judging.wrong("outcome", Words("Uphold the appeal, or reject it."))
