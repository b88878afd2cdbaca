"""``/api/v1/surveys``: what customers answered after a call, one by one or as a file."""

import uuid
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, StringConstraints

from calltrace.accounts.keys import Principal
from calltrace.analyses import survey_files, survey_lists, surveys
from calltrace.analyses.survey_fields import Reason, Score, State, SurveyFields, shown, stored
from calltrace.analyses.survey_files import MOST_BYTES
from calltrace.analyses.survey_lines import SurveyFileTooLargeError
from calltrace.analyses.survey_lists import Filters
from calltrace.api.body import read_json
from calltrace.api.deps import ActorDep, PlatformDep, only_known, path_id, scoped
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Moment, Position
from calltrace.api.problems import UnsupportedContentTypeError
from calltrace.api.schemas import Wire
from calltrace.conversations.models import Survey
from calltrace.kit import clock
from calltrace.kit.storable import Storable
from calltrace.recordings.arriving import IDLE_SECONDS, arriving

router = APIRouter(prefix="/surveys", tags=["Surveys"])
SurveyReader = Annotated[Principal, Security(scoped("surveys:read"), scopes=["surveys:read"])]
SurveyWriter = Annotated[Principal, Security(scoped("surveys:write"), scopes=["surveys:write"])]
LIST_PARAMETERS = frozenset(
    {"externalId", "callId", "conversationId", "state", "from", "to", "limit", "cursor"}
)
_IN_MEMORY = 1024 * 1024
_CSV = (
    "externalId,callExternalId,answeredAt,answer: How satisfied are you?,score: How satisfied are you?\n"
    "s-1,crm-call-123,2026-03-01T10:05:00Z,Very,5\n"
)
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True, "content": {"text/csv": {"schema": {"type": "string"}, "example": _CSV}},
    }
}  # fmt: skip


class Answer(Wire):
    """One question as it was answered; the score is on your own scale."""

    question: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = Field(
        examples=["How satisfied are you?"]
    )
    answer: Annotated[str, StringConstraints(max_length=5000)] | None = Field(None, examples=["Very"])
    score: Score | None = Field(None, examples=[5])


class SurveyRequest(SurveyFields):
    """``POST /surveys``; counts, state and score follow from the answers where they are left out."""

    model_config = ConfigDict(strict=True)
    responses: Annotated[list[Answer], Field(max_length=500)] = Field(default_factory=list[Answer])


class SurveyDocument(Wire):
    """A survey; `score` is on your own scale: the mean of the answers' scores where you gave none."""

    id: str
    external_id: str | None
    call_id: str | None
    conversation_id: str | None
    state: State
    completion_reason: Reason | None
    total_questions: int
    questions_answered: int
    score: float | None
    responses: list[Answer]
    answered_at: str | None
    created_at: str


class SurveyList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[SurveyDocument]
    next_cursor: str | None


class SurveysImported(Wire):
    """What came of a file."""

    created: int
    updated: int


@router.post(
    "", status_code=201, response_model=SurveyDocument,
    responses={
        200: {"model": SurveyDocument, "description": "The call had one already, which is now as told."},
        **problems(400, 401, 403, 409, 413, 500, 503),
    },
    openapi_extra=json_body(SurveyRequest),
)  # fmt: skip
async def create_survey(
    request: Request, platform: PlatformDep, principal: SurveyWriter, actor: ActorDep
) -> Response:
    """Put down what a customer answered after a call. It changes no score of the call.

    A call has one survey: telling of it again, under the same `externalId`, puts it in place (200).
    """
    body = await read_json(request, SurveyRequest)
    told = body.told([one.model_dump() for one in body.responses])
    async with platform.database.tenant(principal.org_id) as session:
        row, new = await surveys.receive(session, principal.org_id, actor, principal.mode, told)
        made = _shown(row)
    headers = {"Location": f"{request.url.path}/{row.id}"}
    return JSONResponse(made, 201 if new else 200, headers=headers)


@router.post(
    "/import", response_model=SurveysImported, responses=problems(400, 401, 403, 413, 500, 503),
    openapi_extra=_FILE,
)  # fmt: skip
async def import_surveys(
    request: Request, platform: PlatformDep, principal: SurveyWriter, actor: ActorDep
) -> Response:
    """Take a CSV file in, one survey a line: all of it, or nothing; `errors` say which lines are wrong.

    The first line names the columns: one of `callExternalId`, `callId` and `conversationId`, any of
    `externalId`, `state`, `completionReason`, `answeredAt`, `score`, `totalQuestions`, `questionsAnswered`,
    and for each question `answer: QUESTION`, `score: QUESTION` or both.
    """
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared != "text/csv":
        raise UnsupportedContentTypeError("Send the file as text/csv.")
    with SpooledTemporaryFile(_IN_MEMORY) as file:
        size = 0
        async for chunk in arriving(request, IDLE_SECONDS):
            size += len(chunk)
            if size > MOST_BYTES:
                raise SurveyFileTooLargeError(f"A file has at most {MOST_BYTES} bytes.")
            file.write(chunk)
        file.seek(0)
        made = await survey_files.take(platform.database, principal.org_id, actor, principal.mode, file)
    return JSONResponse({"created": made.created, "updated": made.updated})


async def filters(
    external_id: Annotated[Storable | None, Query(alias="externalId", max_length=255)] = None,
    call_id: Annotated[uuid.UUID | None, Query(alias="callId")] = None,
    conversation_id: Annotated[uuid.UUID | None, Query(alias="conversationId")] = None,
    state: Annotated[State | None, Query()] = None,
    created_from: Annotated[Moment | None, Query(alias="from", description="createdAt, inclusive")] = None,
    created_to: Annotated[Moment | None, Query(alias="to", description="createdAt, inclusive")] = None,
) -> Filters:
    """The filters of a list."""
    return Filters(
        external_id=external_id, call_id=call_id, conversation_id=conversation_id, state=stored(state),
        created_from=created_from, created_to=created_to,
    )  # fmt: skip


@router.get("", response_model=SurveyList, responses=problems(400, 401, 403, 500, 503))
async def list_surveys(
    request: Request, platform: PlatformDep, principal: SurveyReader,
    wanted: Annotated[Filters, Depends(filters)], limit: Limit = 50, cursor: Position = None,
) -> Response:  # fmt: skip
    """Surveys, newest first."""
    only_known(request, LIST_PARAMETERS)
    wanted = replace(wanted, mode=principal.mode)
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await survey_lists.page(session, wanted, cursor=cursor, limit=limit)
    return JSONResponse({"data": [_shown(one) for one in found], "nextCursor": following})


@router.get("/{survey_id}", response_model=SurveyDocument, responses=problems(401, 403, 404, 500, 503))
async def get_survey(survey_id: str, platform: PlatformDep, principal: SurveyReader) -> Response:
    """One survey, by id."""
    async with platform.database.tenant(principal.org_id) as session:
        return JSONResponse(_shown(await survey_lists.find(session, path_id(survey_id), principal.mode)))


@router.delete("/{survey_id}", status_code=204, responses=problems(401, 403, 404, 500, 503))
async def delete_survey(
    survey_id: str, platform: PlatformDep, principal: SurveyWriter, actor: ActorDep
) -> None:
    """Delete a survey; its call stays."""
    async with platform.database.tenant(principal.org_id) as session:
        await survey_lists.delete(session, actor, path_id(survey_id), principal.mode)


def _shown(row: Survey) -> dict[str, Any]:
    return {
        "id": str(row.id), "externalId": row.external_id,
        "callId": str(row.analysis_id) if row.analysis_id else None,
        "conversationId": str(row.conversation_id) if row.conversation_id else None,
        "state": shown(row.state), "completionReason": shown(row.completion_reason),
        "totalQuestions": row.total_questions, "questionsAnswered": row.questions_answered,
        "score": row.calculated_score, "responses": row.responses,
        "answeredAt": clock.iso(row.answered_at) if row.answered_at else None,
        "createdAt": clock.iso(row.created_at),
    }  # fmt: skip
