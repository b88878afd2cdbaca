"""``/campaigns`` (acceptance AU-100, AU-101): the queues of the organisation."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis, WaitingFile
from calltrace.catalog import service
from calltrace.catalog.models import Queue
from calltrace.catalog.service import QUEUES
from calltrace.dialects.auralytik import evaluation_queries
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import CampaignReader, Id, PlatformDep
from calltrace.dialects.auralytik.documents.engagements import Campaign
from calltrace.dialects.auralytik.engagements import total_of
from calltrace.dialects.auralytik.filters import CallCenterFilter, Search
from calltrace.dialects.auralytik.forms import iso, named, path_id, written

router = APIRouter(prefix="/campaigns", tags=["Campaigns"])
Status = Literal["active", "paused", "completed"]


@router.get("")
async def list_campaigns(  # noqa: PLR0917 - parameters of a list, none is passed by position
    caller: CampaignReader,
    platform: PlatformDep,
    answers: AnswersDep,
    part: Page,
    call_center_id: CallCenterFilter,
    status: Annotated[Status | None, Query()] = None,
    search: Search = None,
) -> Many[Campaign]:
    """List campaigns."""
    query = select(Queue)
    if status is not None:
        query = query.where(Queue.status == status)
    if call_center_id is not None:
        query = query.where(Queue.call_center_id == call_center_id)
    if search:
        query = query.where(Queue.name.icontains(search, autoescape=True))
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await total_of(session, query)
        cut = query.order_by(Queue.created_at.desc(), Queue.id.desc()).offset(part.offset).limit(part.size)
        rows = (await session.scalars(cut)).all()
        return answers.many(await _shown(session, rows), part, total)


@router.get("/{id}")
async def get_campaign(
    caller: CampaignReader, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Campaign]:
    """Get campaign by ID."""
    async with platform.database.tenant(caller.principal.org_id) as session:
        row = await service.find(session, QUEUES, path_id("camp", thing))
        return answers.one((await _shown(session, [row]))[0])


async def _shown(session: AsyncSession, rows: Sequence[Queue]) -> list[Campaign]:
    ids = [row.id for row in rows]
    evaluated = await evaluation_queries.counts(session, Analysis.queue_id, ids)
    files = await _files(session, ids)
    return [_campaign(row, files.get(row.id, 0), *evaluated.get(row.id, (0, None))) for row in rows]


async def _files(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many audio files each of some campaigns has."""
    found = dict[uuid.UUID, int]()
    taken = select(Analysis.queue_id, func.count()).where(
        Analysis.queue_id.in_(ids), Analysis.mode == "live", Analysis.medium == "voice"
    )
    waiting = select(WaitingFile.queue_id, func.count()).where(WaitingFile.queue_id.in_(ids))
    for query in (taken.group_by(Analysis.queue_id), waiting.group_by(WaitingFile.queue_id)):
        for queue_id, count in (await session.execute(query)).all():
            if queue_id is not None:
                found[queue_id] = found.get(queue_id, 0) + count
    return found


def _campaign(row: Queue, files: int, evaluations: int, note: float | None) -> Campaign:
    return Campaign(
        id=named("camp", row.id),
        name=row.name,
        description=row.description,
        type=row.kind,
        status=row.status,
        call_center_id=written("cc", row.call_center_id),
        start_date=row.starts_on.isoformat() if row.starts_on else None,
        end_date=row.ends_on.isoformat() if row.ends_on else None,
        audio_file_count=files,
        evaluation_count=evaluations,
        average_note=None if note is None else round(note, 1),
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
    )
