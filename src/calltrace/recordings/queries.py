"""Every SELECT on what the object store holds."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.recordings.models import DoomedObject, Rendition, Upload, UploadPiece, WaveformRow


async def due_objects(session: AsyncSession, limit: int) -> Sequence[str]:
    """Keys of objects that are to be removed now, the longest overdue first (operator session)."""
    query = select(DoomedObject.object_key).where(DoomedObject.due_at <= func.clock_timestamp())
    return (await session.scalars(query.order_by(DoomedObject.due_at).limit(limit))).all()


async def upload(session: AsyncSession, upload_id: uuid.UUID) -> Upload | None:
    """One upload."""
    return await session.get(Upload, upload_id)


async def locked_upload(session: AsyncSession, upload_id: uuid.UUID) -> Upload | None:
    """One upload, held until the transaction ends: of two that want it, one comes after the other."""
    return await session.get(Upload, upload_id, with_for_update=True, populate_existing=True)


async def pieces(session: AsyncSession, upload_id: uuid.UUID) -> Sequence[UploadPiece]:
    """What was received of an upload, in order."""
    query = select(UploadPiece).where(UploadPiece.upload_id == upload_id).order_by(UploadPiece.number)
    return (await session.scalars(query)).all()


async def overdue_uploads(session: AsyncSession, late: timedelta, limit: int) -> Sequence[Upload]:
    """Uploads that nobody will read, ``late`` after nobody could send to them any more (operator session).

    They are held until the transaction ends.
    """
    query = (
        select(Upload)
        .where(Upload.expires_at < func.clock_timestamp() - late)
        .where(Upload.cleared_at.is_(None), Upload.status != "used")
        .order_by(Upload.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def rendition(session: AsyncSession, recording_id: uuid.UUID) -> Rendition | None:
    """The copy of a recording that browsers play."""
    return await session.get(Rendition, recording_id)


async def waveform(session: AsyncSession, recording_id: uuid.UUID) -> WaveformRow | None:
    """How a recording looks."""
    return await session.get(WaveformRow, recording_id)
