"""Every SELECT on what calls are sorted by."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.catalog.models import Agent, Archivable, CallCenter, Engagement, Project, Queue
from calltrace.db.listing import NameFilter, Slice, listed
from calltrace.kit.ids import as_uuid
from calltrace.scorecards.models import ScorecardRow, ScorecardVersion
from calltrace.scorecards.queries import effective_version

_FEW = 5


Labelled = Agent | Queue | Project | CallCenter | Engagement
M = TypeVar("M", Agent, Queue, Project, CallCenter, Engagement)


async def has(session: AsyncSession, model: type[Labelled], row_id: uuid.UUID) -> bool:
    """Whether the organisation has one of a kind with this id."""
    return await session.scalar(select(model.id).where(model.id == row_id)) is not None


async def holds(session: AsyncSession, model: type[Labelled], row_id: uuid.UUID) -> bool:
    """The same, and nobody deletes it until the transaction ends."""
    query = select(model.id).where(model.id == row_id).with_for_update(read=True, key_share=True)
    return await session.scalar(query) is not None


async def agents(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Agent]:
    """Agents of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(Agent), Agent, names, part))).all()


async def queues(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Queue]:
    """Queues of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(Queue), Queue, names, part))).all()


async def projects(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Project]:
    """Projects of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(Project), Project, names, part))).all()


async def call_centers(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[CallCenter]:
    """Call centres of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(CallCenter), CallCenter, names, part))).all()


async def engagements(session: AsyncSession, names: NameFilter, part: Slice) -> Sequence[Engagement]:
    """Engagements of the organisation, newest first, and one more than asked for if there are more."""
    return (await session.scalars(listed(select(Engagement), Engagement, names, part))).all()


async def found(
    session: AsyncSession, model: type[M], part_of_name: str, wanted: Mapping[str, str], part: Slice,
    *, archived: bool = False,
) -> Sequence[M]:  # fmt: skip
    """Rows of one kind, newest first, and one more than asked for if there are more.

    Args:
        session: of the organisation.
        model: which kind.
        part_of_name: what their names have in them, whatever its case.
        wanted: values of their columns, letter by letter.
        part: which of them.
        archived: of those that were put away, if that can be; else of the others.
    """
    query = select(model).where(*(getattr(model, name) == value for name, value in wanted.items()))
    if issubclass(model, Archivable):
        query = query.where(model.archived_at.is_not(None) if archived else model.archived_at.is_(None))
    if part_of_name:
        query = query.where(model.name.icontains(part_of_name, autoescape=True))
    return (await session.scalars(listed(query, model, NameFilter(), part))).all()


async def types(session: AsyncSession, model: type[Queue] | type[Engagement], limit: int) -> Sequence[str]:
    """The types of campaigns or engagements that there are, in their order."""
    query = select(model.kind).where(model.kind.is_not(None)).distinct().order_by(model.kind).limit(limit)
    return [one for one in await session.scalars(query) if one]


async def by_name(
    session: AsyncSession, model: type[M], limit: int, keep: Collection[uuid.UUID | None] = ()
) -> Sequence[M]:
    """The first ``limit`` of one kind in the order of their names.

    Those that were put away are left out, but for those to ``keep``: what is chosen is offered.
    """
    query = select(model).order_by(model.name, model.id).limit(limit)
    return (await session.scalars(query.where(offered(model, keep)))).all()


def offered(model: type[Labelled], keep: Collection[uuid.UUID | None] = ()) -> ColumnElement[bool]:
    """A condition on rows of the catalogue: they are not put away, or among those to ``keep``."""
    kept = [one for one in keep if one is not None]
    if issubclass(model, Engagement):
        return or_(model.status != "archived", model.id.in_(kept))
    if not issubclass(model, Archivable):
        return true()
    return or_(model.archived_at.is_(None), model.id.in_(kept))


async def default_engagement(session: AsyncSession) -> Engagement | None:
    """The organisation's default engagement, if it was needed yet."""
    return await session.scalar(select(Engagement).where(Engagement.is_default))


async def oldest_agent_named(session: AsyncSession, agent_name: str) -> Agent | None:
    """The agent of a name; of several, whoever was there first."""
    query = select(Agent).where(Agent.name == agent_name).order_by(Agent.created_at, Agent.id).limit(1)
    return await session.scalar(query)


async def call_center_of(
    session: AsyncSession, queue_id: uuid.UUID | None, agent_id: uuid.UUID | None
) -> uuid.UUID | None:
    """Where a call was taken, as its queue says, else its agent."""
    for model, row_id in ((Queue, queue_id), (Agent, agent_id)):
        row = await session.get(model, row_id) if row_id else None
        if row is not None and row.call_center_id is not None:
            return row.call_center_id
    return None


async def agent_known_as(session: AsyncSession, text: str) -> uuid.UUID | None:
    """The agent with this external id, or without one and with this id of ours."""
    nameless = and_(Agent.external_id.is_(None), Agent.id == as_uuid(text))
    return await session.scalar(select(Agent.id).where(or_(Agent.external_id == text, nameless)))


async def agents_by_name(
    session: AsyncSession, limit: int, only: Collection[uuid.UUID] | None = None, part: str = ""
) -> Sequence[Agent]:
    """The first ``limit`` agents in the order of their names; of some, where those or a part are given."""
    query = select(Agent).order_by(Agent.name, Agent.id).limit(limit)
    if part:
        query = query.where(Agent.name.icontains(part, autoescape=True))
    return (await session.scalars(query if only is None else query.where(Agent.id.in_(only)))).all()


async def queues_by_name(
    session: AsyncSession, limit: int, keep: Collection[uuid.UUID | None] = ()
) -> Sequence[Queue]:
    """The first ``limit`` queues in the order of their names."""
    return await by_name(session, Queue, limit, keep)


async def projects_by_name(
    session: AsyncSession, limit: int, keep: Collection[uuid.UUID | None] = ()
) -> Sequence[Project]:
    """The first ``limit`` projects in the order of their names."""
    return await by_name(session, Project, limit, keep)


async def queues_named(session: AsyncSession, text: str) -> Sequence[Queue]:
    """Queues of the organisation that an id, an external id or a name names."""
    match = or_(Queue.id == as_uuid(text), Queue.external_id == text, Queue.name == text)
    return (await session.scalars(select(Queue).where(match))).all()


async def scorecard_of_queue(session: AsyncSession, queue_id: uuid.UUID) -> ScorecardVersion | None:
    """The version that counts of the scorecard that a queue chooses."""
    query = effective_version().join(Queue, Queue.scorecard_id == ScorecardRow.id)
    row = (await session.execute(query.where(Queue.id == queue_id))).first()
    return row[1] if row else None


async def queues_with_scorecard(session: AsyncSession, scorecard_id: uuid.UUID) -> Sequence[Queue]:
    """The first few queues that choose a scorecard."""
    query = select(Queue).where(Queue.scorecard_id == scorecard_id).order_by(Queue.name).limit(_FEW)
    return (await session.scalars(query)).all()
