"""Codes in links: once, for one purpose, for a while."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from calltrace.accounts import codes, throttle
from calltrace.accounts.codes import LIFETIMES, holder, issue, use
from calltrace.accounts.errors import CodeRefusedError, RateLimitedError
from calltrace.accounts.models import CodeKind, User
from calltrace.accounts.service import create_user
from calltrace.db.session import Database
from database.conftest import NewOrg
from database.web.conftest import new_place

KINDS: tuple[CodeKind, ...] = ("invite", "reset", "verify")


async def _user(database: Database, org: uuid.UUID) -> User:
    async with database.tenant(org) as session:
        return (await create_user(session, org, f"{uuid.uuid4()}@v.test", "agent", "long enough"))[0]


async def _issued(database: Database, user: User, kind: CodeKind = "reset") -> str:
    async with database.tenant(user.org_id) as session:
        return await issue(session, user, kind)


async def _used(database: Database, org: uuid.UUID, code: str, kind: CodeKind = "reset") -> uuid.UUID:
    async with database.tenant(org) as session:
        return (await use(session, kind, code)).id


@pytest.mark.parametrize("kind", KINDS)
async def test_a_code_names_its_person_and_works_once(
    database: Database, org: uuid.UUID, kind: CodeKind
) -> None:
    user = await _user(database, org)
    code = await _issued(database, user, kind)
    for _ in range(2):
        assert (await holder(database, kind, code, new_place())).email == user.email, "looking uses nothing"
    assert await _used(database, org, code, kind) == user.id
    with pytest.raises(CodeRefusedError):
        await holder(database, kind, code, new_place())
    with pytest.raises(CodeRefusedError):
        await _used(database, org, code, kind)


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_worth_nothing_for_another_purpose(
    database: Database, org: uuid.UUID, kind: CodeKind
) -> None:
    code = await _issued(database, await _user(database, org), kind)
    for other in set(KINDS) - {kind}:
        with pytest.raises(CodeRefusedError):
            await holder(database, other, code, new_place())
        with pytest.raises(CodeRefusedError):
            await _used(database, org, code, other)


async def test_only_a_hash_of_it_is_kept(database: Database, org: uuid.UUID) -> None:
    code = await _issued(database, await _user(database, org))
    assert len(code) >= 43
    async with database.tenant(org) as session:
        rows = str((await session.execute(text("SELECT account_codes::text FROM account_codes"))).all())
    assert code not in rows
    assert codes.code_hash("reset", code) in rows


async def test_a_new_one_ends_those_of_before_of_its_kind(database: Database, org: uuid.UUID) -> None:
    user = await _user(database, org)
    older, other = await _issued(database, user), await _issued(database, user, "verify")
    newer = await _issued(database, user)
    with pytest.raises(CodeRefusedError):
        await _used(database, org, older)
    assert await _used(database, org, newer) == user.id
    assert await _used(database, org, other, "verify") == user.id


@pytest.mark.parametrize("kind", KINDS)
async def test_it_ends_with_its_time(database: Database, org: uuid.UUID, kind: CodeKind) -> None:
    code = await _issued(database, await _user(database, org), kind)
    for moved, good in ((LIFETIMES[kind] - timedelta(minutes=1), True), (timedelta(minutes=2), False)):
        async with database.tenant(org) as session:
            await session.execute(
                text("UPDATE account_codes SET expires_at = expires_at - CAST(:by AS interval)"),
                {"by": moved},
            )
        if good:
            await holder(database, kind, code, new_place())
            continue
        with pytest.raises(CodeRefusedError):
            await holder(database, kind, code, new_place())
        with pytest.raises(CodeRefusedError):
            await _used(database, org, code, kind)


async def test_of_two_at_once_one_uses_it(database: Database, org: uuid.UUID) -> None:
    code = await _issued(database, await _user(database, org))
    both = await asyncio.gather(*(_used(database, org, code) for _ in range(2)), return_exceptions=True)
    assert sorted(isinstance(one, CodeRefusedError) for one in both) == [False, True]


async def test_nobody_who_was_deactivated_has_a_code(database: Database, org: uuid.UUID) -> None:
    code = await _issued(database, await _user(database, org))
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE users SET deactivated_at = now()"))
    with pytest.raises(CodeRefusedError):
        await holder(database, "reset", code, new_place())
    with pytest.raises(CodeRefusedError):
        await _used(database, org, code)


async def test_another_organisation_cannot_use_it(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    code = await _issued(database, await _user(database, org))
    with pytest.raises(CodeRefusedError):
        await _used(database, await new_org(), code)


async def test_guessing_is_counted_where_it_comes_from(
    database: Database, org: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "PER_PLACE", 3)
    code, here = await _issued(database, await _user(database, org)), new_place()
    for guess in ("", "x" * 43, "ü"):
        with pytest.raises(CodeRefusedError):
            await holder(database, "reset", guess, here)
    with pytest.raises(RateLimitedError):
        await holder(database, "reset", code, here)
    assert await holder(database, "reset", code, new_place())


async def test_those_that_are_over_for_long_are_forgotten(database: Database, org: uuid.UUID) -> None:
    user = await _user(database, org)
    for kind in ("reset", "verify"):
        await _issued(database, user, kind)
    aged = "UPDATE account_codes SET expires_at = expires_at - interval '40 days' WHERE kind = 'reset'"
    async with database.tenant(org) as session:
        await session.execute(text(aged))
    async with database.operator() as session:
        await codes.forget(session)
    async with database.tenant(org) as session:
        assert (await session.scalars(text("SELECT kind FROM account_codes"))).all() == ["verify"]
