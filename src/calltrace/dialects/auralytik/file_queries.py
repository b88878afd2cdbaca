"""Recordings as this contract lists them: files that wait, and everything that was taken in."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.analyses.models import Analysis, WaitingFile
from calltrace.catalog.models import Agent
from calltrace.dialects.auralytik.evaluation_queries import conditions, shown_for
from calltrace.dialects.auralytik.filters import Calls
from calltrace.recordings.models import Recording, Upload

STATUS = {"Pending": "queued", "Processing": "processing", "Completed": "completed", "Failed": "failed"}
NOT_STARTED = "NotStarted"
_HEARD = (Analysis.mode == "live", Analysis.medium == "voice")


@dataclass(frozen=True, slots=True)
class File:
    """A recording: what is said of it, where its bytes are, and the evaluation asked for last."""

    row: Analysis | WaitingFile
    agent: str | None
    upload: Upload | None
    recording: Recording | None = None
    evaluation_id: uuid.UUID | None = None

    @property
    def analysis(self) -> Analysis | None:
        """Its analysis, once processing was asked for."""
        return self.row if isinstance(self.row, Analysis) else None


async def page(
    session: AsyncSession, which: Calls, state: str | None, offset: int, limit: int
) -> tuple[Sequence[File], int]:
    """One page, newest first, and how many there are in all."""
    found = union_all(*_parts(which, state)).subquery("files")
    total = await session.scalar(select(func.count()).select_from(found)) or 0
    cut = select(found.c.id).order_by(found.c.created_at.desc(), found.c.id.desc())
    ids = (await session.scalars(cut.offset(offset).limit(limit))).all()
    files = await _read(session, ids)
    return [files[one] for one in ids if one in files], total


def _parts(which: Calls, state: str | None) -> list[Select[*tuple[Any, ...]]]:
    columns = ("id", "created_at")
    waiting = select(*(getattr(WaitingFile, name).label(name) for name in columns))
    waiting = waiting.where(*conditions(WaitingFile, which), literal(state in {None, NOT_STARTED}))
    taken = select(*(getattr(Analysis, name).label(name) for name in columns))
    taken = taken.where(*_HEARD, *conditions(Analysis, which), *_status(state))
    return [waiting, taken]


def _status(state: str | None) -> list[ColumnElement[bool]]:
    if state is None:
        return []
    return [Analysis.status == STATUS[state] if state in STATUS else literal(value=False)]


async def find(session: AsyncSession, file_id: uuid.UUID) -> File | None:
    """One recording."""
    return (await _read(session, [file_id])).get(file_id)


async def _read(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, File]:
    waiting = (
        select(WaitingFile, Agent.name, Upload)
        .join(Upload, Upload.id == WaitingFile.upload_id)
        .outerjoin(Agent, Agent.id == WaitingFile.agent_id)
        .where(WaitingFile.id.in_(ids))
    )
    taken = (
        select(Analysis, Agent.name, Upload, Recording)
        .outerjoin(Upload, Upload.id == Analysis.upload_id)
        .outerjoin(Recording, Recording.id == Analysis.recording_id)
        .outerjoin(Agent, Agent.id == Analysis.agent_id)
        .where(Analysis.id.in_(ids), *_HEARD)
    )
    shown = await shown_for(session, ids)
    found = {row[0].id: File(*row) for row in (await session.execute(waiting)).all()}
    for row in (await session.execute(taken)).all():
        found[row[0].id] = File(*row, evaluation_id=shown.get(row[0].id, row[0].id))
    return found
