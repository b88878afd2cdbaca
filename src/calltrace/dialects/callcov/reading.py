"""Reading analyses as this contract shows them."""

import asyncio
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.dialects.callcov import queries, shown
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.errors import RefusedError
from calltrace.dialects.callcov.queries import Wanted, Whole
from calltrace.dialects.callcov.shown import Showing
from calltrace.kit.ids import as_uuid
from calltrace.kit.json_list import json_list
from calltrace.kit.json_text import dumps
from calltrace.pipeline.context import Platform
from calltrace.scorecards.document import Scorecard

_AT_ONCE = 20
"""So many are in memory together: a thousand calls of ten minutes would be hundreds of megabytes."""
_MANY = 8
"""From so many analyses on, showing them would hold up other requests."""


async def scorecards_of(session: AsyncSession, found: Collection[Whole]) -> dict[uuid.UUID, Scorecard]:
    """The scorecards that these are pinned to, by version."""
    versions = shown.versions_of(found)
    stored = await queries.scorecards(session, versions) if versions else {}
    return {one: Scorecard.model_validate(version.document) for one, version in stored.items()}


async def find(session: AsyncSession, caller: Caller, text: str) -> Whole:
    """One analysis that the caller may see.

    Raises:
        RefusedError: 404. What is no id, another organisation's or the other mode's is like an unknown one.
    """
    analysis_id = as_uuid(text)
    found = await queries.find(session, analysis_id, caller.mode, caller.agents) if analysis_id else None
    if found is None:
        raise RefusedError(404, "Analysis not found")
    return found


async def one(platform: Platform, caller: Caller, text: str, status: int = 200) -> Response:
    """One analysis as an answer."""
    async with platform.database.tenant(caller.org_id) as session:
        found = await find(session, caller, text)
        scorecards = await scorecards_of(session, [found])
    return json_answer(shown.analysis(found, Showing(shown.signed(platform.links), scorecards)), status)


async def many(platform: Platform, caller: Caller, wanted: Wanted, offset: int, limit: int) -> Response:
    """A part of the list (acceptance CV-109). A long one is sent as it is read."""
    async with platform.database.tenant(caller.org_id) as session:
        total, chosen = await queries.page(session, wanted, offset=offset, limit=limit)
    more = b"true" if offset + len(chosen) < total else b"false"

    async def write(some: Sequence[uuid.UUID]) -> bytes:
        async with platform.database.tenant(caller.org_id) as session:
            found = await queries.whole(session, some)
            showing = Showing(shown.signed(platform.links), await scorecards_of(session, found))
        if len(found) > _MANY:
            return await asyncio.to_thread(_written, found, showing)
        return _written(found, showing)

    after = b'],"has_more":%s,"total":%d}' % (more, total)
    return await json_list(chosen, write, b'{"object":"list","data":[', after, at_once=_AT_ONCE)


def _written(found: Sequence[Whole], showing: Showing) -> bytes:
    return b",".join(dumps(shown.analysis(row, showing)) for row in found)


def json_answer(content: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(dumps(content), status, media_type="application/json")
