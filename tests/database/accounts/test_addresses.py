"""Addresses that people changed to and never confirmed do not stay theirs."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from calltrace.accounts import addresses, links, queries
from calltrace.accounts.links import NewPassword
from calltrace.accounts.models import User
from calltrace.accounts.service import create_user
from calltrace.accounts.sessions import Visitor
from calltrace.db.session import Database
from database.conftest import NewOrg, count

WEEK = timedelta(days=7)


class Mover:
    """A person who changed to an address that somebody else may own."""

    def __init__(self, database: Database, org: uuid.UUID) -> None:
        self.database, self.org = database, org
        self.before, self.wanted = f"{uuid.uuid4()}@before.test", f"{uuid.uuid4()}@wanted.test"
        self.id = uuid.uuid4()

    async def move(self, to: str, days_ago: float) -> None:
        async with self.database.tenant(self.org) as session:
            user = await queries.locked_user(session, self.id)
            assert user
            await links.send_to_new_address(session, user, to, "https://calls.test")
            at = "UPDATE users SET moved_at = now() - make_interval(mins => :minutes) WHERE id = :id"
            await session.execute(text(at), {"minutes": int(days_ago * 1440), "id": self.id})

    async def user(self) -> User:
        async with self.database.tenant(self.org) as session:
            found = await queries.user(session, self.id)
            assert found
            return found


@pytest.fixture
async def mover(database: Database, org: uuid.UUID) -> Mover:
    made = Mover(database, org)
    async with database.tenant(org) as session:
        made.id = (await create_user(session, org, made.before, "owner", "long enough"))[0].id
    return made


async def test_the_address_of_before_comes_back_after_a_while(mover: Mover) -> None:
    await mover.move(mover.wanted, 6.9)
    await addresses.free(mover.database, WEEK)
    assert (await mover.user()).email == mover.wanted
    await mover.move(f"again-{mover.wanted}", 7.1)  # not confirmed either: the confirmed one is kept
    mails = await count(mover.database, "mails", mover.org)
    await addresses.free(mover.database, WEEK)
    user = await mover.user()
    assert (user.email, user.email_verified, user.moved_at) == (mover.before, True, None)
    assert await count(mover.database, "mails", mover.org) == mails + 1
    async with mover.database.tenant(mover.org) as session:
        trail = "SELECT count(*) FROM audit_entries WHERE action = 'user.address_freed'"
        assert await session.scalar(text(trail)) == 1
        assert await count(mover.database, "account_codes", mover.org) == 0


async def test_the_owner_of_an_address_gets_it_even_if_the_one_of_before_is_taken(
    mover: Mover, new_org: NewOrg
) -> None:
    await mover.move(mover.wanted, 8)
    other = await new_org()
    async with mover.database.tenant(other) as session:
        await create_user(session, other, mover.before, "owner", "long enough")
    await addresses.free(mover.database, WEEK)
    user = await mover.user()
    assert (user.email, user.email_verified) == (f"{user.id}@{addresses.NOBODYS}", False)
    async with mover.database.tenant(other) as session:
        await create_user(session, other, mover.wanted, "reviewer", "long enough")


async def test_what_was_confirmed_stays(mover: Mover) -> None:
    await mover.move(mover.wanted, 0)
    async with mover.database.tenant(mover.org) as session:
        user = await queries.locked_user(session, mover.id)
        assert user
        addresses.confirmed(user)
    await addresses.free(mover.database, timedelta(0))
    assert (await mover.user()).email == mover.wanted


async def test_a_link_to_a_new_password_goes_to_the_confirmed_address_and_confirms_no_other(
    mover: Mover,
) -> None:
    await mover.move(mover.wanted, 0.1)
    visitor = Visitor(None, None)
    await links.ask_for_reset(mover.database, mover.wanted, "https://calls.test", visitor, None)
    newest = "SELECT recipient, body FROM mails ORDER BY created_at DESC LIMIT 1"
    async with mover.database.tenant(mover.org) as session:
        recipient, body = (await session.execute(text(newest))).one()
    assert recipient == mover.before, "a mistyped address is somebody else's"
    code = str(body).partition("Code: ")[2].split()[0]
    await links.reset(mover.database, NewPassword(code, "another one, long", visitor, None))
    user = await mover.user()
    assert (user.email, user.email_verified, user.former_email) == (mover.wanted, False, mover.before)
