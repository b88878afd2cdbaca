"""``/api/v1/exports``: insights as files, made in the background and fetched by a signed link."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import organisation
from calltrace.accounts.keys import Principal
from calltrace.api.body import read_json
from calltrace.api.deps import ActorDep, PlatformDep, only_known, path_id, scoped
from calltrace.api.insights import Days, PeriodDocument
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Position
from calltrace.api.recordings import SignedLink, signed_link
from calltrace.api.schemas import Wire
from calltrace.insights import exports, queries
from calltrace.insights.export_files import MEDIA_TYPES, Format
from calltrace.insights.export_rows import Kind, Subject
from calltrace.insights.exports import Asked
from calltrace.insights.period import Bucket
from calltrace.insights.queries import Narrowing
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.links import LinkSigner
from calltrace.recordings.playing import begun

MOST_IDS = 1000
router = APIRouter(prefix="/exports", tags=["Insights"])
InsightExporter = Annotated[Principal, Security(scoped("insights:export"), scopes=["insights:export"])]
Id = Annotated[uuid.UUID, Field(strict=False)]
Day = Annotated[date, Field(strict=False)]
_ROWS: dict[str, Any] = {
    "schema": {"type": "array", "items": {"type": "object"}},
    "example": [{"queue": "Renewals", "calls": 12, "averageScore": 84.5}],
}
FILE: dict[str, Any] = {
    "content": {
        kind: _ROWS if kind == "application/json" else {}
        for kind in (one.partition(";")[0] for one in MEDIA_TYPES.values())
    }
}


class ExportRequest(Wire):
    """``POST /exports``: what, as which kind of file, of which calls."""

    type: Kind = "calls"
    format: Format = "csv"
    first: Day | None = Field(None, alias="from", examples=["2026-06-01"])
    last: Day | None = Field(None, alias="to", examples=["2026-06-30"])
    zone: Literal["organization", "utc"] = "organization"
    bucket: Bucket = Field("day", description="Of a trend.")
    project_id: Id | None = Field(None, examples=[None])
    engagement_id: Id | None = Field(None, examples=[None])
    call_center_id: Id | None = Field(None, examples=[None])
    queue_id: Id | None = Field(None, examples=[None])
    agent_id: Id | None = Field(None, examples=[None])
    analysis_ids: list[Id] | None = Field(
        None, min_length=1, max_length=MOST_IDS, examples=[None],
        description="These calls and chats alone, in this order, whenever they took place.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _chosen_alone(self) -> "ExportRequest":
        others = self.model_fields_set - {"type", "format", "analysis_ids"}
        if self.analysis_ids is not None and (self.type != "calls" or others):
            raise ValueError("analysisIds stand alone: beside them only type (calls) and format are given")
        return self


class ExportError(Wire):
    """Why there is no file."""

    code: str
    message: str


class ExportDocument(Wire):
    """An export; `downloadUrl` needs no key, and is there until `expiresAt`."""

    id: str
    status: Literal["queued", "running", "completed", "failed", "expired"]
    type: Kind
    format: Format
    period: PeriodDocument
    row_count: int
    progress: int
    size_bytes: int | None
    download_url: str | None
    created_at: str
    completed_at: str | None
    expires_at: str | None
    error: ExportError | None


class ExportList(Wire):
    """One page; ``nextCursor`` is null on the last one."""

    data: list[ExportDocument]
    next_cursor: str | None


@router.post(
    "", status_code=202, response_model=ExportDocument, responses=problems(400, 401, 403, 409, 413, 500, 503),
    openapi_extra=json_body(ExportRequest),
)  # fmt: skip
async def ask_for_export(
    request: Request, platform: PlatformDep, principal: InsightExporter, actor: ActorDep
) -> Response:
    """Have a file made. CSV cells that spreadsheets would run begin with `'`; texts are texts in XLSX."""
    wanted = await read_json(request, ExportRequest)
    narrowing = Narrowing(
        principal.mode, None, wanted.project_id, wanted.engagement_id, wanted.call_center_id,
        wanted.queue_id, wanted.agent_id,
    )  # fmt: skip
    async with platform.database.tenant(principal.org_id) as session:
        if wanted.analysis_ids is not None:
            narrowing = replace(narrowing, only=await _known(session, principal, wanted.analysis_ids))
            zone = await organisation.time_zone(session, principal.org_id)
            period = await exports.period_of(session, wanted.analysis_ids, zone)
        else:
            period = await Days(wanted.first, wanted.last, wanted.zone).period(session, principal.org_id)
        asked = Asked(Subject(wanted.type, narrowing, period, wanted.bucket), wanted.format, principal.key_id)
        made = await exports.ask(session, principal.org_id, actor, asked)
        return JSONResponse(exports.as_json(made, platform.links), 202)


async def _known(
    session: AsyncSession, principal: Principal, wanted: Sequence[uuid.UUID]
) -> Sequence[uuid.UUID]:
    """Each id once.

    Raises:
        InvalidRequestError: one names no analysis of the organisation and mode.
    """
    ids = list(dict.fromkeys(wanted))
    narrowing = Narrowing(principal.mode)
    known = {one.fact.analysis_id for one in await queries.picked(session, narrowing, ids)}
    detail = "Names no analysis that this key can see."
    wrong = [FieldError(f"/analysisIds/{n}", detail) for n, one in enumerate(wanted) if one not in known]
    if wrong:
        raise InvalidRequestError("analysisIds names analyses that do not exist.", errors=wrong)
    return ids


@router.get("", response_model=ExportList, responses=problems(400, 401, 403, 500, 503))
async def list_exports(
    request: Request, platform: PlatformDep, principal: InsightExporter, limit: Limit = 50,
    cursor: Position = None,
) -> Response:  # fmt: skip
    """All exports that keys asked for, newest first."""
    only_known(request, frozenset({"limit", "cursor"}))
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await exports.page(session, principal.mode, None, cursor=cursor, limit=limit)
    data = [exports.as_json(one, platform.links) for one in found]
    return JSONResponse({"data": data, "nextCursor": following})


@router.get("/{export_id}", response_model=ExportDocument, responses=problems(401, 403, 404, 500, 503))
async def get_export(export_id: str, platform: PlatformDep, principal: InsightExporter) -> Response:
    """How far an export is, and the link to its file."""
    async with platform.database.tenant(principal.org_id) as session:
        found = await exports.find(session, path_id(export_id), principal.mode, None)
    return JSONResponse(exports.as_json(found, platform.links))


@router.get(
    "/{export_id}/file", response_class=StreamingResponse,
    responses={200: FILE, **problems(400, 403, 404, 500, 503)},
)  # fmt: skip
async def download(
    export_id: str, platform: PlatformDep, link: Annotated[SignedLink, Depends(signed_link)]
) -> Response:
    """The file; the link in `downloadUrl` is all that it takes."""
    signer = LinkSigner("export", platform.links.secrets)
    signer.verify(link.org, path_id(export_id), link.expires, link.signature)
    async with platform.database.tenant(link.org) as session:
        row = await queries.export(session, path_id(export_id), None)
    stored = exports.file_of(row)
    name = f"{row.kind}-{row.asked['period'][0]}-{row.asked['period'][1]}.{row.format}" if row else "export"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(stored.size),
        "Cache-Control": "private, no-store",
    }  # fmt: skip
    chunks = await begun(platform.vault.read(stored, 0, stored.size))
    return StreamingResponse(chunks, headers=headers, media_type=MEDIA_TYPES[row.format if row else "csv"])
