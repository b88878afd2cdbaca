"""``/api/v1/analyses``: create, read, list."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from calltrace.analyses import queries, read, submit
from calltrace.analyses.document import AnalysisDocument
from calltrace.api.body import read_json
from calltrace.api.deps import PlatformDep, Reader, Writer, only_known, path_id
from calltrace.api.filters import SEARCHED_PARAMETERS, SearchFilters
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position, as_json
from calltrace.api.schemas import AnalysisAccepted, AnalysisList, AnalysisRequest
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.json_list import json_list
from calltrace.kit.json_text import dumps

_AT_ONCE = 50
"""So many are in memory together: of four hours each they are a hundred megabytes."""
router = APIRouter(prefix="/analyses", tags=["Analyses"])


@router.post(
    "",
    status_code=202,
    responses=problems(400, 401, 403, 409, 413, 422, 500, 503),
    openapi_extra=json_body(AnalysisRequest),
)
async def create_analysis(
    request: Request,
    response: Response,
    platform: PlatformDep,
    principal: Writer,
    idempotency_key: Annotated[str | None, Header(max_length=255, min_length=1)] = None,
) -> AnalysisAccepted:
    """Queue a recording for analysis and answer at once."""
    wanted = await read_json(request, AnalysisRequest)
    key = _one_key(wanted.idempotency_key, idempotency_key)
    accepted = await submit.submit(
        platform.intake, principal.org_id, principal.key_id, wanted.submission(key, principal.mode)
    )
    if accepted.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return AnalysisAccepted(analysis_id=str(accepted.analysis_id), external_id=accepted.external_id)


def _one_key(in_body: str | None, in_header: str | None) -> str | None:
    if in_body is not None and in_header is not None and in_body != in_header:
        detail = "idempotencyKey and the header Idempotency-Key differ."
        raise InvalidRequestError(detail, errors=[FieldError("/idempotencyKey", detail)])
    return in_body if in_body is not None else in_header


@router.get("/{analysis_id}", response_model=AnalysisDocument, responses=problems(401, 403, 404, 500, 503))
async def get_analysis(analysis_id: str, platform: PlatformDep, principal: Reader) -> Response:
    """The latest status and every result that is known so far."""
    async with platform.database.tenant(principal.org_id) as session:
        found = await read.find(session, path_id(analysis_id), principal.mode)
    return await as_json(lambda: read.as_json(found, platform.links))


@router.get("", response_model=AnalysisList, responses=problems(400, 401, 403, 500, 503))
async def list_analyses(
    request: Request,
    platform: PlatformDep,
    principal: Reader,
    filters: SearchFilters,
    limit: Limit = 50,
    cursor: Position = None,
) -> Response:
    """Analyses of the key's organisation, newest first. A long page is sent as it is read."""
    only_known(request, SEARCHED_PARAMETERS)
    wanted = replace(filters, mode=principal.mode)
    async with platform.database.tenant(principal.org_id) as session:
        chosen, following = await read.page(session, wanted, cursor=cursor, limit=limit)

    async def write(some: Sequence[uuid.UUID]) -> bytes:
        async with platform.database.tenant(principal.org_id) as session:
            found = await queries.whole(session, some)
        return await asyncio.to_thread(read.written, found, platform.links)

    after = b'],"nextCursor":%s}' % dumps(following)
    return await json_list(chosen, write, b'{"data":[', after, at_once=_AT_ONCE)
