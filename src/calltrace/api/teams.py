"""``/api/v1/teams``: agents, and the supervisors who see their calls."""

import uuid
from typing import Annotated

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.audit import Actor
from calltrace.api.catalog import EXTERNAL_ID, ExternalId, Name
from calltrace.api.resources import Json, router_of
from calltrace.api.schemas import Wire
from calltrace.db.listing import NameFilter, Slice
from calltrace.reviews import shown, teams
from calltrace.reviews.who import of_key

People = Annotated[list[Annotated[uuid.UUID, Field(strict=False)]], Field(max_length=1000)]
SUPERVISORS = "Users who lead the team: a supervisor sees the calls of its agents, and no others."


class TeamRequest(Wire):
    """``POST /teams``."""

    name: Name = Field(examples=["Renewals"])
    external_id: ExternalId | None = Field(None, description=EXTERNAL_ID)
    agent_ids: People = Field(default_factory=list[uuid.UUID], examples=[[]])
    supervisor_ids: People = Field(default_factory=list[uuid.UUID], description=SUPERVISORS, examples=[[]])


class TeamChanges(TeamRequest):
    """``PATCH /teams/{id}``: only what is sent counts; lists are replaced as a whole."""

    name: Name = Field(default_factory=str, examples=["Renewals"])


class TeamDocument(Wire):
    """A team."""

    id: str
    name: str
    external_id: str | None
    agent_ids: list[str]
    supervisor_ids: list[str] = Field(description=SUPERVISORS)
    created_at: str


class Teams:
    """Teams, as a resource."""

    singular, plural = "team", "teams"
    wanted: type[Wire] = TeamRequest
    changes: type[Wire] = TeamChanges
    listed: type[Wire] = TeamDocument
    shown: type[Wire] = TeamDocument

    async def page(
        self, session: AsyncSession, names: NameFilter, part: Slice
    ) -> tuple[list[Json], str | None]:
        """One page, newest first."""
        found, following = await teams.page(session, names, part)
        return [shown.team(one) for one in found], following

    async def create(self, session: AsyncSession, org_id: uuid.UUID, actor: Actor, wanted: Json) -> Json:
        """Make one."""
        return shown.team(await teams.create(session, of_key(org_id, actor, "live"), wanted))

    async def find(self, session: AsyncSession, row_id: uuid.UUID) -> Json:
        """Read one."""
        return shown.team(await teams.find(session, row_id))

    async def change(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID, changes: Json) -> Json:
        """Change one."""
        org_id = (await teams.find(session, row_id)).row.org_id
        return shown.team(await teams.change(session, of_key(org_id, actor, "live"), row_id, changes))

    async def delete(self, session: AsyncSession, actor: Actor, row_id: uuid.UUID) -> None:
        """Delete one."""
        org_id = (await teams.find(session, row_id)).row.org_id
        await teams.remove(session, of_key(org_id, actor, "live"), row_id)


router = router_of(Teams(), "reviews")
