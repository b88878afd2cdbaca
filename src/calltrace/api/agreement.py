"""``/api/v1/agreement``: how far people agree with the machine, and which criteria are demoted for it."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from calltrace.api.body import read_json
from calltrace.api.deps import only_known
from calltrace.api.openapi import json_body, problems
from calltrace.api.overrides import Key
from calltrace.api.reviewing import ONE, LiveDesk, ReadingDesk
from calltrace.api.schemas import Wire
from calltrace.reviews import shown, standing

router = APIRouter(prefix="/agreement", tags=["Reviews"])


class AgreementDocument(Wire):
    """Two raters: how many verdicts, percent on which they agree, Cohen's kappa and its interval (95 %)."""

    n: int
    percent: float | None
    kappa: float | None = Field(
        description="Null where both say one single thing: nothing to tell chance from."
    )
    kappa_low: float | None
    kappa_high: float | None


class CriterionAgreement(AgreementDocument):
    """One criterion. In mode `suggest` its new results wait for a person (`suggested` in the evaluation)."""

    scorecard_id: str
    criterion_key: str
    mode: Literal["grade", "suggest"]
    changed_at: str | None
    lifted_at: str | None
    lifted_by: str | None


class AgreementList(Wire):
    """All criteria of a scorecard that people decided, by key."""

    data: list[CriterionAgreement]


class LiftRequest(Wire):
    """``POST /agreement/lift``."""

    scorecard_id: uuid.UUID = Field(strict=False)
    criterion_key: Key = Field(examples=["greeting"])


@router.get("", response_model=AgreementList, responses=problems(400, 401, 403, 500, 503))
async def list_agreement(
    request: Request, desk: ReadingDesk, scorecard_id: Annotated[uuid.UUID, Query(alias="scorecardId")]
) -> Response:
    """Agreement over the newest 200 decisions on each criterion, those of closed calibrations included."""
    only_known(request, ONE | {"scorecardId"})
    async with desk.open() as (session, who):
        who.require_judge()
        found = await standing.measured(session, scorecard_id)
    return JSONResponse({"data": [shown.criterion(one) for one in found]})


@router.post(
    "/lift", response_model=CriterionAgreement, responses=problems(400, 401, 403, 404, 413, 500, 503),
    openapi_extra=json_body(LiftRequest),
)  # fmt: skip
async def lift_demotion(request: Request, desk: LiveDesk) -> Response:
    """Let the machine grade a criterion again; only decisions made from now on count against it."""
    only_known(request, ONE)
    wanted = await read_json(request, LiftRequest)
    async with desk.open() as (session, who):
        found = await standing.lift(session, who, wanted.scorecard_id, wanted.criterion_key)
        return JSONResponse(shown.criterion(found))
