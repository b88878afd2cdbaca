"""Calls without what was said in them: for whoever may know that they took place (acceptance CT-026)."""

import uuid
from collections.abc import Sequence
from typing import Any

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import list_queries, queries, read, search
from calltrace.analyses.document import CallDocument
from calltrace.analyses.links import RecordingLinks
from calltrace.analyses.models import Analysis
from calltrace.kit import clock
from calltrace.kit.cursor import Cursor
from calltrace.kit.errors import NotFoundError


class CallRecord(CallDocument):
    """A call and its recording; ``callId`` is the id of its analysis. Neither words nor verdicts."""

    call_id: str
    analysis_id: str
    external_id: str | None
    file_name: str | None
    created_at: str
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])


async def find(session: AsyncSession, call_id: uuid.UUID, mode: Mode | None = None) -> Analysis:
    """One call; of one mode, when that is given.

    Raises:
        NotFoundError: there is none, or it belongs to another organisation or mode.
    """
    found = await queries.call(session, call_id, mode)
    if found is None:
        raise NotFoundError("There is no call with this id.")
    return found


async def page(
    session: AsyncSession, filters: list_queries.Filters, *, cursor: str | None, limit: int
) -> tuple[Sequence[Analysis], str | None]:
    """One page of calls, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    found = await list_queries.calls(session, filters, after=after, limit=limit + 1)
    return found[:limit], read.following(found, limit)


def record(analysis: Analysis, links: RecordingLinks) -> CallRecord:
    """What is shown of a call."""
    return CallRecord(
        **dict(read.call_document(analysis, links)),
        call_id=str(analysis.id),
        analysis_id=str(analysis.id),
        external_id=analysis.external_id,
        file_name=analysis.file_name,
        created_at=clock.iso(analysis.created_at),
        metadata=analysis.details,
    )


async def listed(
    session: AsyncSession, filters: list_queries.Filters, *, cursor: str | None, limit: int
) -> tuple[Sequence[list_queries.Listed], str | None]:
    """One page of the list of calls, newest first, and the cursor of the next page."""
    after = Cursor.decode(cursor) if cursor else None
    if filters.text is not None:
        found, hits = await searched(session, filters, after, limit)
        return found, hits.after and hits.after.encode()
    found = await list_queries.listed(session, filters, after=after, limit=limit + 1)
    return found[:limit], read.following([one.analysis for one in found], limit)


async def searched(
    session: AsyncSession, filters: list_queries.Filters, after: Cursor | None, limit: int
) -> tuple[Sequence[list_queries.Listed], search.Hits]:
    """One page of the calls in which a text is found, and how far was looked."""
    hits = await search.find(session, filters, after, limit)
    lines = await list_queries.listed_by_id(session, hits.ids)
    return [lines[one] for one in hits.ids if one in lines], hits
