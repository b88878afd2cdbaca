"""``/api/v1/reviews``: the queue of calls that people look at."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from calltrace.api.body import has_body, read_json
from calltrace.api.deps import only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.overrides import Reason
from calltrace.api.parameters import Limit, Position
from calltrace.api.reviewing import ONE, PAGE, ReadingDesk, WritingDesk, as_page
from calltrace.api.schemas import Wire
from calltrace.reviews import queue, shown
from calltrace.reviews.queue import State
from calltrace.reviews.rules import RuleKind

router = APIRouter(prefix="/reviews", tags=["Reviews"])
CHANGES = problems(400, 401, 403, 404, 409, 500, 503)
BODIES = problems(400, 401, 403, 404, 409, 413, 500, 503)


class ReasonDocument(Wire):
    """The rule that put a call on the queue, as it was named then."""

    rule_id: str
    kind: RuleKind
    name: str


class ReviewDocument(Wire):
    """A call on the queue. `claimedBy` has it until `claimedUntil`; then anybody may take it."""

    id: str
    analysis_id: str
    state: State
    reasons: list[ReasonDocument]
    assignee_id: str | None
    claimed_by: str | None = Field(examples=[None])
    claimed_until: str | None = Field(examples=[None])
    finished_at: str | None = Field(examples=[None])
    finished_by: str | None = Field(examples=[None])
    reason: str | None
    created_at: str


class ReviewList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[ReviewDocument]
    next_cursor: str | None


class AssignmentRequest(Wire):
    """``POST /reviews/{id}/assign``."""

    assignee_id: uuid.UUID | None = Field(strict=False, description="A user; null: anybody may take it.")


class FinishRequest(Wire):
    """``POST /reviews/{id}/done``; the whole body may be left out."""

    reason: Reason | None = Field(None, description="A remark.")


class SkipRequest(Wire):
    """``POST /reviews/{id}/skip``."""

    reason: Reason = Field(min_length=1, examples=["A wrong number."])


@router.get("", response_model=ReviewList, responses=problems(400, 401, 403, 500, 503))
async def list_reviews(
    request: Request,
    desk: ReadingDesk,
    state: Annotated[State | None, Query()] = None,
    assignee_id: Annotated[uuid.UUID | None, Query(alias="assigneeId")] = None,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """The queue, as far as it may be seen, newest first."""
    only_known(request, PAGE | {"state", "assigneeId"})
    async with desk.open() as (session, who):
        found, following = await queue.page(session, who, state, assignee_id, cursor=cursor, limit=limit)
    return as_page(found, following, shown.review)


@router.get("/{review_id}", response_model=ReviewDocument, responses=problems(400, 401, 403, 404, 500, 503))
async def get_review(request: Request, review_id: str, desk: ReadingDesk) -> Response:
    """One call on the queue."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        return JSONResponse(shown.review(await queue.find(session, who, path_id(review_id))))


@router.post("/{review_id}/claim", response_model=ReviewDocument, responses=CHANGES)
async def claim_review(request: Request, review_id: str, desk: WritingDesk) -> Response:
    """Take a call for half an hour, or keep it for another one; `userId` says who."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        seen = await queue.claim(session, who, path_id(review_id))
        return JSONResponse(shown.review(seen))


@router.post("/{review_id}/release", response_model=ReviewDocument, responses=CHANGES)
async def release_review(request: Request, review_id: str, desk: WritingDesk) -> Response:
    """Let a call go."""
    only_known(request, ONE)
    async with desk.open() as (session, who):
        return JSONResponse(shown.review(await queue.release(session, who, path_id(review_id))))


@router.post(
    "/{review_id}/assign", response_model=ReviewDocument, responses=BODIES,
    openapi_extra=json_body(AssignmentRequest),
)  # fmt: skip
async def assign_review(request: Request, review_id: str, desk: WritingDesk) -> Response:
    """Say who is to review a call."""
    only_known(request, ONE)
    wanted = await read_json(request, AssignmentRequest)
    async with desk.open() as (session, who):
        seen = await queue.assign(session, who, path_id(review_id), wanted.assignee_id)
        return JSONResponse(shown.review(seen))


@router.post(
    "/{review_id}/done", response_model=ReviewDocument, responses=BODIES,
    openapi_extra=json_body(FinishRequest, required=False),
)  # fmt: skip
async def finish_review(request: Request, review_id: str, desk: WritingDesk) -> Response:
    """End a review, once every criterion is confirmed or overridden."""
    only_known(request, ONE)
    wanted = await read_json(request, FinishRequest) if has_body(request) else FinishRequest(reason=None)
    async with desk.open() as (session, who):
        seen = await queue.finish(session, who, path_id(review_id), wanted.reason)
        return JSONResponse(shown.review(seen))


@router.post(
    "/{review_id}/skip", response_model=ReviewDocument, responses=BODIES, openapi_extra=json_body(SkipRequest)
)
async def skip_review(request: Request, review_id: str, desk: WritingDesk) -> Response:
    """End a review without one, with a reason."""
    only_known(request, ONE)
    wanted = await read_json(request, SkipRequest)
    async with desk.open() as (session, who):
        return JSONResponse(shown.review(await queue.skip(session, who, path_id(review_id), wanted.reason)))
