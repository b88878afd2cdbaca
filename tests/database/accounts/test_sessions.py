"""Sessions of people that are over."""

import uuid
from datetime import timedelta

from sqlalchemy import text

from calltrace.accounts import sessions
from calltrace.accounts.service import create_user
from calltrace.accounts.sessions import KEPT, Visitor
from calltrace.db.session import Database
from calltrace.kit import clock


async def test_they_are_kept_for_a_while_and_then_forgotten(database: Database, org: uuid.UUID) -> None:
    async with database.tenant(org) as session:
        user, _password = await create_user(session, org, f"{uuid.uuid4()}@v.test", "owner", "long enough")
        kept, _token = await sessions.start(session, user, Visitor(None, None))
        old, _token = await sessions.start(session, user, Visitor(None, None))
        kept.expires_at, old.expires_at = clock.now() - KEPT / 2, clock.now() - KEPT - timedelta(minutes=1)
    async with database.operator() as session:
        await sessions.forget(session)
    async with database.tenant(org) as session:
        assert (await session.scalars(text("SELECT id FROM web_sessions"))).all() == [kept.id]
