"""The people of an organisation: invited, changed, sent away and taken back."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from calltrace.db.session import Database
from calltrace.pipeline.context import Platform
from calltrace.server import create_server
from database.conftest import NewOrg
from database.reviews.factory import new_agent
from database.web.conftest import Browser, NewBrowser, NewPerson, hidden, make_browser
from database.web.letters import letters
from database.web.people import bind, lead, user_id

PATH = "/admin/users"


async def _page_of(database: Database, org: uuid.UUID, browser: Browser) -> str:
    return f"{PATH}/{await user_id(database, org, browser)}"


async def test_everybody_is_listed_with_role_team_and_state(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    jane, supervisor = await person("agent"), await person("supervisor")
    agent = await new_agent(database, org)
    await bind(database, org, jane, agent)
    await lead(database, org, supervisor, agent)
    shown = (await admin.get(PATH)).text
    for email in (admin.email, jane.email, supervisor.email):
        assert email in shown
    assert "agent Jane" in shown
    assert shown.count("team North") == 2
    assert "just now</time>" in shown
    assert shown.count("no second factor") == 3


async def test_the_list_is_narrowed_down(admin: Browser, person: NewPerson) -> None:
    agent = await person("agent")
    for query, both in (("role=agent", False), ("state=invited", None), (f"text={agent.email[:20]}", False)):
        shown = (await admin.get(f"{PATH}?{query}")).text.split("<main")[1]
        assert (agent.email in shown) == (both is False), query
        assert admin.email not in shown
    assert "Nobody is like that." in (await admin.get(f"{PATH}?state=invited")).text
    for query in ("role=king", "state=gone", "text=%00", "cursor=nonsense"):
        assert (await admin.get(f"{PATH}?{query}")).status_code in {400, 404}, query


async def test_a_role_holds_from_the_persons_next_click(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    other = await person("reviewer")
    here = await _page_of(database, org, other)
    assert (await other.get(PATH)).status_code == 403
    done = await admin.submit(here, {"name": "Jane", "role": "admin", "agent": ""})
    assert done.headers["location"] == f"{here}?done=person-saved"
    assert "Jane" in (await admin.get(PATH)).text
    assert (await other.get(PATH)).status_code == 200


async def test_the_agent_of_a_person_is_set_with_the_role(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    agent = str(await new_agent(database, org))
    here = await _page_of(database, org, await person("agent"))
    assert (await admin.submit(here, {"role": "agent", "agent": agent})).status_code == 303
    assert f'<option value="{agent}" selected>' in (await admin.get(here)).text
    other = await _page_of(database, org, await person("agent"))
    taken = await admin.submit(other, {"role": "agent", "agent": agent})
    assert (taken.status_code, "is this agent already" in taken.text) == (409, True)


async def test_admins_neither_make_nor_touch_owners(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    owner, agent = await person("owner"), await person("agent")
    here = await _page_of(database, org, owner)
    assert "Only owners manage owners." in (await admin.get(here)).text
    for verb in ("", "/deactivate", "/delete", "/end-sessions", "/second-factor", "/reset-password"):
        answer = await admin.submit(PATH + "/new", {"role": "agent"}, to=here + verb)
        assert answer.status_code == 403, verb
    assert (await owner.get("/account")).status_code == 200
    lifted = await admin.submit(await _page_of(database, org, agent), {"role": "owner"})
    assert (lifted.status_code, "Only owners make owners." in lifted.text) == (403, True)
    assert 'value="owner"' not in (await admin.get(f"{PATH}/new")).text.split("<main")[1]
    assert (await owner.submit(await _page_of(database, org, agent), {"role": "owner"})).status_code == 303


async def test_nobody_lifts_or_removes_oneself(database: Database, org: uuid.UUID, admin: Browser) -> None:
    here = await _page_of(database, org, admin)
    assert 'name="role"' not in (await admin.get(here)).text
    for path, fields in ((here, {"role": "agent"}), (f"{here}/deactivate", {}), (f"{here}/delete", {})):
        answer = await admin.submit(here, fields, to=path)
        assert answer.status_code == 409, path
    assert (await admin.submit(here, {"name": "Me"})).status_code == 303


async def test_the_last_owner_stays(database: Database, org: uuid.UUID, person: NewPerson) -> None:
    first, second = await person("owner"), await person("owner")
    here = await _page_of(database, org, second)
    assert (await first.submit(here, {"role": "reviewer"})).status_code == 303
    assert (await second.get(PATH)).status_code == 403
    shown = (await first.get(await _page_of(database, org, first))).text
    assert "changed by another owner or admin" in shown


async def test_a_deactivated_person_is_shut_out_at_once_and_comes_back(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson, new_browser: NewBrowser
) -> None:
    agent = await person("agent")
    here = await _page_of(database, org, agent)
    assert "signed out everywhere" in (await admin.get(f"{here}/deactivate")).text
    done = await admin.submit(f"{here}/deactivate", to=f"{here}/deactivate")
    assert done.headers["location"] == f"{here}?done=person-deactivated"
    assert (await agent.get("/account")).status_code == 303
    refused = await new_browser().sign_in(agent.email)
    assert (refused.status_code, "was deactivated" in refused.text) == (401, True)
    wrong = await new_browser().sign_in(agent.email, "not the password")
    assert "was deactivated" not in wrong.text, "only the right password is told"
    assert "deactivated" in (await admin.get(f"{PATH}?state=deactivated")).text
    assert (await admin.submit(here, to=f"{here}/reactivate")).status_code == 303
    assert (await new_browser().sign_in(agent.email)).status_code == 303


async def test_somebody_is_signed_out_everywhere(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    agent = await person("agent")
    here = await _page_of(database, org, agent)
    assert "signed in in 1 place now" in (await admin.get(here)).text
    assert (await admin.submit(here, to=f"{here}/end-sessions")).status_code == 303
    assert (await agent.get("/account")).status_code == 303


async def test_a_person_is_deleted_after_asking(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    agent = await person("agent")
    here = await _page_of(database, org, agent)
    assert "for good" in (await admin.get(f"{here}/delete")).text
    done = await admin.submit(f"{here}/delete", to=f"{here}/delete")
    assert done.headers["location"] == f"{PATH}?done=person-deleted"
    assert (await admin.get(here)).status_code == 404
    assert (await agent.get("/account")).status_code == 303


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"email": "nobody", "role": "agent"}, "email"), ({"email": "x@v.test", "role": "king"}, "role"),
     ({"email": "x@v.test"}, "role"), ({"email": "x@v.test", "role": "agent", "agent": "x"}, "agent"),
     ({"email": "x@v.test", "role": "agent", "name": "x" * 201}, "name")],
)  # fmt: skip
async def test_what_is_wrong_is_said_at_the_field_and_the_rest_is_kept(
    admin: Browser, fields: dict[str, Any], field: str
) -> None:
    refused = await admin.submit(f"{PATH}/new", {"name": "Jane"} | fields)
    assert (refused.status_code, f'id="{field}-mistake"' in refused.text) == (400, True)
    assert f'value="{fields["email"]}"' in refused.text


async def test_an_agent_that_is_taken_invites_nobody(
    database: Database, org: uuid.UUID, admin: Browser, person: NewPerson
) -> None:
    agent = await new_agent(database, org)
    await bind(database, org, await person("agent"), agent)
    email = f"{uuid.uuid4()}@v.test"
    refused = await admin.submit(f"{PATH}/new", {"email": email, "role": "agent", "agent": str(agent)})
    assert refused.status_code == 409
    assert await letters(database, org, email) == []


async def test_a_form_invites_once(database: Database, org: uuid.UUID, admin: Browser) -> None:
    email = f"{uuid.uuid4()}@v.test"
    fields = {"email": email, "role": "agent"}
    shown = await admin.get(f"{PATH}/new")
    first = await admin.send(f"{PATH}/new", hidden(shown) | fields)
    assert first.status_code == 201
    assert (await admin.send(f"{PATH}/new", hidden(shown) | fields)).status_code == 409
    assert len(await letters(database, org, email)) == 1


async def test_with_a_mail_server_the_link_is_not_shown(
    platform: Platform, database: Database, org: uuid.UUID, admin: Browser
) -> None:
    settings = platform.settings.model_copy(update={"smtp_url": "smtp://mail.v.test"})
    server: Any = create_server(lambda: replace(platform, settings=settings))
    async with server.lifespan_context(server):
        browser = make_browser(server)
        await browser.sign_in(admin.email)
        email = f"{uuid.uuid4()}@v.test"
        made = await browser.submit(f"{PATH}/new", {"email": email, "role": "agent"})
    assert (made.status_code, made.headers["location"]) == (303, f"{PATH}?done=person-invited")
    assert len(await letters(database, org, email)) == 1


async def test_another_organisations_people_do_not_exist(
    database: Database, admin: Browser, person: NewPerson, new_org: NewOrg
) -> None:
    elsewhere = await new_org()
    stranger = await person("agent", elsewhere)
    here = await _page_of(database, elsewhere, stranger)
    assert (await admin.get(here)).status_code == 404
    for verb in ("", "/deactivate", "/delete", "/reset-password", "/second-factor", "/end-sessions"):
        answer = await admin.submit(f"{PATH}/new", {"role": "agent"}, to=here + verb)
        assert answer.status_code == 404, verb
    assert (await stranger.get("/account")).status_code == 200
    assert stranger.email not in (await admin.get(PATH)).text


async def test_the_own_name_is_changed_on_the_account(admin: Browser) -> None:
    done = await admin.submit("/account", {"name": "  Jane   Okonkwo "}, to="/account/profile")
    assert done.headers["location"] == "/account?done=profile-saved"
    assert 'value="Jane Okonkwo"' in (await admin.get("/account")).text
    refused = await admin.submit("/account", {"name": "x" * 201}, to="/account/profile")
    assert (refused.status_code, 'id="name-mistake"' in refused.text) == (400, True)
