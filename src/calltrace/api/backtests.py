"""``/api/v1/scorecards/{id}/backtests``: what a version would have made of past calls."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from calltrace.api.batch_models import (
    BacktestCallList,
    BacktestDocument,
    BacktestItem,
    BacktestList,
    BacktestRequest,
)
from calltrace.api.batches import CallPageDep
from calltrace.api.body import has_body, read_json
from calltrace.api.deps import PlatformDep, Reader, Writer, only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.resources import RowId
from calltrace.batches import service, shown, table
from calltrace.batches.service import BACKTEST
from calltrace.kit.attachments import attachment
from calltrace.scorecards import versions

router = APIRouter(prefix="/scorecards/{id}/backtests", tags=["Scorecards"])
_CSV = "text/csv; charset=utf-8; header=present"


@router.post(
    "",
    status_code=202,
    response_model=BacktestItem,
    responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(BacktestRequest, required=False),
)
async def begin_backtest(
    row_id: RowId, request: Request, platform: PlatformDep, principal: Writer
) -> Response:
    """Judge past calls by a draft or another version, as it is now.

    Nothing of the calls changes: neither what they show nor any list, and no webhook is sent.
    """
    nothing = BacktestRequest.model_validate({})
    wanted = await read_json(request, BacktestRequest) if has_body(request) else nothing
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.backtest(
            session, wanted.asked_by(principal), path_id(row_id), wanted.version, wanted.against
        )
        return JSONResponse((await shown.items(session, [batch]))[0], 202)


@router.get("", response_model=BacktestList, responses=problems(400, 401, 403, 404, 500, 503))
async def list_backtests(
    row_id: RowId,
    request: Request,
    platform: PlatformDep,
    principal: Reader,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """All back-tests of a scorecard, newest first."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        stored = await versions.current(session, path_id(row_id))
        found, following = await service.page(
            session, BACKTEST, principal.mode, stored.row.id, cursor=cursor, limit=limit
        )
        return JSONResponse({"data": await shown.items(session, found), "nextCursor": following})


@router.get("/{backtest_id}", response_model=BacktestDocument, responses=problems(401, 403, 404, 500, 503))
async def get_backtest(row_id: RowId, backtest_id: str, platform: PlatformDep, principal: Reader) -> Response:
    """How far a back-test is, and what it has found so far."""
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find_backtest(session, path_id(row_id), path_id(backtest_id), principal.mode)
        return JSONResponse(await shown.backtest(session, batch))


@router.get(
    "/{backtest_id}/calls",
    response_model=BacktestCallList,
    responses=problems(400, 401, 403, 404, 500, 503),
)
async def list_backtest_calls(
    row_id: RowId,
    request: Request,
    backtest_id: str,
    platform: PlatformDep,
    principal: Reader,
    part: CallPageDep,
) -> Response:
    """The calls of a back-test in their order, each with score and verdicts before and after."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find_backtest(session, path_id(row_id), path_id(backtest_id), principal.mode)
        found, last = await shown.calls(session, batch, above=part.above, limit=part.limit)
    following = None if last is None else str(last)
    return await as_json(
        lambda: {"data": [shown.backtest_call(one) for one in found], "nextCursor": following}
    )


@router.get(
    "/{backtest_id}/calls.csv",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "RFC 4180."},
        **problems(401, 403, 404, 500, 503),
    },
)
async def export_backtest_calls(
    row_id: RowId, backtest_id: str, platform: PlatformDep, principal: Reader
) -> Response:
    """The same as one file: a line for each call, two columns for each criterion of this version."""
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find_backtest(session, path_id(row_id), path_id(backtest_id), principal.mode)
    headers = {"Content-Disposition": attachment(f"backtest-{batch.id}", "backtest", "csv")}
    rows = table.csv_of(platform.database, principal.org_id, batch)
    return StreamingResponse(rows, media_type=_CSV, headers=headers)


@router.post(
    "/{backtest_id}/cancel", response_model=BacktestItem, responses=problems(401, 403, 404, 409, 500, 503)
)
async def cancel_backtest(
    row_id: RowId, backtest_id: str, platform: PlatformDep, principal: Writer
) -> Response:
    """Judge no further call; what was found stays."""
    async with platform.database.tenant(principal.org_id) as session:
        batch = await service.find_backtest(session, path_id(row_id), path_id(backtest_id), principal.mode)
        return JSONResponse((await shown.items(session, [await service.cancel(session, batch)]))[0])
