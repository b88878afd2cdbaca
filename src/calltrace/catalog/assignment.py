"""What a queue decides for its calls: the scorecard, which stays while in use, and the agent's channel."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.catalog import queries
from calltrace.catalog.errors import ScorecardInUseError
from calltrace.catalog.models import Queue
from calltrace.kit.errors import NotFoundError
from calltrace.scorecards import queries as scorecards
from calltrace.scorecards import service
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard


async def choose(session: AsyncSession, queue_id: uuid.UUID | None) -> tuple[uuid.UUID | None, Scorecard]:
    """The scorecard that calls of a queue are held against (acceptance CT-046), and its version's row.

    The queue's scorecard in its newest version; for a call without a queue, or a queue without a
    scorecard, the one that ships with the product, which has no row.
    """
    version = await queries.scorecard_of_queue(session, queue_id) if queue_id else None
    if version is None:
        return None, default_scorecard()
    return version.id, Scorecard.model_validate(version.document)


async def agent_channels(session: AsyncSession, queue_id: uuid.UUID | None) -> str | None:
    """Where the agent is on a queue's recordings, if the queue says so."""
    queue = await session.get(Queue, queue_id) if queue_id else None
    return queue.agent_channels if queue else None


async def delete_scorecard(session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID) -> None:
    """Delete a scorecard; evaluations stay pinned to its versions.

    Raises:
        NotFoundError: there is none. ScorecardInUseError: a queue names it.
    """
    row = await scorecards.for_change(session, scorecard_id)
    if row is None:
        raise NotFoundError("There is no scorecard with this id.")
    if users := await queries.queues_with_scorecard(session, scorecard_id):
        named = ", ".join(repr(queue.name) for queue in users)
        raise ScorecardInUseError(f"Queues still choose this scorecard: {named}.")
    await service.remove(session, actor, row)
