"""Whole lists come page by page, each row once."""

import uuid

from calltrace.catalog.models import Agent
from calltrace.catalog.service import AGENTS
from calltrace.db.listing import everything
from calltrace.db.session import Database


async def test_a_list_of_several_pages_comes_whole(database: Database, org: uuid.UUID) -> None:
    names = [f"agent {n}" for n in range(401)]
    async with database.tenant(org) as session:
        session.add_all(Agent(org_id=org, name=name) for name in names)
    async with database.tenant(org) as session:
        found = await everything(session, AGENTS.page, lambda row: row)
    assert sorted(one.name for one in found) == sorted(names)
