"""``/api/v1/analyses/{id}/roles``: correcting who is the agent and who the customer."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from calltrace.analyses import speakers
from calltrace.analyses.speakers import Correction
from calltrace.api.body import has_body, read_json
from calltrace.api.deps import ActorDep, PlatformDep, Writer, path_id
from calltrace.api.evaluations import EvaluationAccepted
from calltrace.api.openapi import json_body, problems
from calltrace.api.schemas import Wire
from calltrace.speech.transcript import Role

router = APIRouter(prefix="/analyses/{analysis_id}/roles", tags=["Analyses"])

SpeakerId = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class RolesRequest(Wire):
    """``POST /analyses/{id}/roles``; the whole body may be left out."""

    speakers: dict[SpeakerId, Role] | None = Field(
        None, min_length=1, max_length=100, examples=[{"spk1": "customer", "spk2": "agent"}],
        description="By `speakerId`; who is not named keeps theirs. Null: agent and customer change places.",
    )  # fmt: skip


@router.post(
    "",
    status_code=202,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(RolesRequest, required=False),
)
async def correct_roles(
    request: Request, analysis_id: str, platform: PlatformDep, principal: Writer, actor: ActorDep
) -> EvaluationAccepted:
    """Swap agent and customer, or say who is who; the call is evaluated again, not heard again.

    Transcript and metrics change at once; the answer is the evaluation that follows. What was still to be
    evaluated with the old roles ends as `evaluation_superseded`. No webhook tells of it.
    """
    wanted = await read_json(request, RolesRequest) if has_body(request) else RolesRequest(speakers=None)
    correction = Correction(path_id(analysis_id), principal.mode, wanted.speakers, principal.key_id)
    async with platform.database.tenant(principal.org_id) as session:
        row = await speakers.correct(session, principal.org_id, actor, correction)
    return EvaluationAccepted.of(row)
