"""What a queue decides for its calls, and the organisation where it does not: the scorecard, above all.

This is the one place that says which scorecard judges a call. One that is in use stays.
"""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor, Deed, record
from calltrace.catalog import queries
from calltrace.catalog.errors import ScorecardInUseError
from calltrace.catalog.models import Queue
from calltrace.kit.errors import FieldError, InvalidRequestError
from calltrace.kit.words import Words
from calltrace.scorecards import queries as scorecards
from calltrace.scorecards import service, versions
from calltrace.scorecards.catalogue import default_scorecard
from calltrace.scorecards.document import Scorecard
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion
from calltrace.scorecards.queries import Stored

_MISSING = Words("This organisation has no such scorecard (any more).")
_ARCHIVED = Words("This scorecard is archived.")
_UNPUBLISHED = Words("Nothing of this scorecard is published yet.")


async def choose(
    session: AsyncSession, queue_id: uuid.UUID | None, scorecard_id: uuid.UUID | None = None
) -> tuple[uuid.UUID | None, Scorecard]:
    """The scorecard that calls of a queue are held against (acceptance CT-046), and its version's row.

    Its newest published version; the one that ships has no row. One that was asked for with the call
    comes first, as long as calls can be judged by it.
    """
    if scorecard_id == default_scorecard().id:
        return None, default_scorecard()
    asked = await scorecards.effective_scorecard(session, scorecard_id) if scorecard_id else None
    version = asked or await chosen_version(session, queue_id)
    if version is None:
        return None, default_scorecard()
    return version.id, Scorecard.model_validate(version.document)


async def chosen_version(session: AsyncSession, queue_id: uuid.UUID | None) -> ScorecardVersion | None:
    """What the queue chooses, else the organisation; ``None`` is the scorecard that ships."""
    by_queue = await queries.scorecard_of_queue(session, queue_id) if queue_id else None
    return by_queue or await scorecards.default_version(session)


async def asked_version(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardVersion | None:
    """The version that counts of the scorecard that somebody asks for; ``None`` is the one that ships.

    Raises:
        InvalidRequestError: there is no such scorecard, it is archived, or nothing of it is published.
    """
    if scorecard_id == default_scorecard().id:
        return None
    found = await scorecards.effective_scorecard(session, scorecard_id)
    if found is None:
        detail = await refusal(session, scorecard_id)
        raise InvalidRequestError(detail, errors=[FieldError("/scorecardId", detail)])
    return found


async def refusal(session: AsyncSession, scorecard_id: uuid.UUID) -> str:
    """Why no call can be judged by a scorecard."""
    found = await scorecards.scorecard(session, scorecard_id)
    if found is None:
        return _MISSING.where_programs_read("scorecardId names nothing that this organisation has.")
    if found.row.archived_at is not None:
        return _ARCHIVED.where_programs_read("scorecardId names a scorecard that is archived.")
    return _UNPUBLISHED.where_programs_read(
        "scorecardId names a scorecard of which nothing is published yet."
    )


async def set_default(
    session: AsyncSession, org_id: uuid.UUID, actor: Actor, scorecard_id: uuid.UUID | None
) -> None:
    """Hold calls of the organisation against a scorecard where no queue says otherwise; none: what ships.

    Raises:
        InvalidRequestError: there is no such scorecard, it is archived, or nothing of it is published.
    """
    await accounts.locked_organisation(session, org_id)  # of two who choose, the later one decides
    row = None if scorecard_id is None else await scorecards.for_change(session, scorecard_id)
    if scorecard_id is not None:
        await asked_version(session, scorecard_id)
    before = await scorecards.default_row(session)
    if (before.id if before else None) == (row.id if row else None):
        return
    if before is not None:
        before.is_default = False
        await session.flush()
    if row is not None:
        row.is_default = True
        await session.flush()
    details = {"fields": ["scorecardId"], "scorecardId": str(row.id) if row else None}
    await record(session, org_id, actor, Deed("organisation.updated", org_id, details))


async def agent_channels(session: AsyncSession, queue_id: uuid.UUID | None) -> str | None:
    """Where the agent is on a queue's recordings, if the queue says so."""
    queue = await session.get(Queue, queue_id) if queue_id else None
    return queue.agent_channels if queue else None


async def delete_scorecard(session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID) -> None:
    """Delete a scorecard; evaluations stay pinned to its versions.

    Raises:
        NotFoundError: there is none. ScorecardInUseError: a queue or the organisation chooses it.
    """
    await service.remove(session, actor, await _unused(session, scorecard_id))


async def archive_scorecard(session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID) -> Stored:
    """Put a scorecard away: it is not changed and chosen by nobody; evaluations stay pinned to its versions.

    Raises:
        NotFoundError: there is none. ScorecardInUseError: a queue or the organisation chooses it.
    """
    await service.set_archived(session, actor, await _unused(session, scorecard_id), archived=True)
    return await versions.current(session, scorecard_id)


async def unarchive_scorecard(session: AsyncSession, actor: Actor, scorecard_id: uuid.UUID) -> Stored:
    """Take a scorecard up again.

    Raises:
        NotFoundError: there is none.
    """
    row = await versions.for_change(session, scorecard_id)
    await service.set_archived(session, actor, row, archived=False)
    return await versions.current(session, scorecard_id)


async def _unused(session: AsyncSession, scorecard_id: uuid.UUID) -> ScorecardRow:
    """A scorecard that nothing chooses, held for change."""
    row = await versions.for_change(session, scorecard_id)
    if users := await queries.queues_with_scorecard(session, scorecard_id):
        named = ", ".join(repr(queue.name) for queue in users)
        raise ScorecardInUseError(Words("Queues still choose this scorecard: %(named)s.", named=named))
    if row.is_default:
        raise ScorecardInUseError("It is the default scorecard of the organisation.")
    return row
