"""Evaluations as this contract counts them: one comes with each recording, others are asked for later.

The first has the id of its recording, so it is there from the moment when processing was asked for; what it
says is a row of ``evaluations`` once it is completed.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Float,
    Select,
    Subquery,
    Text,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from calltrace.analyses.models import Analysis, EvaluationRow
from calltrace.catalog.models import Agent, Engagement
from calltrace.dialects.auralytik.filters import Calls
from calltrace.scorecards.models import ScorecardVersion

STATES = {"queued": "Pending", "processing": "Processing", "completed": "Completed", "failed": "Failed"}


@dataclass(frozen=True, slots=True)
class Listed:
    """One evaluation with its recording; ``row`` is what is kept of it, ``document`` what it says."""

    id: uuid.UUID
    state: str
    sentiment: str | None
    created_at: datetime
    analysis: Analysis
    row: EvaluationRow | None
    engagement: str | None
    agent: str | None
    document: str | None = None
    version: ScorecardVersion | None = None


def _state(status: Any) -> ColumnElement[str]:
    return case(*((status == ours, literal(shown)) for ours, shown in STATES.items()))


_MOOD = func.initcap(EvaluationRow.document.op("->")("sentiment").op("->>")("customer"))
_HEARD = (Analysis.mode == "live", Analysis.medium == "voice")


def every(which: Calls) -> Subquery:
    """Every evaluation of some calls: ``id, analysis_id, state, sentiment, score, created_at``."""
    own = EvaluationRow.id == Analysis.id
    first = (
        select(
            Analysis.id.label("id"), Analysis.id.label("analysis_id"),
            _state(Analysis.status).label("state"), _MOOD.label("sentiment"),
            EvaluationRow.score.label("score"), Analysis.created_at.label("created_at"),
        )
        .outerjoin(EvaluationRow, own)
        .where(*_HEARD, *_of(which), or_(Analysis.status != "completed", EvaluationRow.id.is_not(None)))
    )  # fmt: skip
    later = (
        select(
            EvaluationRow.id, Analysis.id, _state(EvaluationRow.status), _MOOD, EvaluationRow.score,
            EvaluationRow.created_at,
        )
        .join(Analysis, Analysis.id == EvaluationRow.analysis_id)
        .where(*_HEARD, *_of(which), EvaluationRow.id != Analysis.id)
    )  # fmt: skip
    return union_all(first, later).subquery("every")


def _of(which: Calls) -> list[ColumnElement[bool]]:
    return conditions(Analysis, which)


def conditions(table: Any, which: Calls) -> list[ColumnElement[bool]]:
    """What calls of a table (analyses, or files that wait) must fulfil."""
    equal = {
        table.engagement_id: which.engagement_id,
        table.queue_id: which.campaign_id,
        table.call_center_id: which.call_center_id,
        table.agent_id: which.executive_id,
        table.ai_call: which.ai_call,
    }
    found = [column == value for column, value in equal.items() if value is not None]
    if which.period.start:
        found.append(table.called_at >= which.period.start)
    if which.period.end:
        found.append(table.called_at < which.period.end)
    return found


async def page(
    session: AsyncSession, which: Calls, state: str | None, sentiment: str | None, offset: int, limit: int
) -> tuple[Sequence[Listed], int]:
    """One page, newest first, and how many there are in all."""
    found = every(which)
    wanted = [
        column == value
        for column, value in ((found.c.state, state), (found.c.sentiment, sentiment))
        if value is not None
    ]
    total = await session.scalar(select(func.count()).select_from(found).where(*wanted)) or 0
    query = chosen(found).where(*wanted).order_by(found.c.created_at.desc(), found.c.id.desc())
    cut = query.offset(offset).limit(limit).cte("cut")
    rows = (await session.execute(_with_names(cut))).all()
    return [Listed(*row[:8]) for row in rows], total


async def following(
    session: AsyncSession, which: Calls, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> Sequence[Listed]:
    """The next evaluations of some calls after a moment of creation and an id, newest first."""
    found = every(which)
    query = chosen(found).order_by(found.c.created_at.desc(), found.c.id.desc()).limit(limit)
    if after is not None:
        place = tuple_(found.c.created_at, found.c.id)
        query = query.where(place < tuple_(literal(after[0]), literal(after[1])))
    rows = (await session.execute(_with_names(query.cte("cut")))).all()
    return [Listed(*row[:8]) for row in rows]


def chosen(found: Subquery) -> Select[*tuple[Any, ...]]:
    """What says which evaluations are on a page: no document is opened for those that are not."""
    return select(found.c.id, found.c.analysis_id, found.c.state, found.c.created_at)


def _with_names(cut: CTE) -> Select[*tuple[Any, ...]]:
    return (
        select(
            cut.c.id, cut.c.state, _MOOD, cut.c.created_at, Analysis, EvaluationRow,
            Engagement.name, Agent.name,
        )
        .join(Analysis, Analysis.id == cut.c.analysis_id)
        .outerjoin(EvaluationRow, EvaluationRow.id == cut.c.id)
        .outerjoin(Engagement, Engagement.id == Analysis.engagement_id)
        .outerjoin(Agent, Agent.id == Analysis.agent_id)
        .options(defer(EvaluationRow.document), defer(EvaluationRow.machine_document))
        .order_by(cut.c.created_at.desc(), cut.c.id.desc())
    )  # fmt: skip


async def find(session: AsyncSession, evaluation_id: uuid.UUID) -> Listed | None:
    """One evaluation with what it says."""
    found = every(Calls())
    cut = chosen(found).where(found.c.id == evaluation_id).cte("cut")
    query = _with_names(cut).add_columns(cast(EvaluationRow.document, Text), ScorecardVersion)
    query = query.outerjoin(ScorecardVersion, ScorecardVersion.id == EvaluationRow.scorecard_version_id)
    row = (await session.execute(query)).first()
    return Listed(*row) if row else None


async def counts(
    session: AsyncSession, column: Any, ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[int, float | None]]:
    """How many evaluations there are by a column of their recordings, and their mean score (0 to 100)."""
    found = every(Calls())
    query = (
        select(column, func.count(), func.avg(found.c.score).cast(Float))
        .select_from(found)
        .join(Analysis, Analysis.id == found.c.analysis_id)
        .where(column.in_(ids))
        .group_by(column)
    )
    rows: Sequence[Any] = (await session.execute(query)).all()
    return {row[0]: (row[1], row[2]) for row in rows}


async def shown_for(session: AsyncSession, analysis_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The evaluation that was asked for last, of recordings that have one written down."""
    newest = (
        select(EvaluationRow.analysis_id, EvaluationRow.id)
        .where(EvaluationRow.analysis_id.in_(analysis_ids))
        .ext(distinct_on(EvaluationRow.analysis_id))
        .order_by(EvaluationRow.analysis_id, EvaluationRow.created_at.desc(), EvaluationRow.id.desc())
    )
    return {row[0]: row[1] for row in (await session.execute(newest)).all()}
