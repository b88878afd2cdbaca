"""Teams, who leads them, and which agent a person is."""

import uuid

from sqlalchemy import select

from calltrace.accounts.models import User
from calltrace.pipeline.context import Platform
from calltrace.reviews.models import Team
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
            "names an agent that this organisation does not have",
        ),
        ({"name": "x", "agentIds": ["nonsense"]}, "Choose from the list."),
        ({"name": "Kept", "supervisorIds": [agent]}, "names somebody who is no supervisor"),
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
