"""``/api/v1/agents``, ``queues``, ``projects``, ``call-centers`` and ``engagements``."""

import uuid
from datetime import date
from typing import Annotated, Generic, Literal

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.api.resources import Json, router_of
from calltrace.api.schemas import AGENT_CHANNELS, Wire
from calltrace.catalog import service
from calltrace.catalog.service import AGENTS, CALL_CENTERS, ENGAGEMENTS, PROJECTS, QUEUES, Kind, M
from calltrace.catalog.shown import as_json
from calltrace.db.listing import NameFilter, Slice, cut
from calltrace.speech.roles import ChannelOption

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255)]
EXTERNAL_ID = "Your own identifier, unique in the organisation."


class NamedRequest(Wire):
    """What every kind can be given."""

    name: Name = Field(examples=["Jane Smith"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID, examples=["hr-4711"])


class NamedChanges(Wire):
    """A ``PATCH``: only what is sent counts, so defaults only let a field be left out."""

    name: Name = Field(default_factory=str, examples=["Jane Doe"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)


class NamedDocument(Wire):
    """What every kind shows."""

    id: str
    name: str
    external_id: str | None
    created_at: str


class CallCenterRequest(NamedRequest):
    """``POST /call-centers``."""

    name: Name = Field(examples=["Lisbon"])


class CallCenterChanges(NamedChanges):
    """``PATCH /call-centers/{id}``."""


class CallCenterDocument(NamedDocument):
    """A site where calls are taken."""


class AgentFields(Wire):
    """What only agents have."""

    call_center_id: uuid.UUID | None = Field(None, strict=False, description="Where the person works.")


class AgentRequest(AgentFields, NamedRequest):
    """``POST /agents``."""


class AgentChanges(AgentFields, NamedChanges):
    """``PATCH /agents/{id}``."""


class AgentDocument(NamedDocument):
    """A person who takes calls."""

    call_center_id: str | None


Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Type = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class ProjectFields(Wire):
    """What only projects have."""

    description: Text | None = Field(None, examples=["All calls of the spring offer"])


class ProjectRequest(ProjectFields, NamedRequest):
    """``POST /projects``."""

    name: Name = Field(examples=["Spring offer"])


class ArchivedChanges(Wire):
    """What can be put away."""

    archived: bool = Field(
        default=False,
        description="Put away: kept with its calls, in no menu. False takes it out.",
    )


class ProjectChanges(ArchivedChanges, ProjectFields, NamedChanges):
    """``PATCH /projects/{id}``."""


class ProjectDocument(NamedDocument):
    """A label for recordings that belong together."""

    description: str | None
    archived_at: str | None


EngagementStatus = Literal["active", "completed", "archived"]


class EngagementFields(Wire):
    """What only engagements have."""

    description: Text | None = None
    type: Type = Field("general", examples=["renewal"])
    status: EngagementStatus = "active"


class EngagementRequest(EngagementFields, NamedRequest):
    """``POST /engagements``."""

    name: Name = Field(examples=["Renewal of Acme"])


class EngagementChanges(EngagementFields, NamedChanges):
    """``PATCH /engagements/{id}``."""


class EngagementDocument(NamedDocument):
    """A piece of work with a customer that groups conversations."""

    description: str | None
    type: str
    status: EngagementStatus
    updated_at: str


CampaignStatus = Literal["active", "paused", "completed"]


class QueueFields(Wire):
    """What only queues have."""

    scorecard_id: uuid.UUID | None = Field(
        None, strict=False, description="What calls of the queue are held against; null: what ships."
    )
    agent_channels: ChannelOption | None = Field(None, description=AGENT_CHANNELS)
    description: Text | None = None
    type: Type | None = Field(None, description="Of the campaign that it stands for.", examples=["outbound"])
    status: CampaignStatus = "active"
    call_center_id: uuid.UUID | None = Field(None, strict=False, description="Where its calls are taken.")
    start_date: date | None = Field(None, strict=False, examples=["2026-01-01"])
    end_date: date | None = Field(None, strict=False)


class QueueRequest(QueueFields, NamedRequest):
    """``POST /queues``."""

    name: Name = Field(examples=["Renewals"])


class QueueChanges(ArchivedChanges, QueueFields, NamedChanges):
    """``PATCH /queues/{id}``."""


class QueueDocument(NamedDocument):
    """Where calls come in, and what they are held against."""

    scorecard_id: str | None
    agent_channels: ChannelOption | None = Field(description=AGENT_CHANNELS)
    description: str | None
    type: str | None
    status: CampaignStatus
    call_center_id: str | None
    start_date: str | None
    end_date: str | None
    updated_at: str
    archived_at: str | None


_COLUMNS = {"type": "kind", "start_date": "starts_on", "end_date": "ends_on"}
"""Fields whose columns are called otherwise."""


class Named(Generic[M]):
    """One of the kinds, as a resource."""

    def __init__(self, kind: Kind[M], *models: type[Wire]) -> None:
        self.singular, self.plural = kind.noun, kind.plural
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
        return as_json(await service.create(session, org_id, actor, self._kind, _columns(wanted)))

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        return as_json(await service.find(session, self._kind, row_id))

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Change one."""
        return as_json(await service.change(session, actor, self._kind, row_id, _columns(changes)))

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one."""
        await service.delete(session, actor, self._kind, row_id)


def _columns(fields: Json) -> Json:
    return {_COLUMNS.get(name, name): value for name, value in fields.items()}


agents = router_of(Named(AGENTS, AgentRequest, AgentChanges, AgentDocument))
queues = router_of(Named(QUEUES, QueueRequest, QueueChanges, QueueDocument))
projects = router_of(Named(PROJECTS, ProjectRequest, ProjectChanges, ProjectDocument))
call_centers = router_of(Named(CALL_CENTERS, CallCenterRequest, CallCenterChanges, CallCenterDocument))
engagements = router_of(Named(ENGAGEMENTS, EngagementRequest, EngagementChanges, EngagementDocument))
