"""Every SELECT on scorecards and their versions."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from calltrace.db.listing import NameFilter, Slice, listed
from calltrace.kit.ids import as_uuid
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion


@dataclass(frozen=True, slots=True)
class Stored:
    """A scorecard and its newest version."""

    row: ScorecardRow
    version: ScorecardVersion


def newest_version() -> Select[ScorecardRow, ScorecardVersion]:
    """Every scorecard that was not deleted, with its newest version."""
    other = aliased(ScorecardVersion)
    highest = (
        select(func.max(other.version))
        .where(other.scorecard_id == ScorecardRow.id)
        .correlate(ScorecardRow)
        .scalar_subquery()
    )
    return (
        select(ScorecardRow, ScorecardVersion)
        .join(ScorecardVersion, ScorecardVersion.scorecard_id == ScorecardRow.id)
        .where(ScorecardVersion.version == highest, ScorecardRow.deleted_at.is_(None))
    )


async def scorecard(session: AsyncSession, scorecard_id: uuid.UUID) -> Stored | None:
    """One scorecard of the organisation."""
    row = (await session.execute(newest_version().where(ScorecardRow.id == scorecard_id))).first()
    return Stored(row[0], row[1]) if row else None


async def scorecard_by_external_id(session: AsyncSession, external_id: str) -> Stored | None:
    """The scorecard that another system, or a file, knows under this id."""
    row = (await session.execute(newest_version().where(ScorecardRow.external_id == external_id))).first()
    return Stored(row[0], row[1]) if row else None


async def scorecards_named(session: AsyncSession, text: str) -> Sequence[Stored]:
    """Scorecards of the organisation that an id, an external id or a name names."""
    match = or_(ScorecardRow.id == as_uuid(text), ScorecardRow.external_id == text, ScorecardRow.name == text)
    found = await session.execute(newest_version().where(match))
    return [Stored(row[0], row[1]) for row in found.all()]


async def scorecards(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Stored]:
    """Scorecards of the organisation, newest first, and one more than asked for if there are more."""
    found = await session.execute(listed(newest_version(), ScorecardRow, names, part))
    return [Stored(row[0], row[1]) for row in found.all()]


async def for_change(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardRow | None:
    """A scorecard that nobody else changes, deletes or gives to a queue until the transaction ends."""
    query = select(ScorecardRow).where(ScorecardRow.id == scorecard_id, ScorecardRow.deleted_at.is_(None))
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def for_use(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardRow | None:
    """A scorecard that nobody deletes until the transaction ends."""
    query = select(ScorecardRow).where(ScorecardRow.id == scorecard_id, ScorecardRow.deleted_at.is_(None))
    return await session.scalar(query.with_for_update(read=True, key_share=True))


async def versions(
    session: AsyncSession, scorecard_id: uuid.UUID, below: int | None, limit: int
) -> Sequence[ScorecardVersion]:
    """Versions of one scorecard, newest first, those below a number."""
    query = select(ScorecardVersion).where(ScorecardVersion.scorecard_id == scorecard_id)
    if below is not None:
        query = query.where(ScorecardVersion.version < below)
    return (await session.scalars(query.order_by(ScorecardVersion.version.desc()).limit(limit))).all()
