"""``/api/v1/appeals`` and acknowledgements: what agents do with results of their own calls."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from calltrace.api.body import read_json
from calltrace.api.deps import only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.overrides import Key, Reason, VerdictRequest
from calltrace.api.parameters import Limit, Position
from calltrace.api.reviewing import ONE, PAGE, ReadingDesk, WritingDesk, as_page
from calltrace.api.schemas import Wire
from calltrace.reviews import appeals, shown
from calltrace.reviews.appeals import Outcome, Ruling, State

router = APIRouter(prefix="/appeals", tags=["Reviews"])
acknowledgements = APIRouter(prefix="/analyses/{analysis_id}/acknowledgements", tags=["Reviews"])


class AppealRequest(Wire):
    """``POST /appeals``; `userId` says which agent's."""

    analysis_id: uuid.UUID = Field(strict=False)
    criterion_key: Key = Field(examples=["greeting"])
    reason: Reason = Field(min_length=1, examples=["I did say my name."])


class RulingRequest(VerdictRequest):
    """``POST /appeals/{id}/decision``: an upheld appeal says what holds instead, as an override does."""

    outcome: Outcome = Field(examples=["rejected"])
    reason: Reason = Field(min_length=1, examples=["The recording has no name."])
    revision: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        None, description="Of an upheld one: the criterion's `human.revision` as it was seen; 0 without one."
    )


class AppealDocument(Wire):
    """An appeal."""

    id: str
    analysis_id: str
    evaluation_id: str
    criterion_key: str
    user_id: str | None
    reason: str
    state: State
    decided_at: str | None = Field(examples=[None])
    decided_by: str | None = Field(examples=[None])
    decision_reason: str | None = Field(examples=[None])
    override_id: str | None = Field(examples=[None])
    created_at: str


class AppealList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[AppealDocument]
    next_cursor: str | None


class AcknowledgementDocument(Wire):
    """An agent has seen a result."""

    id: str
    analysis_id: str
    evaluation_id: str
    user_id: str
    created_at: str


class AcknowledgementList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[AcknowledgementDocument]
    next_cursor: str | None


@router.post(
    "", status_code=201, response_model=AppealDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503), openapi_extra=json_body(AppealRequest),
)  # fmt: skip
async def make_appeal(request: Request, desk: WritingDesk) -> Response:
    """Appeal one criterion of a result, as the agent of the call."""
    only_known(request, ONE)
    wanted = await read_json(request, AppealRequest)
    async with desk.open() as (session, who):
        made = await appeals.make(session, who, wanted.analysis_id, wanted.criterion_key, wanted.reason)
        return JSONResponse(shown.appeal(made), 201)


@router.get("", response_model=AppealList, responses=problems(400, 401, 403, 500, 503))
async def list_appeals(
    request: Request,
    desk: ReadingDesk,
    state: Annotated[State | None, Query()] = None,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """Appeals, as far as their calls may be seen, newest first."""
    only_known(request, PAGE | {"state"})
    async with desk.open() as (session, who):
        found, following = await appeals.page(session, who, state, cursor=cursor, limit=limit)
    return as_page(found, following, shown.appeal)


@router.get("/{appeal_id}", response_model=AppealDocument, responses=problems(400, 401, 403, 404, 500, 503))
async def get_appeal(request: Request, appeal_id: str, desk: ReadingDesk) -> Response:
    """One appeal."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        return JSONResponse(shown.appeal(await appeals.find(session, who, path_id(appeal_id))))


@router.post(
    "/{appeal_id}/decision", response_model=AppealDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503), openapi_extra=json_body(RulingRequest),
)  # fmt: skip
async def decide_appeal(request: Request, appeal_id: str, desk: WritingDesk) -> Response:
    """Uphold an appeal, which overrides the criterion, or reject it."""
    only_known(request, ONE)
    wanted = await read_json(request, RulingRequest)
    ruling = Ruling(
        wanted.outcome, wanted.reason, wanted.verdict, wanted.points, wanted.quotes(), wanted.revision
    )
    async with desk.open() as (session, who):
        return JSONResponse(shown.appeal(await appeals.decide(session, who, path_id(appeal_id), ruling)))


@acknowledgements.post(
    "", response_model=AcknowledgementDocument, responses=problems(400, 401, 403, 404, 409, 500, 503)
)
async def acknowledge_result(request: Request, analysis_id: str, desk: WritingDesk) -> Response:
    """Say, as the agent of the call, that the result was seen."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        made = await appeals.acknowledge(session, who, path_id(analysis_id))
        return JSONResponse(shown.acknowledgement(made))


@acknowledgements.get(
    "", response_model=AcknowledgementList, responses=problems(400, 401, 403, 404, 500, 503)
)
async def list_acknowledgements(
    request: Request, analysis_id: str, desk: ReadingDesk, limit: Limit = 50, cursor: Position = None
) -> Response:
    """Who has seen results of the call, newest first."""
    only_known(request, PAGE)
    async with desk.open() as (session, who):
        found, following = await appeals.acknowledgements(
            session, who, path_id(analysis_id), cursor=cursor, limit=limit
        )
    return as_page(found, following, shown.acknowledgement)
