"""``/api/v1/calibrations``: several people score one call, blind, and compare."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from calltrace.api.agreement import AgreementDocument
from calltrace.api.body import read_json
from calltrace.api.deps import only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.overrides import Key
from calltrace.api.parameters import Limit, Position
from calltrace.api.reviewing import ONE, PAGE, ReadingDesk, WritingDesk, as_page
from calltrace.api.schemas import Wire
from calltrace.evaluation.results import Settled
from calltrace.reviews import calibrations, shown
from calltrace.reviews.calibrations import FEWEST, MOST

router = APIRouter(prefix="/calibrations", tags=["Reviews"])
UserIds = Annotated[
    list[Annotated[uuid.UUID, Field(strict=False)]], Field(min_length=FEWEST, max_length=MOST)
]


class CalibrationRequest(Wire):
    """``POST /calibrations``."""

    analysis_id: uuid.UUID = Field(strict=False)
    member_ids: UserIds = Field(
        description="Users who may judge the call.",
        examples=[["6f6af4bb-4f23-4f3f-a87e-85f2f8322dc1", "7f6af4bb-4f23-4f3f-a87e-85f2f8322dc1"]],
    )


class AnswerRequest(Wire):
    """``POST /calibrations/{id}/answers``: every criterion of the evaluation."""

    verdicts: dict[Key, Settled] = Field(max_length=5000, examples=[{"greeting": "met"}])


class MemberDocument(Wire):
    """Somebody who was asked."""

    user_id: str
    submitted_at: str | None


class LineDocument(Wire):
    """One criterion: verdicts by user, percent of pairs that agree, percent that agree with the machine."""

    criterion_key: str
    machine_verdict: Settled
    verdicts: dict[str, Settled]
    percent: float | None
    machine_percent: float | None


class PairDocument(AgreementDocument):
    """Two people over all criteria."""

    user_ids: list[str]


class AgainstMachine(AgreementDocument):
    """One person and the machine over all criteria."""

    user_id: str


class ComparisonDocument(Wire):
    """How far those agree who have submitted; `alpha` is Krippendorff's over all criteria."""

    criteria: list[LineDocument]
    pairs: list[PairDocument]
    machine: list[AgainstMachine]
    alpha: float | None


class CalibrationDocument(Wire):
    """A session; `comparison` is null for whoever may not see it yet."""

    id: str
    analysis_id: str
    evaluation_id: str
    state: Literal["open", "closed"]
    criteria: list[str]
    members: list[MemberDocument]
    comparison: ComparisonDocument | None
    created_at: str
    closed_at: str | None


class CalibrationList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[CalibrationDocument]
    next_cursor: str | None


@router.post(
    "", status_code=201, response_model=CalibrationDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503), openapi_extra=json_body(CalibrationRequest),
)  # fmt: skip
async def begin_calibration(request: Request, desk: WritingDesk) -> Response:
    """Ask people to score a call."""
    only_known(request, ONE)
    wanted = await read_json(request, CalibrationRequest)
    async with desk.open() as (session, who):
        made = await calibrations.begin(session, who, wanted.analysis_id, wanted.member_ids)
    return JSONResponse(shown.calibration(await calibrations.compared(made)), 201)


@router.get("", response_model=CalibrationList, responses=problems(400, 401, 403, 500, 503))
async def list_calibrations(
    request: Request, desk: ReadingDesk, limit: Limit = 50, cursor: Position = None
) -> Response:
    """Sessions on calls that may be seen, newest first."""
    only_known(request, PAGE)
    async with desk.open() as (session, who):
        found, following = await calibrations.page(session, who, cursor=cursor, limit=limit)
    return as_page([await calibrations.compared(one) for one in found], following, shown.calibration)


@router.get(
    "/{calibration_id}", response_model=CalibrationDocument, responses=problems(400, 401, 403, 404, 500, 503)
)
async def get_calibration(request: Request, calibration_id: str, desk: ReadingDesk) -> Response:
    """One session, with the comparison once it may be seen."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        found = await calibrations.find(session, who, path_id(calibration_id))
    return JSONResponse(shown.calibration(await calibrations.compared(found)))


@router.post(
    "/{calibration_id}/answers", response_model=CalibrationDocument,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503), openapi_extra=json_body(AnswerRequest),
)  # fmt: skip
async def submit_answers(request: Request, calibration_id: str, desk: WritingDesk) -> Response:
    """Submit verdicts, once, as the person that `userId` names; then those of others are shown."""
    only_known(request, ONE)
    wanted = await read_json(request, AnswerRequest)
    async with desk.open() as (session, who):
        found = await calibrations.submit(session, who, path_id(calibration_id), wanted.verdicts)
    return JSONResponse(shown.calibration(await calibrations.compared(found)))


@router.post(
    "/{calibration_id}/close", response_model=CalibrationDocument,
    responses=problems(400, 401, 403, 404, 409, 500, 503),
)  # fmt: skip
async def close_calibration(request: Request, calibration_id: str, desk: WritingDesk) -> Response:
    """End a session; what was submitted counts as agreement with the machine."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        found = await calibrations.close(session, who, path_id(calibration_id))
    return JSONResponse(shown.calibration(await calibrations.compared(found)))
