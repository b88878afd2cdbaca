"""Teams, who leads them, and which agent a person is."""

import uuid

import pytest
from sqlalchemy import select

from calltrace.accounts.models import User
from calltrace.catalog.models import Agent
from calltrace.pipeline.context import Platform
from calltrace.reviews.models import Team, TeamMember
from calltrace.web.pages import teams as teams_page
from database.reviews.factory import judged_call, new_agent
from database.web.conftest import Browser, NewPerson
from database.web.people import user_id


async def test_a_team_decides_from_the_next_page_on_what_its_supervisor_sees(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane = await new_agent(platform.database, org)
    await judged_call(platform, org, agent_id=jane, file_name="one.mp3")
    supervisor = await person("supervisor")
    assert "You lead no team yet." in (await supervisor.get("/calls")).text
    leader = str(await user_id(platform.database, org, supervisor))
    made = {"name": "North", "agentIds": [str(jane)], "supervisorIds": [leader]}
    assert (await admin.submit("/admin/teams/new", made)).status_code == 303
    shown = (await admin.get("/admin/teams")).text
    for text in ("North", "1 agent: Jane", f"led by {supervisor.email}"):
        assert text in shown
    assert "one.mp3" in (await supervisor.get("/calls")).text
    async with platform.database.tenant(org) as session:
        path = f"/admin/teams/{await session.scalar(select(Team.id))}"
    assert f'value="{jane}" checked' in (await admin.get(path)).text
    assert (await admin.submit(path, {"name": "South", "supervisorIds": [leader]})).status_code == 303
    assert "one.mp3" not in (await supervisor.get("/calls")).text
    assert (await admin.submit(path, to=f"{path}/delete")).status_code == 303
    assert "No team yet." in (await admin.get("/admin/teams")).text


async def test_what_is_wrong_with_a_team_is_told(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    agent = str(await user_id(platform.database, org, await person("agent")))
    for fields, said in (
        ({"name": ""}, "name"),
        (
            {"name": "x", "agentIds": [str(uuid.uuid4())]},
            "This organisation has no such agent",
        ),
        ({"name": "x", "agentIds": ["nonsense"]}, "Choose from the list."),
        ({"name": "Kept", "supervisorIds": [agent]}, "Somebody who is chosen leads no team"),
    ):
        refused = await admin.submit("/admin/teams/new", fields)
        assert (refused.status_code, said in refused.text) == (400, True), fields
    assert 'value="Kept"' in refused.text


async def test_a_person_is_one_agent_and_an_agent_one_person(
    admin: Browser, person: NewPerson, platform: Platform, org: uuid.UUID
) -> None:
    jane = await new_agent(platform.database, org)
    first, second = [await user_id(platform.database, org, await person("agent")) for _ in range(2)]
    to = "/admin/teams/people/"
    bound = await admin.submit("/account", {"agent": str(jane)}, to=f"{to}{first}")
    assert bound.headers["location"] == "/admin/teams?done=person-bound#people"
    taken = await admin.submit("/account", {"agent": str(jane)}, to=f"{to}{second}")
    assert (taken.status_code, "Another user is this agent already." in taken.text) == (409, True)
    wrong = await admin.submit("/account", {"agent": "nonsense"}, to=f"{to}{second}")
    assert wrong.status_code == 400
    assert (await admin.submit("/account", {"agent": ""}, to=f"{to}{first}")).status_code == 303
    async with platform.database.tenant(org) as session:
        assert (await session.get_one(User, first)).agent_id is None


async def test_agents_that_the_form_has_no_room_for_stay_in_the_team_and_are_found(
    admin: Browser, platform: Platform, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teams_page, "MOST_NAMES", 3)
    async with platform.database.tenant(org) as session:
        many = [Agent(org_id=org, name=f"Agent {letter}") for letter in "abcdef"]
        session.add_all(many)
        team = Team(org_id=org, name="Large")
        session.add(team)
        await session.flush()
        session.add_all(TeamMember(org_id=org, team_id=team.id, agent_id=one.id) for one in many[:5])
    path, a = f"/admin/teams/{team.id}", str(many[0].id)

    async def members() -> str:
        async with platform.database.tenant(org) as session:
            query = select(Agent.name).join(TeamMember, TeamMember.agent_id == Agent.id)
            return "".join(sorted(name[-1] for name in await session.scalars(query)))

    shown = (await admin.get(path)).text
    assert "2 agents of the team are not in this list and stay in it." in shown
    assert str(many[5].id) not in shown
    listed = (await admin.get("/admin/teams")).text
    assert "5 agents" in listed
    assert "another" not in listed
    await admin.submit(path, {"name": "Large", "agentIds": [a]})
    assert await members() == "ade"
    found = (await admin.get(f"{path}?find=AGENT+f")).text
    assert str(many[5].id) in found
    assert "3 agents of the team are not in this list" in found
    await admin.submit(f"{path}?find=agent+f", {"name": "Large", "agentIds": [str(many[5].id)]}, to=path)
    assert await members() == "adef"
    assert "No agent has such a name." in (await admin.get(f"{path}?find=%25")).text
