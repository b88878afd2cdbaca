"""What the start of an installation makes: the first organisation, and once its first owner."""

from collections.abc import AsyncGenerator

import pytest

from calltrace.accounts import people, queries, service
from calltrace.accounts.audit import OPERATOR
from calltrace.accounts.queries import PersonFilter
from calltrace.cli import instance
from calltrace.db.session import Database
from calltrace.settings import load_settings

ADMIN = "admin@example.com"
SETTINGS = load_settings(admin_email=ADMIN, admin_password="long enough")


@pytest.fixture
async def fresh(empty: str) -> AsyncGenerator[Database]:
    """An installation that was just set up."""
    await instance.prepare(empty)
    database = Database(empty, pool_size=2)
    yield database
    await database.close()


async def _everybody(database: Database) -> list[tuple[str, str]]:
    async with database.operator() as session:
        names = {one.id: one.name for one in await queries.organisations(session)}
        found = await queries.people(session, PersonFilter(), None, 100)
        return sorted((names[one.org_id], one.email) for one in found)


async def test_an_owner_who_was_sent_away_stays_away(fresh: Database) -> None:
    async with fresh.operator() as session:  # whatever others are called, it is of the first organisation
        own = (await queries.organisations(session))[0]
        org, own.name = own.id, "Ours"
        await session.flush()
        await service.create_organisation(session, service.DEFAULT_ORGANISATION)
    assert await instance.ensure_admin(fresh, SETTINGS) is None  # the password is one that was given
    assert await _everybody(fresh) == [("Ours", ADMIN)]
    async with fresh.tenant(org) as session:
        first = await queries.user_by_email(session, ADMIN)
        assert first
        trail = [(one.action, one.actor_kind) for one in await queries.audit_entries(session, None, 10)]
    assert trail == [("user.created", "system"), ("organisation.created", "system")]
    async with fresh.tenant(org) as session:
        await service.create_user(session, org, "second@v.test", "owner", "long enough")
        await people.delete(session, people.operator(org, OPERATOR), first.id)
    await instance.ensure_admin(fresh, SETTINGS)
    assert await _everybody(fresh) == [("Ours", "second@v.test")]
    async with fresh.tenant(org) as session:  # and not when nobody at all is left either
        second = await queries.user_by_email(session, "second@v.test")
        await session.delete(second)
    assert await instance.ensure_admin(fresh, SETTINGS) is None
    assert await _everybody(fresh) == []
