"""Every SELECT that only this contract needs."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.catalog.known import KNOWN_AS
from calltrace.catalog.models import Agent
from calltrace.db.rls import BY_INDEX
from calltrace.kit.ids import as_uuid
from calltrace.recordings.models import Recording
from calltrace.scorecards.models import ScorecardVersion
from calltrace.webhooks.models import Endpoint

_STATUSES = {"processing": ("queued", "processing"), "completed": ("completed",), "failed": ("failed",)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed down to; all given ones must hold (acceptance CV-102 to CV-108)."""

    mode: Mode
    status: str | None = None
    agent_id: str | None = None
    contact_id: str | None = None
    search: str | None = None
    agents: Collection[uuid.UUID] | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """An analysis with all that its document shows; transcript and evaluation as JSON text."""

    analysis: Analysis
    transcript: str | None
    evaluation: str | None
    version_id: uuid.UUID | None
    agent: str | None
    size_bytes: int | None
    media: str | None
    webhook_url: str | None


_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


def _newest(column: SQLColumnExpression[Any]) -> ScalarSelect[Any]:
    return (
        select(column)
        .where(EvaluationRow.analysis_id == Analysis.id, EvaluationRow.status == "completed")
        .order_by(EvaluationRow.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )


_TRANSCRIPT = (
    select(cast(TranscriptRow.document, Text))
    .where(TranscriptRow.analysis_id == Analysis.id)
    .scalar_subquery()
)
_WHOLE = (
    select(
        Analysis, _TRANSCRIPT, _newest(cast(EvaluationRow.document, Text)),
        _newest(EvaluationRow.scorecard_version_id), KNOWN_AS, Recording.size_bytes, Recording.media,
        Endpoint.url,
    )
    .outerjoin(Agent, Agent.id == Analysis.agent_id)
    .outerjoin(Recording, Recording.id == Analysis.recording_id)
    .outerjoin(Endpoint, Endpoint.id == Analysis.webhook_endpoint_id)
)  # fmt: skip


async def find(
    session: AsyncSession, analysis_id: uuid.UUID, mode: Mode, agents: Collection[uuid.UUID] | None
) -> Whole | None:
    """One analysis of the organisation and mode, if it may be seen."""
    query = _narrowed(_WHOLE, Wanted(mode, agents=agents)).where(Analysis.id == analysis_id)
    row = (await session.execute(query)).first()
    return Whole(*row) if row else None


async def page(
    session: AsyncSession, wanted: Wanted, *, offset: int, limit: int
) -> tuple[int, Sequence[uuid.UUID]]:
    """How many a whole list has, and the ids of a part of it, newest first.

    For both the index of the list has everything.
    """
    await session.execute(BY_INDEX)
    counted = _narrowed(select(func.count()).select_from(Analysis), wanted)
    total = await session.scalar(counted) or 0
    if offset >= total:
        return total, []
    ids = _narrowed(select(Analysis.id), wanted)
    ids = ids.order_by(Analysis.created_at.desc(), Analysis.id.desc()).offset(offset).limit(limit)
    return total, (await session.scalars(ids)).all()


async def whole(session: AsyncSession, chosen: Sequence[uuid.UUID]) -> Sequence[Whole]:
    """Some analyses with their results, in the order of the ids; those that are gone are left out."""
    rows = (await session.execute(_WHOLE.where(Analysis.id.in_(chosen)))).all()
    order = {one: number for number, one in enumerate(chosen)}
    return sorted((Whole(*row) for row in rows), key=lambda one: order[one.analysis.id])


def _narrowed(query: _Query, wanted: Wanted) -> _Query:
    query = query.where(Analysis.mode == wanted.mode, Analysis.medium == "voice")  # chats are no recordings
    if wanted.status is not None:
        query = query.where(Analysis.status.in_(_STATUSES[wanted.status]))
    if wanted.agents is not None:
        query = query.where(Analysis.agent_id.in_(wanted.agents) if wanted.agents else false())
    if wanted.agent_id is not None:
        query = query.where(Analysis.agent_id.in_(_agents_known_as(wanted.agent_id)))
    if wanted.contact_id is not None:
        query = query.where(Analysis.contact_id == wanted.contact_id)
    if wanted.search is not None:
        found = select(Agent.id).where(KNOWN_AS.icontains(wanted.search, autoescape=True))
        contact = Analysis.contact_id.icontains(wanted.search, autoescape=True)
        query = query.where(or_(Analysis.agent_id.in_(found), contact))
    return query


def _agents_known_as(text: str) -> "Select[uuid.UUID]":
    """Letter by letter, as the caller wrote it."""
    nameless = and_(Agent.external_id.is_(None), Agent.id == as_uuid(text))
    return select(Agent.id).where(or_(Agent.external_id == text, nameless))


async def scorecards(
    session: AsyncSession, version_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, ScorecardVersion]:
    """Versions of scorecards by their ids."""
    query = select(ScorecardVersion).where(ScorecardVersion.id.in_(version_ids))
    return {one.id: one for one in (await session.scalars(query)).all()}


async def stored_bytes(session: AsyncSession, mode: Mode) -> int:
    """How much the recordings of a mode take."""
    query = select(func.sum(Recording.size_bytes)).join(Analysis, Analysis.recording_id == Recording.id)
    return int(await session.scalar(query.where(Analysis.mode == mode)) or 0)
