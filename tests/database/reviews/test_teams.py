"""Teams decide whose calls a supervisor sees; a user who is an agent sees the own."""

import uuid
from typing import Any

import pytest

from calltrace.accounts.audit import OPERATOR, Actor
from calltrace.accounts.errors import AlreadyExistsError, ForbiddenError
from calltrace.analyses import list_queries
from calltrace.kit.errors import InvalidRequestError
from calltrace.pipeline.context import Platform
from calltrace.reviews import teams, who
from calltrace.reviews.who import Who
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import judged_call, new_agent, new_user


async def test_a_team_is_made_read_changed_and_deleted(call: Api, platform: Platform, caller: Caller) -> None:
    agents = [str(await new_agent(platform.database, caller.org_id, name)) for name in "ab"]
    leader = str(await new_user(platform.database, caller.org_id, "supervisor"))
    made = await call.made("teams", name="Renewals", externalId="t", agentIds=agents, supervisorIds=[leader])
    one = f"teams/{made['id']}"
    assert (sorted(made["agentIds"]), made["supervisorIds"]) == (sorted(agents), [leader])
    assert (await call("GET", one)).json() == made
    assert (await call("GET", "teams?externalId=t")).json() == {"data": [made], "nextCursor": None}
    renamed = (await call("PATCH", one, {"name": "Sales", "agentIds": agents[:1]})).json()
    assert renamed == made | {"name": "Sales", "agentIds": agents[:1]}
    refused(
        await call("POST", "teams", {"name": "x", "externalId": "t"}), 409, "already_exists", "/externalId"
    )
    assert (await call("DELETE", one)).status_code == 204
    refused(await call("GET", one), 404, "not_found")


@pytest.mark.parametrize("field", ["agentIds", "supervisorIds"])
async def test_people_of_others_and_agents_as_leaders_are_refused(
    call: Api, platform: Platform, caller: Caller, new_org: Any, field: str
) -> None:
    database, other = platform.database, await new_org()
    stranger = {"agentIds": new_agent(database, other), "supervisorIds": new_user(database, other, "owner")}
    wrong = [str(uuid.uuid4()), str(await stranger.pop(field))]
    for coroutine in stranger.values():
        coroutine.close()
    if field == "supervisorIds":
        wrong.append(str(await new_user(database, caller.org_id, "agent")))
    for one in wrong:
        body = {"name": "x", field: [one]}
        refused(await call("POST", "teams", body), 400, "invalid_request", f"/{field}")
    assert (await call("GET", "teams")).json()["data"] == []


async def _user(platform: Platform, org: uuid.UUID, user: uuid.UUID) -> Who:
    async with platform.database.tenant(org) as session:
        return await who.of_user(session, user, Actor("user", "x", user))


async def test_each_role_sees_its_calls(call: Api, platform: Platform, caller: Caller) -> None:
    database, org = platform.database, caller.org_id
    led, other = [await new_agent(database, org, name) for name in "ab"]
    supervisor = await new_user(database, org, "supervisor")
    people = {
        "owner": await new_user(database, org, "owner"),
        "reviewer": await new_user(database, org, "reviewer"),
        "supervisor": supervisor, "agent": await new_user(database, org, "agent", other),
        "unbound": await new_user(database, org, "agent"),
    }  # fmt: skip
    await call.made("teams", name="x", agentIds=[str(led)], supervisorIds=[str(supervisor)])
    calls = {
        "led": await judged_call(platform, org, agent_id=led),
        "other": await judged_call(platform, org, agent_id=other),
        "nobody's": await judged_call(platform, org),
    }
    sees = dict[str, set[str]]()
    for role, user in people.items():
        answers = {
            name: (await call("GET", f"analyses/{one}/comments?userId={user}")).status_code
            for name, one in calls.items()
        }
        assert set(answers.values()) <= {200, 404}
        sees[role] = {name for name, status in answers.items() if status == 200}
        at_work = await _user(platform, org, user)
        filters = list_queries.Filters(agents=at_work.agents)
        async with database.tenant(org) as session:
            listed = await list_queries.calls(session, filters, after=None, limit=9)
        assert {calls[name] for name in sees[role]} == {one.id for one in listed}, "lists show the same"
    everything = set(calls)
    assert sees == {
        "owner": everything, "reviewer": everything, "supervisor": {"led"}, "agent": {"other"},
        "unbound": set(),
    }  # fmt: skip


async def test_a_user_is_one_agent_and_an_agent_is_one_user(platform: Platform, caller: Caller) -> None:
    database, org = platform.database, caller.org_id
    agent = await new_agent(database, org)
    first, second = [await new_user(database, org, "agent") for _ in "12"]
    admin = Who(org, OPERATOR)
    async with database.tenant(org) as session:
        assert (await teams.bind(session, admin, first, agent)).agent_id == agent
    with pytest.raises(AlreadyExistsError):
        async with database.tenant(org) as session:
            await teams.bind(session, admin, second, agent)
    with pytest.raises(InvalidRequestError):
        async with database.tenant(org) as session:
            await teams.bind(session, admin, second, uuid.uuid4())
    async with database.tenant(org) as session:
        assert (await teams.bind(session, admin, first, None)).agent_id is None
        assert (await teams.bind(session, admin, second, agent)).agent_id == agent
    with pytest.raises(ForbiddenError):
        async with database.tenant(org) as session:
            await teams.bind(session, await who.of_user(session, first, OPERATOR), first, agent)
