"""Who may do what with the people of an organisation."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import people, queries, sessions
from calltrace.accounts.audit import OPERATOR, Actor
from calltrace.accounts.errors import (
    AlreadyExistsError,
    ForbiddenError,
    LastOwnerError,
    OwnAccountError,
    UserStateError,
)
from calltrace.accounts.models import User, UserRole
from calltrace.accounts.people import Invitation, Manager
from calltrace.accounts.queries import PersonFilter
from calltrace.accounts.service import create_user
from calltrace.accounts.sessions import Visitor
from calltrace.db.session import Database
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from database.conftest import NewOrg

URL = "https://calls.test"
ACTOR = Actor("user", "x@v.test")


async def _user(database: Database, org: uuid.UUID, role: UserRole = "owner") -> User:
    async with database.tenant(org) as session:
        return (await create_user(session, org, f"{role}-{uuid.uuid4()}@v.test", role, "long enough"))[0]


def _as(user: User) -> Manager:
    role: Any = user.role
    return Manager(user.org_id, ACTOR, role, user.id)


async def _do(
    database: Database, manager: Manager, verb: Callable[..., Awaitable[Any]], *further: Any
) -> Any:
    async with database.tenant(manager.org_id) as session:
        return await verb(session, manager, *further)


VERBS: dict[str, tuple[Callable[..., Awaitable[Any]], tuple[Any, ...]]] = {
    "name": (people.change, ({"name": "x"},)), "role": (people.change, ({"role": "agent"},)),
    "deactivate": (people.deactivate, ()), "reactivate": (people.reactivate, ()),
    "delete": (people.delete, ()), "sessions": (people.end_sessions, ()),
    "factor": (people.forget_second_factor, ()), "reset": (people.send_reset, (URL,)),
    "invite": (people.invite_again, (URL,)),
}  # fmt: skip


@pytest.mark.parametrize("name", VERBS)
async def test_only_owners_touch_owners(database: Database, org: uuid.UUID, name: str) -> None:
    verb, further = VERBS[name]
    owner, admin = await _user(database, org), await _user(database, org, "admin")
    for manager in (_as(admin), people.api_key(org, ACTOR)):
        with pytest.raises(ForbiddenError):
            await _do(database, manager, verb, owner.id, *further)


@pytest.mark.parametrize("role", ["admin", None])
async def test_only_owners_make_owners(database: Database, org: uuid.UUID, role: UserRole | None) -> None:
    agent = await _user(database, org, "agent")
    manager = people.api_key(org, ACTOR) if role is None else _as(await _user(database, org, role))
    with pytest.raises(ForbiddenError):
        await _do(database, manager, people.change, agent.id, {"role": "owner"})
    with pytest.raises(ForbiddenError):
        await _do(database, manager, people.invite, Invitation("new@v.test", "owner"), URL)
    changed = await _do(database, _as(await _user(database, org)), people.change, agent.id, {"role": "owner"})
    assert changed.role == "owner"


@pytest.mark.parametrize("role", ["owner", "admin"])
@pytest.mark.parametrize("name", ["role", "deactivate", "delete", "factor"])
async def test_nobody_decides_on_the_own_access(
    database: Database, org: uuid.UUID, name: str, role: UserRole
) -> None:
    verb, further = VERBS[name]
    await _user(database, org)
    me = await _user(database, org, role)
    with pytest.raises(OwnAccountError):
        await _do(database, _as(me), verb, me.id, *further)


@pytest.mark.parametrize("name", ["role", "deactivate", "delete"])
async def test_the_last_owner_stays_whoever_asks(database: Database, org: uuid.UUID, name: str) -> None:
    verb, further = VERBS[name]
    owner, operator = await _user(database, org), people.operator(org, OPERATOR)
    gone = await _user(database, org)
    await _do(database, operator, people.deactivate, gone.id)
    async with database.tenant(org) as session:
        await people.invite(session, operator, Invitation(f"{uuid.uuid4()}@v.test", "owner"), URL)
    with pytest.raises(LastOwnerError):
        await _do(database, operator, verb, owner.id, *further)
    await _user(database, org)
    await _do(database, operator, verb, owner.id, *further)


async def test_two_owners_who_demote_one_another_leave_one(database: Database, org: uuid.UUID) -> None:
    first, second = await _user(database, org), await _user(database, org)
    tries = (
        _do(database, _as(one), people.change, other.id, {"role": "admin"})
        for one, other in ((first, second), (second, first))
    )
    both = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, LastOwnerError) for one in both) == 1
    async with database.tenant(org) as session:
        assert await queries.active_owners(session) == 1


async def test_sessions_and_links_end_with_a_deactivation(database: Database, org: uuid.UUID) -> None:
    owner, agent = await _user(database, org), await _user(database, org, "agent")
    async with database.tenant(org) as session:
        _begun, token = await sessions.start(session, agent, Visitor(None, None))
    await _do(database, _as(owner), people.send_reset, agent.id, URL)
    assert await sessions.current(database, token)
    await _do(database, _as(owner), people.deactivate, agent.id)
    assert await sessions.current(database, token) is None
    async with database.tenant(org) as session:
        assert await session.scalar(text("SELECT count(*) FROM account_codes")) == 0
    assert (await _do(database, _as(owner), people.deactivate, agent.id)).state == "deactivated"
    assert (await _do(database, _as(owner), people.reactivate, agent.id)).state == "active"
    assert await sessions.current(database, token) is None, "the session of before stays over"


async def test_somebody_deactivated_is_shut_out_even_with_a_session_that_was_overlooked(
    database: Database, org: uuid.UUID
) -> None:
    agent = await _user(database, org, "agent")
    async with database.tenant(org) as session:
        _begun, token = await sessions.start(session, agent, Visitor(None, None))
        await session.execute(text("UPDATE users SET deactivated_at = now()"))
    assert await sessions.current(database, token) is None


async def test_links_are_for_those_who_can_use_them(database: Database, org: uuid.UUID) -> None:
    owner = _as(await _user(database, org))
    invited, first = await _do(
        database, owner, people.invite, Invitation(f"{uuid.uuid4()}@v.test", "agent"), URL
    )
    _user_again, second = await _do(database, owner, people.invite_again, invited.id, URL)
    assert first.startswith(f"{URL}/invitation?token=")
    assert first != second
    active = await _user(database, org, "agent")
    for verb, one in ((people.send_reset, invited), (people.invite_again, active)):
        with pytest.raises(UserStateError):
            await _do(database, owner, verb, one.id, URL)


@pytest.mark.parametrize(
    "wanted",
    [Invitation("nobody", "agent"), Invitation("a b@v.test", "agent"),
     Invitation("x@v.test\nBcc: y@v.test", "agent"), Invitation(f"{'x' * 320}@v.test", "agent"),
     Invitation("n@v.test", "agent", "x" * 201)],
)  # fmt: skip
async def test_what_is_no_person_is_refused(database: Database, org: uuid.UUID, wanted: Invitation) -> None:
    with pytest.raises(InvalidRequestError):
        await _do(database, people.operator(org, OPERATOR), people.invite, wanted, URL)


async def test_an_address_is_one_persons_everywhere(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    known = await _user(database, org)
    for one in (org, await new_org()):
        wanted = Invitation(known.email.upper(), "agent")
        with pytest.raises(AlreadyExistsError):
            await _do(database, people.operator(one, OPERATOR), people.invite, wanted, URL)


async def test_another_organisations_people_do_not_exist(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    stranger = await _user(database, await new_org(), "agent")
    for verb, further in VERBS.values():
        with pytest.raises(NotFoundError):
            await _do(database, people.operator(org, OPERATOR), verb, stranger.id, *further)


async def test_a_list_is_narrowed_down_and_paged(database: Database, org: uuid.UUID) -> None:
    made = [await _user(database, org, role) for role in ("owner", "agent", "agent")]
    operator = people.operator(org, OPERATOR)
    await _do(database, operator, people.change, made[1].id, {"name": "Jane 100% Okonkwo"})
    await _do(database, operator, people.deactivate, made[2].id)
    async with database.tenant(org) as session:

        async def ids(**wanted: Any) -> list[uuid.UUID]:
            found, _more = await people.page(session, PersonFilter(**wanted), cursor=None, limit=10)
            return [one.id for one in found]

        assert await ids() == [one.id for one in reversed(made)]
        assert await ids(role="agent") == [made[2].id, made[1].id]
        assert await ids(state="deactivated") == [made[2].id]
        assert await ids(state="invited") == []
        assert await ids(text="100% oko") == [made[1].id]
        assert await ids(text="100_") == []
        assert await ids(email=made[0].email.upper()) == [made[0].id]
        seen, cursor = list[uuid.UUID](), None
        for _ in made:
            found, cursor = await people.page(session, PersonFilter(), cursor=cursor, limit=1)
            seen += [one.id for one in found]
        assert (seen, cursor) == ([one.id for one in reversed(made)], None)


async def test_every_deed_is_in_the_audit_trail(database: Database, org: uuid.UUID) -> None:
    owner = _as(await _user(database, org))
    invited, _link = await _do(
        database, owner, people.invite, Invitation(f"{uuid.uuid4()}@v.test", "agent"), URL
    )
    await _do(database, owner, people.change, invited.id, {"role": "reviewer"})
    await _do(database, owner, people.deactivate, invited.id)
    await _do(database, owner, people.reactivate, invited.id)
    await _do(database, owner, people.delete, invited.id)
    async with database.tenant(org) as session:
        found = await queries.deeds_on(session, invited.id, "user.", 10)
        assert await session.get(User, invited.id) is None
    assert [one.action for one in found] == [
        "user.deleted", "user.reactivated", "user.deactivated", "user.role_changed", "user.invited",
    ]  # fmt: skip
    assert found[3].details == {"from": "agent", "to": "reviewer"}
    assert found[0].details["email"] == invited.email
