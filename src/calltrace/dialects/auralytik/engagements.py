"""``/engagements`` (acceptance AU-070 to AU-073)."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field, StringConstraints
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis
from calltrace.catalog import service
from calltrace.catalog.models import Engagement
from calltrace.catalog.service import ENGAGEMENTS
from calltrace.dialects.auralytik import evaluation_queries
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import EngagementReader, EngagementWriter, Id, PlatformDep, read_body
from calltrace.dialects.auralytik.documents.engagements import EngagementOut
from calltrace.dialects.auralytik.filters import Search
from calltrace.dialects.auralytik.forms import iso, named, path_id, wrong
from calltrace.dialects.auralytik.schemas import Wire, body_of
from calltrace.kit.storable import Storable

router = APIRouter(prefix="/engagements", tags=["Engagements"])
Status = Literal["active", "completed", "archived"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class NewEngagement(Wire):
    """``POST /engagements``."""

    name: Name = Field(examples=["Renewal of Acme"])
    description: Description | None = None
    type: Annotated[str, StringConstraints(min_length=1, max_length=50)] = Field(examples=["renewal"])


class EngagementChanges(Wire):
    """``PATCH /engagements/{id}``: what is sent counts."""

    name: Name = ""
    description: Description | None = None
    status: Status = "active"


@router.get("")
async def list_engagements(  # noqa: PLR0917 - parameters of a list, none is passed by position
    caller: EngagementReader,
    platform: PlatformDep,
    answers: AnswersDep,
    part: Page,
    status: Annotated[Status | None, Query()] = None,
    kind: Annotated[Storable | None, Query(alias="type", max_length=50)] = None,
    search: Search = None,
) -> Many[EngagementOut]:
    """List engagements."""
    query = select(Engagement)
    if status is not None:
        query = query.where(Engagement.status == status)
    if kind is not None:
        query = query.where(Engagement.kind == kind)
    if search:
        query = query.where(Engagement.name.icontains(search, autoescape=True))
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await total_of(session, query)
        cut = query.order_by(Engagement.created_at.desc(), Engagement.id.desc())
        rows = (await session.scalars(cut.offset(part.offset).limit(part.size))).all()
        counts = await evaluation_queries.counts(session, Analysis.engagement_id, [row.id for row in rows])
    return answers.many([shown(row, counts.get(row.id, (0, None))[0]) for row in rows], part, total)


async def total_of(session: AsyncSession, query: Select[Any]) -> int:
    """How many rows a query finds."""
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0


@router.post("", status_code=201, openapi_extra=body_of(NewEngagement))
async def create_engagement(
    request: Request, caller: EngagementWriter, platform: PlatformDep, answers: AnswersDep
) -> One[EngagementOut]:
    """Create engagement."""
    body = read_body(request, caller, NewEngagement)
    values = {"name": body.name, "description": body.description, "kind": body.type}
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await service.create(session, caller.principal.org_id, caller.actor, ENGAGEMENTS, values)
        await session.refresh(row)
    return answers.one(shown(row, 0))


@router.get("/{id}")
async def get_engagement(
    caller: EngagementReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[EngagementOut]:
    """Get engagement by ID."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await service.find(session, ENGAGEMENTS, path_id("eng", thing))
        return answers.one(shown(row, await _count(session, row)))


@router.patch("/{id}", openapi_extra=body_of(EngagementChanges))
async def update_engagement(
    request: Request, caller: EngagementWriter, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[EngagementOut]:
    """Update engagement: any of name, description and status."""
    engagement_id = path_id("eng", thing)
    async with platform.database.tenant(caller.principal.org_id) as session:
        await service.find(session, ENGAGEMENTS, engagement_id)
        changes = read_body(request, caller, EngagementChanges).model_dump(exclude_unset=True)
        if not changes:
            raise wrong("body", "Send at least one of name, description and status.")
        row = await service.change(session, caller.actor, ENGAGEMENTS, engagement_id, changes)
        await session.refresh(row)
        return answers.one(shown(row, await _count(session, row)))


async def _count(session: AsyncSession, row: Engagement) -> int:
    counts = await evaluation_queries.counts(session, Analysis.engagement_id, [row.id])
    return counts.get(row.id, (0, None))[0]


def shown(row: Engagement, evaluations: int) -> EngagementOut:
    """An engagement as everyone sees it."""
    return EngagementOut(
        id=named("eng", row.id),
        name=row.name,
        description=row.description,
        type=row.kind,
        status=row.status,
        evaluation_count=evaluations,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )
