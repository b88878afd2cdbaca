"""Every SELECT of this contract. Sessions are the organisation's: rows of others do not exist (CR-018)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis, EvaluationRow, TranscriptRow
from calltrace.catalog.models import Project
from calltrace.dialects.callcenterrate.filters import Narrowed, Part
from calltrace.recordings.models import Recording, Upload

_CALLS = Analysis.mode == "live", Analysis.medium == "voice"
"""What is an audio here: test calls and chats are not; keys of this contract have no other mode."""
_SHOWN = timedelta(milliseconds=1)
"""Times are shown in whole milliseconds: what is shown as a bound lies within it."""

_LAST = datetime.max.replace(tzinfo=UTC) - _SHOWN
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class FoundAudio:
    """A recording; ``size`` in bytes, once something of it arrived."""

    analysis: Analysis
    size: int | None


@dataclass(frozen=True, slots=True)
class FoundAnalysis:
    """A recording whose analysis is complete, and its score."""

    analysis: Analysis
    score: float | None


@dataclass(frozen=True, slots=True)
class Results:
    """The same with what was found, as JSON text."""

    found: FoundAnalysis
    evaluation: str
    transcript: str


_AUDIOS = (
    select(Analysis, func.coalesce(Recording.size_bytes, Upload.size_bytes))
    .outerjoin(Recording, Recording.id == Analysis.recording_id)
    .outerjoin(Upload, Upload.id == Analysis.upload_id)
    .where(*_CALLS)
)
_OF_ANALYSIS = (EvaluationRow.analysis_id == Analysis.id, EvaluationRow.status == "completed")
_NEWEST = select(EvaluationRow.score).where(*_OF_ANALYSIS).order_by(EvaluationRow.created_at.desc()).limit(1)
_ANALYSES = select(Analysis, _NEWEST.scalar_subquery()).where(*_CALLS, Analysis.status == "completed")
_EVALUATION = _NEWEST.with_only_columns(cast(EvaluationRow.document, Text)).scalar_subquery()
_TRANSCRIPT = (
    select(cast(TranscriptRow.document, Text))
    .where(TranscriptRow.analysis_id == Analysis.id)
    .scalar_subquery()
)


async def projects(session: AsyncSession, part: Part) -> tuple[Sequence[tuple[Project, int]], int]:
    """One page of projects with how many recordings they have, and how many projects there are."""
    query = select(Project).order_by(Project.created_at.desc(), Project.id.desc())
    found = (await session.scalars(query.limit(part.limit).offset(part.offset))).all()
    counts = await _audio_counts(session, [one.id for one in found])
    total = await session.scalar(select(func.count()).select_from(Project)) or 0
    return [(one, counts.get(one.id, 0)) for one in found], total


async def project(session: AsyncSession, project_id: uuid.UUID) -> tuple[Project, int] | None:
    """One project, and how many recordings it has."""
    found = await session.get(Project, project_id)
    if found is None:
        return None
    return found, (await _audio_counts(session, [project_id])).get(project_id, 0)


async def _audio_counts(session: AsyncSession, project_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    query = select(Analysis.project_id, func.count()).where(Analysis.project_id.in_(project_ids), *_CALLS)
    return dict[Any, int]((await session.execute(query.group_by(Analysis.project_id))).all())


async def audios(
    session: AsyncSession, which: Narrowed, status: str | None, part: Part
) -> tuple[Sequence[FoundAudio], int]:
    """One page of recordings, and how many there are."""
    query = _within(_AUDIOS, which, Analysis.created_at)
    if status is not None:
        query = query.where(Analysis.status == status)
    ordered = query.order_by(Analysis.created_at.desc(), Analysis.id.desc())
    rows = (await session.execute(ordered.limit(part.limit).offset(part.offset))).all()
    return [FoundAudio(row[0], row[1]) for row in rows], await _total(session, query)


async def audio(session: AsyncSession, analysis_id: uuid.UUID) -> FoundAudio | None:
    """One recording."""
    row = (await session.execute(_AUDIOS.where(Analysis.id == analysis_id))).first()
    return FoundAudio(row[0], row[1]) if row else None


async def analyses(session: AsyncSession, which: Narrowed, part: Part) -> tuple[Sequence[FoundAnalysis], int]:
    """One page of complete analyses, the latest made first, and how many there are."""
    query = _within(_ANALYSES, which, Analysis.completed_at)
    ordered = query.order_by(Analysis.completed_at.desc(), Analysis.id.desc())
    rows = (await session.execute(ordered.limit(part.limit).offset(part.offset))).all()
    return [FoundAnalysis(row[0], row[1]) for row in rows], await _total(session, query)


async def analysis(session: AsyncSession, analysis_id: uuid.UUID) -> Results | None:
    """One complete analysis with what was found."""
    query = _ANALYSES.add_columns(_EVALUATION, _TRANSCRIPT).where(Analysis.id == analysis_id)
    row = (await session.execute(query)).first()
    return Results(FoundAnalysis(row[0], row[1]), row[2], row[3]) if row else None


def _within(query: _Query, which: Narrowed, moment: Any) -> _Query:
    if which.project_id is not None:
        query = query.where(Analysis.project_id == which.project_id)
    if which.start is not None:
        query = query.where(moment >= which.start)
    if which.end is not None:
        query = query.where(moment < min(which.end, _LAST) + _SHOWN)
    return query


async def _total(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> int:
    return await session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
