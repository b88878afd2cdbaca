"""``/api/v1/agents`` and ``/api/v1/queues``."""

import uuid
from typing import Annotated, Generic

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.api.resources import Json, router_of
from calltrace.api.schemas import AGENT_CHANNELS, Wire
from calltrace.catalog import service
from calltrace.catalog.service import AGENTS, QUEUES, Kind, M
from calltrace.catalog.shown import as_json
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.speech.roles import ChannelOption

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
EXTERNAL_ID = "Your own identifier, unique in the organisation."


class AgentRequest(Wire):
    """``POST /agents``."""

    name: Name = Field(examples=["Jane Smith"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID, examples=["hr-4711"])


class AgentChanges(Wire):
    """``PATCH /agents/{id}``: only what is sent counts, so defaults only let a field be left out."""

    name: Name = Field(default_factory=str, examples=["Jane Doe"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)


class AgentDocument(Wire):
    """A person who takes calls."""

    id: str
    name: str
    external_id: str | None
    created_at: str


class QueueRequest(AgentRequest):
    """``POST /queues``."""

    name: Name = Field(examples=["Renewals"])
    scorecard_id: uuid.UUID | None = Field(
        None, strict=False, description="What calls of the queue are held against; null: what ships."
    )
    agent_channels: ChannelOption | None = Field(None, description=AGENT_CHANNELS)


class QueueChanges(AgentChanges):
    """``PATCH /queues/{id}``."""

    scorecard_id: uuid.UUID | None = Field(None, strict=False, description="null: the scorecard that ships.")
    agent_channels: ChannelOption | None = Field(None, description=AGENT_CHANNELS)


class QueueDocument(AgentDocument):
    """Where calls come in, and what they are held against."""

    scorecard_id: str | None
    agent_channels: ChannelOption | None = Field(description=AGENT_CHANNELS)


class Named(Generic[M]):
    """Agents or queues, as a resource."""

    def __init__(self, kind: Kind[M], *models: type[Wire]) -> None:
        self.singular, self.plural = kind.noun, kind.model.__tablename__
        self.wanted, self.changes, self.shown = models
        self.listed = self.shown
        self._kind = kind

    async def page(
        self, session: AsyncSession, names: NameFilter, part: Slice
    ) -> tuple[list[Json], str | None]:
        """One page, newest first."""
        found, following = cut(await self._kind.page(session, names, part), part.limit, lambda row: row)
        return [as_json(row) for row in found], following

    async def create(self, session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Json) -> Json:
        """Make one."""
        return as_json(await service.create(session, org_id, actor, self._kind, wanted))

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        return as_json(await service.find(session, self._kind, row_id))

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Change one."""
        return as_json(await service.change(session, actor, self._kind, row_id, changes))

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one."""
        await service.delete(session, actor, self._kind, row_id)


agents = router_of(Named(AGENTS, AgentRequest, AgentChanges, AgentDocument))
queues = router_of(Named(QUEUES, QueueRequest, QueueChanges, QueueDocument))
