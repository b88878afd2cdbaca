"""``/api/v1/analyses/{id}/comments``: notes of people on a call, a segment or a criterion."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, StringConstraints

from calltrace.api.body import read_json
from calltrace.api.deps import only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.overrides import ByDocument, Key
from calltrace.api.parameters import Limit, Position
from calltrace.api.reviewing import ONE, PAGE, ReadingDesk, WritingDesk, as_page
from calltrace.api.schemas import Wire
from calltrace.reviews import comments, shown
from calltrace.reviews.comments import LONGEST_TEXT, Edit, Note

router = APIRouter(prefix="/analyses/{analysis_id}/comments", tags=["Reviews"])
Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Visibility = Literal["internal", "agent"]
VISIBILITY = "`agent`: the agent of the call may see it; `internal`: only those who judge."


class CommentRequest(Wire):
    """``POST /analyses/{id}/comments``: on a segment, on a criterion, or on the call."""

    text: Text = Field(examples=["Ask for the account number earlier."])
    segment_id: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    criterion_key: Key | None = Field(None, examples=[None])
    visibility: Visibility | None = Field(None, description=VISIBILITY)


class CommentChanges(Wire):
    """``PATCH``: null leaves what is there."""

    text: Text | None = Field(None, examples=["Ask for it earlier."])
    visibility: Visibility | None = Field(None, description=VISIBILITY)


class CommentDocument(Wire):
    """One comment."""

    id: str
    analysis_id: str
    segment_id: str | None
    criterion_key: str | None
    text: str
    visibility: Visibility
    author: ByDocument
    created_at: str
    edited_at: str | None


class CommentList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[CommentDocument]
    next_cursor: str | None


def _shared(visibility: Visibility | None) -> bool | None:
    return None if visibility is None else visibility == "agent"


@router.post(
    "", status_code=201, response_model=CommentDocument,
    responses=problems(400, 401, 403, 404, 413, 500, 503), openapi_extra=json_body(CommentRequest),
)  # fmt: skip
async def add_comment(request: Request, analysis_id: str, desk: WritingDesk) -> Response:
    """Write a comment; it is internal unless an agent writes it or `visibility` says otherwise."""
    only_known(request, ONE)
    wanted = await read_json(request, CommentRequest)
    note = Note(wanted.text, wanted.segment_id, wanted.criterion_key, _shared(wanted.visibility))
    async with desk.open() as (session, who):
        return JSONResponse(shown.comment(await comments.add(session, who, path_id(analysis_id), note)), 201)


@router.get("", response_model=CommentList, responses=problems(400, 401, 403, 404, 500, 503))
async def list_comments(
    request: Request, analysis_id: str, desk: ReadingDesk, limit: Limit = 50, cursor: Position = None
) -> Response:
    """The comments that may be seen, newest first."""
    only_known(request, PAGE)
    async with desk.open() as (session, who):
        found, following = await comments.page(session, who, path_id(analysis_id), cursor=cursor, limit=limit)
    return as_page(found, following, shown.comment)


@router.patch(
    "/{comment_id}", response_model=CommentDocument,
    responses=problems(400, 401, 403, 404, 413, 500, 503), openapi_extra=json_body(CommentChanges),
)  # fmt: skip
async def edit_comment(request: Request, analysis_id: str, comment_id: str, desk: WritingDesk) -> Response:
    """Change an own comment."""
    only_known(request, ONE)
    wanted = await read_json(request, CommentChanges)
    edit = Edit(wanted.text, _shared(wanted.visibility))
    async with desk.open() as (session, who):
        row = await comments.edit(session, who, path_id(analysis_id), path_id(comment_id), edit)
        return JSONResponse(shown.comment(row))


@router.delete("/{comment_id}", status_code=204, responses=problems(400, 401, 403, 404, 500, 503))
async def delete_comment(request: Request, analysis_id: str, comment_id: str, desk: WritingDesk) -> None:
    """Delete an own comment."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        await comments.remove(session, who, path_id(analysis_id), path_id(comment_id))
