"""Every SELECT on scorecards and their versions."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from calltrace.db.listing import NameFilter, Slice, listed
from calltrace.kit.ids import as_uuid
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion


@dataclass(frozen=True, slots=True)
class Stored:
    """A scorecard in one of its versions: the newest published one, else its draft.

    Attributes:
        draft: the number of its draft, if it has one.
    """

    row: ScorecardRow
    version: ScorecardVersion
    draft: int | None = None


def effective_version() -> Select[ScorecardRow, ScorecardVersion]:
    """Every scorecard that calls can be judged by, with the version that counts: the newest published one."""
    newest = func.max(_OTHER.version).filter(_OTHER.published_at.is_not(None))
    return _in_version(_of_row(newest)).where(ScorecardRow.archived_at.is_(None))


def _shown_version() -> Select[ScorecardRow, ScorecardVersion, int | None]:
    """Every scorecard that was not deleted, in its newest published version, else its draft."""
    published = func.max(_OTHER.version).filter(_OTHER.published_at.is_not(None))
    draft = func.max(_OTHER.version).filter(_OTHER.published_at.is_(None))
    shown = func.coalesce(published, draft)
    return _in_version(_of_row(shown)).add_columns(_of_row(draft))


_OTHER = aliased(ScorecardVersion)


def _of_row(number: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Something of all versions of a scorecard."""
    query = select(number).where(_OTHER.scorecard_id == ScorecardRow.id)
    return query.correlate(ScorecardRow).scalar_subquery()


def _in_version(number: ScalarSelect[Any]) -> Select[ScorecardRow, ScorecardVersion]:
    return (
        select(ScorecardRow, ScorecardVersion)
        .join(ScorecardVersion, ScorecardVersion.scorecard_id == ScorecardRow.id)
        .where(ScorecardVersion.version == number, ScorecardRow.deleted_at.is_(None))
    )


async def scorecard(session: AsyncSession, scorecard_id: uuid.UUID) -> Stored | None:
    """One scorecard of the organisation."""
    row = (await session.execute(_shown_version().where(ScorecardRow.id == scorecard_id))).first()
    return Stored(*row) if row else None


async def effective_scorecard(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardVersion | None:
    """The version of a scorecard that calls can be judged by; none when it is archived or only a draft."""
    row = (await session.execute(effective_version().where(ScorecardRow.id == scorecard_id))).first()
    return row[1] if row else None


async def default_version(session: AsyncSession) -> ScorecardVersion | None:
    """The version that counts of the organisation's default scorecard."""
    row = (await session.execute(effective_version().where(ScorecardRow.is_default))).first()
    return row[1] if row else None


async def default_row(session: AsyncSession) -> ScorecardRow | None:
    """The organisation's default scorecard."""
    return await session.scalar(select(ScorecardRow).where(ScorecardRow.is_default))


async def scorecard_by_external_id(session: AsyncSession, external_id: str) -> Stored | None:
    """The scorecard that another system, or a file, knows under this id."""
    row = (await session.execute(_shown_version().where(ScorecardRow.external_id == external_id))).first()
    return Stored(*row) if row else None


async def scorecards_named(session: AsyncSession, text: str) -> Sequence[Stored]:
    """Scorecards of the organisation that an id, an external id or a name names."""
    match = or_(ScorecardRow.id == as_uuid(text), ScorecardRow.external_id == text, ScorecardRow.name == text)
    found = await session.execute(_shown_version().where(match))
    return [Stored(*row) for row in found.all()]


async def scorecards(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Stored]:
    """Scorecards of the organisation, newest first, and one more than asked for if there are more."""
    found = await session.execute(listed(_shown_version(), ScorecardRow, names, part))
    return [Stored(*row) for row in found.all()]


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
    """Versions of one scorecard, newest first, those below a number, as they are now (see ``draft``)."""
    query = select(ScorecardVersion).where(ScorecardVersion.scorecard_id == scorecard_id)
    query = query.execution_options(populate_existing=True)
    if below is not None:
        query = query.where(ScorecardVersion.version < below)
    return (await session.scalars(query.order_by(ScorecardVersion.version.desc()).limit(limit))).all()


async def draft(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardVersion | None:
    """The draft of a scorecard as it is now: read again under a lock, it is not what was read before."""
    mine = ScorecardVersion.scorecard_id == scorecard_id
    query = select(ScorecardVersion).where(mine, ScorecardVersion.published_at.is_(None))
    return await session.scalar(query.execution_options(populate_existing=True))


async def highest_number(session: AsyncSession, scorecard_id: uuid.UUID) -> int | None:
    """The highest number of a scorecard's versions, its draft included."""
    mine = ScorecardVersion.scorecard_id == scorecard_id
    return await session.scalar(select(func.max(ScorecardVersion.version)).where(mine))


async def published_number(session: AsyncSession, scorecard_id: uuid.UUID) -> int | None:
    """The highest number of a scorecard's published versions."""
    mine = ScorecardVersion.scorecard_id == scorecard_id
    published = ScorecardVersion.published_at.is_not(None)
    return await session.scalar(select(func.max(ScorecardVersion.version)).where(mine, published))
