"""People by API: for systems that know who joins and leaves."""

import uuid

import pytest

from calltrace.accounts import scopes
from calltrace.accounts.models import UserRole
from calltrace.accounts.scopes import ONLY_BY_NAME, SCOPES
from calltrace.db.session import Database
from database.api.conftest import Api, refused
from database.conftest import Caller
from database.reviews.factory import new_agent, new_user


async def _user(database: Database, caller: Caller, role: UserRole = "agent") -> str:
    return f"users/{await new_user(database, caller.org_id, role)}"


async def test_somebody_is_invited_changed_deactivated_and_deleted(
    call: Api, database: Database, caller: Caller
) -> None:
    agent = str(await new_agent(database, caller.org_id))
    email = f"{uuid.uuid4()}@v.test"
    made = await call.made("users", email=email, role="agent", name="Jane", agentId=agent)
    assert (made["state"], made["agentId"], made["secondFactor"]) == ("invited", agent, False)
    assert "/invitation?token=" in made.pop("link"), "no mail server: somebody has to hand it over"
    one = f"users/{made['id']}"
    assert (await call("GET", one)).json() == made
    assert (await call("GET", f"users?email={email.upper()}")).json() == {"data": [made], "nextCursor": None}
    changed = (await call("PATCH", one, {"role": "supervisor", "agentId": None})).json()
    assert changed == made | {"role": "supervisor", "agentId": None}
    again = await call("POST", f"{one}/invite")
    assert (again.status_code, "token=" in again.json()["link"]) == (202, True)
    gone = (await call("POST", f"{one}/deactivate")).json()
    assert (gone["state"], gone["deactivatedAt"] is not None) == ("deactivated", True)
    assert (await call("POST", f"{one}/reactivate")).json()["state"] == "invited"
    assert (await call("DELETE", one)).status_code == 204
    refused(await call("GET", one), 404, "not_found")


async def test_a_link_to_a_new_password_is_sent(call: Api, database: Database, caller: Caller) -> None:
    one = await _user(database, caller)
    sent = await call("POST", f"{one}/reset-password")
    assert (sent.status_code, "/reset-password?token=" in sent.json()["link"]) == (202, True)
    refused(await call("POST", f"{one}/invite"), 409, "user_state")


async def test_a_key_neither_makes_nor_touches_owners(call: Api, database: Database, caller: Caller) -> None:
    owner, agent = await _user(database, caller, "owner"), await _user(database, caller)
    refused(await call("POST", "users", {"email": "x@v.test", "role": "owner"}), 403, "forbidden")
    refused(await call("PATCH", agent, {"role": "owner"}), 403, "forbidden")
    refused(await call("PATCH", owner, {"role": "agent"}), 403, "forbidden")
    refused(await call("DELETE", owner), 403, "forbidden")
    for verb in ("deactivate", "reset-password"):
        refused(await call("POST", f"{owner}/{verb}"), 403, "forbidden")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"email": "nobody", "role": "agent"}, "/email"), ({"email": "x@v.test", "role": "king"}, "/role"),
     ({"email": "x@v.test"}, "/role"),
     ({"email": "x@v.test", "role": "agent", "agentId": str(uuid.uuid4())}, "/agentId")],
)  # fmt: skip
async def test_what_is_no_person_is_refused_by_field(call: Api, body: dict[str, str], field: str) -> None:
    refused(await call("POST", "users", body), 400, "invalid_request", field)


async def test_an_address_that_is_taken_is_a_conflict(call: Api) -> None:
    email = f"{uuid.uuid4()}@v.test"
    await call.made("users", email=email, role="agent")
    refused(await call("POST", "users", {"email": email, "role": "agent"}), 409, "already_exists", "/email")


async def test_the_list_is_narrowed_down_and_paged(call: Api, database: Database, caller: Caller) -> None:
    made = [
        (await _user(database, caller, role)).removeprefix("users/") for role in ("agent", "admin", "agent")
    ]
    assert [one["id"] for one in (await call("GET", "users?role=agent")).json()["data"]] == [made[2], made[0]]
    first = (await call("GET", "users?limit=2&state=active")).json()
    rest = (await call("GET", f"users?limit=2&state=active&cursor={first['nextCursor']}")).json()
    assert [one["id"] for one in first["data"] + rest["data"]] == made[::-1]
    assert rest["nextCursor"] is None
    refused(await call("GET", "users?rolle=agent"), 400, "invalid_request", "/rolle")


async def test_nobody_deactivated_is_spoken_for(call: Api, database: Database, caller: Caller) -> None:
    one = await _user(database, caller, "reviewer")
    await call("POST", f"{one}/deactivate")
    answer = await call("GET", f"reviews?userId={one.removeprefix('users/')}")
    refused(answer, 400, "invalid_request", "/userId")


def test_managing_people_is_never_granted_unasked() -> None:
    assert set(scopes.checked(())) == set(SCOPES) - ONLY_BY_NAME
    assert scopes.checked(["users:write"]) == ["users:write"]
