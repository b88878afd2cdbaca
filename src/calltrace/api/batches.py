"""``/api/v1/evaluation-batches``: many stored calls evaluated again, and how far that is."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator

from calltrace.api.batch_models import BatchCallList, BatchItem, BatchList, BatchRequest
from calltrace.api.body import has_body, read_json
from calltrace.api.deps import PlatformDep, Reader, Writer, only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.batches import service, shown
from calltrace.batches.service import EVALUATE
from calltrace.kit.errors import FieldError, InvalidRequestError

router = APIRouter(prefix="/evaluation-batches", tags=["Evaluation batches"])
_LONGEST = 9


def _place(text: str | None) -> str | None:
    if text is not None and not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        wrong = FieldError("/cursor", "Not a cursor that this API gave out.")
        raise InvalidRequestError("cursor is not valid.", errors=[wrong])
    return text


Place = Annotated[Position, AfterValidator(_place)]
"""The cursor of a list of calls in their order."""


@dataclass(frozen=True, slots=True)
class CallPage:
    """The calls of a batch from above a position."""

    above: int
    limit: int


async def call_page(limit: Limit = 50, cursor: Place = None) -> CallPage:
    """The parameters of a list of calls."""
    return CallPage(int(cursor or 0), limit)


CallPageDep = Annotated[CallPage, Depends(call_page)]


@router.post(
    "",
    status_code=202,
    response_model=BatchItem,
    responses=problems(400, 401, 403, 409, 413, 500, 503),
    openapi_extra=json_body(BatchRequest, required=False),
)
async def evaluate_in_bulk(request: Request, platform: PlatformDep, principal: Writer) -> Response:
    """Evaluate many calls again, one after the other, without hearing them again.

    Each gets an ordinary evaluation, once; new calls are not held up. No webhook tells of it.
    """
    nothing = BatchRequest.model_validate({})
    wanted = await read_json(request, BatchRequest) if has_body(request) else nothing
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.evaluate(session, wanted.asked_by(principal), wanted.scorecard_id)
        return JSONResponse((await shown.items(session, [batch]))[0], 202)


@router.get("", response_model=BatchList, responses=problems(400, 401, 403, 500, 503))
async def list_batches(
    request: Request,
    platform: PlatformDep,
    principal: Reader,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """All batches, newest first."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await service.page(session, EVALUATE, principal.mode, cursor=cursor, limit=limit)
        return JSONResponse({"data": await shown.items(session, found), "nextCursor": following})


@router.get("/{batch_id}", response_model=BatchItem, responses=problems(401, 403, 404, 500, 503))
async def get_batch(batch_id: str, platform: PlatformDep, principal: Reader) -> Response:
    """How far a batch is."""
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find(session, path_id(batch_id), EVALUATE, principal.mode)
        return JSONResponse((await shown.items(session, [batch]))[0])


@router.get(
    "/{batch_id}/calls", response_model=BatchCallList, responses=problems(400, 401, 403, 404, 500, 503)
)
async def list_batch_calls(
    request: Request,
    batch_id: str,
    platform: PlatformDep,
    principal: Reader,
    part: CallPageDep,
) -> Response:
    """The calls of a batch in the order in which they are evaluated, each with its evaluation."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find(session, path_id(batch_id), EVALUATE, principal.mode)
        found, last = await shown.calls(session, batch, above=part.above, limit=part.limit)
    following = None if last is None else str(last)
    return await as_json(lambda: {"data": [shown.batch_call(one) for one in found], "nextCursor": following})


@router.post("/{batch_id}/cancel", response_model=BatchItem, responses=problems(401, 403, 404, 409, 500, 503))
async def cancel_batch(batch_id: str, platform: PlatformDep, principal: Writer) -> Response:
    """Evaluate no further call; what was made stays."""
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find(session, path_id(batch_id), EVALUATE, principal.mode)
        return JSONResponse((await shown.items(session, [await service.cancel(session, batch)]))[0])
