"""``/api/v1/analyses/{id}/evaluations``: evaluate again what was heard, and all that came of it."""

import uuid
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from calltrace.analyses import evaluations
from calltrace.analyses.evaluations import EvaluationDocument, Wish
from calltrace.analyses.models import EvaluationRow
from calltrace.api.body import has_body, read_json
from calltrace.api.deps import PlatformDep, Reader, Writer, only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.schemas import Wire
from calltrace.kit import clock

router = APIRouter(prefix="/analyses/{analysis_id}/evaluations", tags=["Analyses"])


class EvaluationRequest(Wire):
    """``POST /analyses/{id}/evaluations``; the whole body may be left out."""

    scorecard_id: uuid.UUID | None = Field(
        None, strict=False, description="Null: the scorecard that the queue chooses now, else the default."
    )


class EvaluationAccepted(Wire):
    """The 202."""

    evaluation_id: str
    analysis_id: str
    status: Literal["queued"] = "queued"
    created_at: str

    @classmethod
    def of(cls, row: EvaluationRow) -> "EvaluationAccepted":
        """The evaluation that was asked for."""
        return cls(
            evaluation_id=str(row.id), analysis_id=str(row.analysis_id), created_at=clock.iso(row.created_at)
        )


class EvaluationList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[EvaluationDocument]
    next_cursor: str | None


@router.post(
    "",
    status_code=202,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(EvaluationRequest, required=False),
)
async def evaluate_again(
    request: Request, analysis_id: str, platform: PlatformDep, principal: Writer
) -> EvaluationAccepted:
    """Evaluate again, without hearing the recording again.

    While the same is still to be done, the same evaluation is answered. Once it is completed the analysis
    shows it; if it fails, the analysis goes on showing the one before. No webhook tells of it.
    """
    nothing = EvaluationRequest.model_validate({})
    wanted = await read_json(request, EvaluationRequest) if has_body(request) else nothing
    wish = Wish(path_id(analysis_id), principal.mode, wanted.scorecard_id, principal.key_id)
    async with platform.database.tenant(principal.org_id) as session:
        row = await evaluations.ask(session, principal.org_id, wish)
    return EvaluationAccepted.of(row)


@router.get("", response_model=EvaluationList, responses=problems(400, 401, 403, 404, 500, 503))
async def list_evaluations(
    request: Request,
    analysis_id: str,
    platform: PlatformDep,
    principal: Reader,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """All evaluations of an analysis, newest first, the first one included."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await evaluations.page(
            session, path_id(analysis_id), principal.mode, cursor=cursor, limit=limit
        )
    return await as_json(
        lambda: {"data": [evaluations.as_json(one) for one in found], "nextCursor": following}
    )


@router.get(
    "/{evaluation_id}", response_model=EvaluationDocument, responses=problems(401, 403, 404, 500, 503)
)
async def get_evaluation(
    analysis_id: str, evaluation_id: str, platform: PlatformDep, principal: Reader
) -> Response:
    """One evaluation: how far it is, and what it says."""
    async with platform.database.tenant(principal.org_id) as session:
        found = await evaluations.find(session, path_id(analysis_id), path_id(evaluation_id), principal.mode)
    return await as_json(lambda: evaluations.as_json(found))
