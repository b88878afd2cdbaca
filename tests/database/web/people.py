"""Teams and the people in them, for pages that show each of them something else."""

import uuid

from sqlalchemy import select

from calltrace.accounts.models import User
from calltrace.db.session import Database
from calltrace.reviews.models import ReviewItem, Team, TeamMember, TeamSupervisor
from database.web.conftest import Browser


async def user_id(database: Database, org: uuid.UUID, browser: Browser) -> uuid.UUID:
    async with database.tenant(org) as session:
        found = await session.scalar(select(User.id).where(User.email == browser.email))
    assert found
    return found


async def bind(database: Database, org: uuid.UUID, browser: Browser, agent_id: uuid.UUID) -> None:
    """From now on this person is that agent."""
    async with database.tenant(org) as session:
        user = await session.scalar(select(User).where(User.email == browser.email))
        assert user
        user.agent_id = agent_id


async def lead(database: Database, org: uuid.UUID, browser: Browser, *agent_ids: uuid.UUID) -> None:
    """This person leads a team of these agents."""
    leader = await user_id(database, org, browser)
    async with database.tenant(org) as session:
        team = Team(org_id=org, name="North")
        session.add(team)
        await session.flush()
        session.add(TeamSupervisor(org_id=org, team_id=team.id, user_id=leader))
        session.add_all(TeamMember(org_id=org, team_id=team.id, agent_id=one) for one in agent_ids)


async def queued(database: Database, org: uuid.UUID, call_id: uuid.UUID) -> uuid.UUID:
    """The call is put on the review queue: the id of its place there."""
    async with database.tenant(org) as session:
        item = ReviewItem(org_id=org, analysis_id=call_id, reasons=[{"ruleId": "x", "name": "By chance"}])
        session.add(item)
        await session.flush()
        return item.id
