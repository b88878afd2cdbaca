"""``/api/v1/review-settings``: what the organisation sets for appeals and agreement."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from calltrace.api.body import read_json
from calltrace.api.deps import only_known
from calltrace.api.openapi import json_body, problems
from calltrace.api.reviewing import ONE, LiveDesk, ReadingDesk
from calltrace.api.schemas import Wire
from calltrace.reviews import policy, shown

router = APIRouter(prefix="/review-settings", tags=["Reviews"])
APPEALS = "Days in which an agent may appeal, from when the result was there."
AGREEMENT = "A criterion under this kappa grades no more and only suggests; null: never."
DECISIONS = "How many decisions of people it takes to say so."
Kappa = Annotated[float, Field(ge=-1, le=1)]


class SettingsDocument(Wire):
    """What holds."""

    appeal_days: int = Field(description=APPEALS, examples=[7])
    least_agreement: float | None = Field(description=AGREEMENT, examples=[0.4])
    least_decisions: int = Field(description=DECISIONS, examples=[30])


class SettingsChanges(Wire):
    """``PATCH /review-settings``: only what is sent counts."""

    appeal_days: Annotated[int, Field(ge=0, le=365)] = Field(7, description=APPEALS)
    least_agreement: Kappa | None = Field(None, description=AGREEMENT, examples=[0.4])
    least_decisions: Annotated[int, Field(ge=2, le=200)] = Field(30, description=DECISIONS)


@router.get("", response_model=SettingsDocument, responses=problems(400, 401, 403, 500, 503))
async def get_review_settings(request: Request, desk: ReadingDesk) -> Response:
    """What holds for reviews."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        return JSONResponse(shown.settings(await policy.read(session, who.org_id)))


@router.patch(
    "", response_model=SettingsDocument, responses=problems(400, 401, 403, 413, 500, 503),
    openapi_extra=json_body(SettingsChanges),
)  # fmt: skip
async def change_review_settings(request: Request, desk: LiveDesk) -> Response:
    """Change the fields that are sent."""
    only_known(request, ONE)
    wanted = await read_json(request, SettingsChanges)
    async with desk.open() as (session, who):
        values = wanted.model_dump(include=wanted.model_fields_set)
        return JSONResponse(shown.settings(await policy.change(session, who, values)))
