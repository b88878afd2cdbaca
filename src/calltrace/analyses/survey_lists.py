"""Surveys that are there: listed, found, deleted."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor, Deed, record
from calltrace.accounts.models import Mode
from calltrace.analyses.read import following
from calltrace.conversations.models import Conversation, Survey
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed down to; all given ones must hold. Moments are inclusive."""

    mode: Mode = "live"
    external_id: str | None = None
    call_id: uuid.UUID | None = None
    conversation_id: uuid.UUID | None = None
    state: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


async def page(
    session: AsyncSession, filters: Filters, *, cursor: str | None, limit: int
) -> tuple[Sequence[Survey], str | None]:
    """One page of surveys, newest first, and the cursor of the next page."""
    query = select(Survey).where(Survey.mode == filters.mode)
    for column, value in (
        (Survey.external_id, filters.external_id), (Survey.state, filters.state),
    ):  # fmt: skip
        query = query if value is None else query.where(column == value)
    if filters.call_id is not None:
        threads = select(Conversation.id).where(Conversation.analysis_id == filters.call_id)
        query = query.where(or_(Survey.analysis_id == filters.call_id, Survey.conversation_id.in_(threads)))
    if filters.conversation_id is not None:
        calls = select(Conversation.analysis_id).where(Conversation.id == filters.conversation_id)
        query = query.where(
            or_(Survey.conversation_id == filters.conversation_id, Survey.analysis_id.in_(calls))
        )
    if filters.created_from is not None:
        query = query.where(Survey.created_at >= filters.created_from)
    if filters.created_to is not None:
        query = query.where(Survey.created_at <= filters.created_to)
    if cursor is not None:
        after = Cursor.decode(cursor)
        place = tuple_(literal(after.moment), literal(after.id))
        query = query.where(tuple_(Survey.created_at, Survey.id) < place)
    found = (
        await session.scalars(query.order_by(Survey.created_at.desc(), Survey.id.desc()).limit(limit + 1))
    ).all()
    return found[:limit], following(found, limit)


async def find(session: AsyncSession, survey_id: uuid.UUID, mode: Mode) -> Survey:
    """One survey.

    Raises:
        NotFoundError: there is none, or it is another organisation's or mode's.
    """
    found = await session.scalar(select(Survey).where(Survey.id == survey_id, Survey.mode == mode))
    if found is None:
        raise NotFoundError("There is no survey with this id.")
    return found


async def delete(session: AsyncSession, actor: Actor, survey_id: uuid.UUID, mode: Mode) -> None:
    """Delete a survey; its call stays.

    Raises:
        NotFoundError: as above.
    """
    row = await find(session, survey_id, mode)
    await session.delete(row)
    await session.flush()
    await record(session, row.org_id, actor, Deed("survey.deleted", row.id, {"mode": mode}))
