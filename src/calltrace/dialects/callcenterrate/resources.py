"""The six endpoints, all of them read-only (acceptance CR-010 to CR-016)."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response

from calltrace.dialects.callcenterrate import filters, ids, queries, shown
from calltrace.dialects.callcenterrate.door import CallerDep, PlatformDep
from calltrace.dialects.callcenterrate.errors import ErrorBody
from calltrace.dialects.callcenterrate.filters import AudioStatus, NarrowedDep, Part, PartDep
from calltrace.dialects.callcenterrate.schemas import Analysis, AnalysisItem, Audio, Page, Pagination, Project
from calltrace.kit.document import Document
from calltrace.kit.errors import NotFoundError

T = TypeVar("T", bound=Document)
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody} for status in (400, 401, 403, 429, 500, 503)
}
_ERRORS_OF_ONE = {**_ERRORS, 404: {"model": ErrorBody}}
router = APIRouter(prefix="/api/v1", responses=_ERRORS)


def _page(data: Sequence[T], part: Part, total: int) -> Page[T]:
    return Page(data=list(data), pagination=Pagination(page=part.page, limit=part.limit, total=total))


@router.get("/projects", tags=["Projects"])
async def list_projects(
    request: Request, platform: PlatformDep, caller: CallerDep, part: PartDep
) -> Page[Project]:
    """All projects, newest first."""
    filters.refuse(request, "projectId", "status", "from", "to")
    async with platform.database.tenant(caller.org_id) as session:
        found, total = await queries.projects(session, part)
    return _page([shown.project(*one) for one in found], part, total)


@router.get("/projects/{id}", tags=["Projects"], responses=_ERRORS_OF_ONE)
async def get_project(id: str, platform: PlatformDep, caller: CallerDep) -> Project:  # noqa: A002 - the wire's name
    """One project."""
    row_id = ids.decode("project", id)
    async with platform.database.tenant(caller.org_id) as session:
        found = await queries.project(session, row_id) if row_id else None
    if found is None:
        raise NotFoundError("There is no project with this id.")
    return shown.project(*found)


@router.get("/audios", tags=["Audios"])
async def list_audios(
    platform: PlatformDep,
    caller: CallerDep,
    part: PartDep,
    narrowed: NarrowedDep,
    status: Annotated[AudioStatus | None, Query()] = None,
) -> Page[Audio]:
    """Recordings, newest first."""
    state = filters.STATUSES[status] if status else None
    async with platform.database.tenant(caller.org_id) as session:
        found, total = await queries.audios(session, narrowed, state, part)
    return _page([shown.audio(one) for one in found], part, total)


@router.get("/audios/{id}", tags=["Audios"], responses=_ERRORS_OF_ONE)
async def get_audio(id: str, platform: PlatformDep, caller: CallerDep) -> Audio:  # noqa: A002 - the wire's name
    """One recording, with the id of its analysis once there is one."""
    row_id = ids.decode("audio", id)
    async with platform.database.tenant(caller.org_id) as session:
        found = await queries.audio(session, row_id) if row_id else None
    if found is None:
        raise NotFoundError("There is no audio with this id.")
    return shown.audio(found)


@router.get("/analyses", tags=["Analyses"])
async def list_analyses(
    request: Request, platform: PlatformDep, caller: CallerDep, part: PartDep, narrowed: NarrowedDep
) -> Page[AnalysisItem]:
    """Complete analyses, the latest made first."""
    filters.refuse(request, "status")
    async with platform.database.tenant(caller.org_id) as session:
        found, total = await queries.analyses(session, narrowed, part)
    return _page([shown.analysis_item(one) for one in found], part, total)


@router.get("/analyses/{id}", tags=["Analyses"], responses=_ERRORS_OF_ONE, response_model=Analysis)
async def get_analysis(id: str, platform: PlatformDep, caller: CallerDep) -> Response:  # noqa: A002 - the wire's name
    """One analysis with criteria, recommendations and transcript."""
    row_id = ids.decode("analysis", id)
    async with platform.database.tenant(caller.org_id) as session:
        found = await queries.analysis(session, row_id) if row_id else None
    if found is None:
        raise NotFoundError("There is no analysis with this id.")
    # in a thread: hours of transcript must not hold up other requests
    text = await asyncio.to_thread(lambda: shown.analysis(found).model_dump_json())
    return Response(text, media_type="application/json")
