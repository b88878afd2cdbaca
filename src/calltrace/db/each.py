"""Work on one organisation after the other, of which none keeps the others from their turn."""

import uuid
from collections.abc import Awaitable, Callable, Iterable

import structlog

from calltrace.db.clock import database_now
from calltrace.db.session import Database

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


async def each(
    database: Database,
    noun: str,
    organisations: Iterable[uuid.UUID],
    work: Callable[[uuid.UUID], Awaitable[object]],
) -> None:
    """Do the work of each; what fails is logged, and the next one has its turn.

    Raises:
        DatabaseAwayError: it is away for all, not only for a statement that takes too long.
    """
    for org_id in organisations:
        try:
            await work(org_id)
        except Exception:
            log.exception("organisation_failed", work=noun, organisation=str(org_id))
            async with database.operator() as session:
                await database_now(session)
