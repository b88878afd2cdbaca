"""Which organisation a text means, and what the trail tells of those that are made."""

import uuid

import pytest

from calltrace.accounts import organisation, people, queries
from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.models import Organisation
from calltrace.accounts.service import create_organisation, create_user, find_organisation
from calltrace.db.session import Database
from calltrace.kit.errors import InvalidRequestError
from database.conftest import NewOrg


async def test_an_id_means_its_organisation_whatever_another_is_called(
    database: Database, new_org: NewOrg
) -> None:
    victim, other = await new_org(), await new_org()
    async with database.operator() as session:
        row = await session.get(Organisation, other)
        assert row
        row.name = str(victim)  # as it could be named before
        await session.flush()
        row = await session.get(Organisation, victim)
        assert row
        row.plan = "business"  # an updated row is read after others
        await session.flush()
        assert (await find_organisation(session, str(victim))).id == victim
        assert (await find_organisation(session, str(other))).id == other
        await session.rollback()


async def test_no_organisation_is_named_like_an_id(database: Database, org: uuid.UUID) -> None:
    with pytest.raises(InvalidRequestError):
        async with database.operator() as session:
            await create_organisation(session, str(uuid.uuid4()).upper())
    with pytest.raises(InvalidRequestError):
        async with database.tenant(org) as session:
            await organisation.change(session, org, OPERATOR, {"name": f" {uuid.uuid4()} "})


async def test_who_and_what_is_made_is_in_the_trail(database: Database) -> None:
    async with database.operator() as session:
        org = (await create_organisation(session, f"org {uuid.uuid4()}")).id
    async with database.tenant(org) as session:
        made, _password = await create_user(session, org, f"{uuid.uuid4()}@v.test", "owner", None)
        manager = people.operator(org, OPERATOR)
        for _ in range(2):  # the same again is no deed
            await people.change(session, manager, made.id, {"name": "Jane"})
        trail = [
            (one.action, one.target_id, one.details) for one in await queries.audit_entries(session, None, 9)
        ]
    assert sorted(trail) == [
        ("organisation.created", str(org), {"plan": "self_hosted"}),
        ("user.created", str(made.id), {"email": made.email, "role": "owner"}),
        ("user.updated", str(made.id), {"fields": ["name"]}),
    ]
