"""API keys: what they may do, how long they live, and what is left of them (acceptance CT-004 to CT-023)."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from calltrace.accounts import keys, queries, scopes
from calltrace.accounts.audit import Actor
from calltrace.accounts.errors import InsufficientScopeError, UnauthorizedError
from calltrace.accounts.service import create_user
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from database.conftest import NewOrg, waiting_for_locks

NOON = datetime(2026, 6, 19, 12, 0, tzinfo=UTC)


class Clock:
    """The time of day, as the test says."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(clock, "now", stopped.now)
    return stopped


async def _create(database: Database, org: uuid.UUID, **options: object) -> tuple[str, str]:
    async with database.tenant(org) as session:
        key, token = await keys.create(session, org, **({"name": "crm"} | options))  # type: ignore[arg-type] - options by name
        return str(key.id), token


async def _row(database: Database, org: uuid.UUID) -> Any:
    """The newest key as it is stored, and the transaction that wrote it last."""
    query = "SELECT *, xmin::text AS written_by FROM api_keys ORDER BY created_at DESC LIMIT 1"
    async with database.tenant(org) as session:
        return (await session.execute(text(query))).one()


async def _refused(database: Database, token: str, why: str) -> None:
    with pytest.raises(UnauthorizedError, match=why):
        await keys.authenticate(database, token)


@pytest.mark.accepts("CT-004")
async def test_a_key_has_a_name(database: Database, org: uuid.UUID) -> None:
    await _create(database, org, name="  HubSpot, production, Jane  ")
    assert (await _row(database, org)).name == "HubSpot, production, Jane"
    for name in ("", "   ", "x" * 101):
        with pytest.raises(InvalidRequestError, match="name"):
            await _create(database, org, name=name)


@pytest.mark.accepts("CT-005")
async def test_only_the_chosen_scopes_are_granted(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org, wanted=["webhooks:read", "analysis:write", "webhooks:read"])
    assert (await keys.authenticate(database, token)).scopes == {"analysis:write", "webhooks:read"}


@pytest.mark.accepts("CT-022")
def test_the_six_scopes_of_the_contract_exist() -> None:
    contract = {
        "analysis:write", "analysis:read", "calls:read", "storage:write", "webhooks:read", "webhooks:write"
    }  # fmt: skip
    assert contract <= set(scopes.SCOPES)


@pytest.mark.accepts("CT-023")
@pytest.mark.parametrize("scope", scopes.SCOPES)
async def test_no_scope_implies_another(database: Database, org: uuid.UUID, scope: str) -> None:
    _id, token = await _create(database, org, wanted=[scope])
    principal = await keys.authenticate(database, token)
    principal.require(scope)
    for other in set(scopes.SCOPES) - {scope}:
        with pytest.raises(InsufficientScopeError):
            principal.require(other)


async def test_unknown_scopes_are_refused_by_name(database: Database, org: uuid.UUID) -> None:
    with pytest.raises(InvalidRequestError, match="calls:fly"):
        await _create(database, org, wanted=["calls:fly"])


@pytest.mark.accepts("CT-006", "CT-013")
async def test_a_key_without_an_expiry_is_permanent(database: Database, org: uuid.UUID, time: Clock) -> None:
    _id, token = await _create(database, org)
    assert (await _row(database, org)).expires_at is None
    time.moment = NOON.replace(year=2999)
    assert (await keys.authenticate(database, token)).org_id == org


@pytest.mark.accepts("CT-006", "CT-014", "CT-141")
async def test_a_key_ends_at_the_very_moment_of_its_expiry(
    database: Database, org: uuid.UUID, time: Clock
) -> None:
    _id, token = await _create(database, org, expires_at=NOON + timedelta(hours=1))
    time.moment = NOON + timedelta(hours=1) - timedelta(microseconds=1)
    await keys.authenticate(database, token)
    time.moment = NOON + timedelta(hours=1)
    await _refused(database, token, "expired")
    time.moment = NOON + timedelta(days=1)
    await _refused(database, token, "expired")


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
async def test_an_expiry_that_has_passed_is_refused(
    database: Database, org: uuid.UUID, time: Clock, late: timedelta
) -> None:
    with pytest.raises(InvalidRequestError, match="passed"):
        await _create(database, org, expires_at=time.now() - late)


@pytest.mark.accepts("CT-009", "CT-010")
async def test_only_a_hash_and_a_prefix_are_stored(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org)
    async with database.tenant(org) as session:
        tables = ("api_keys", "audit_entries")
        kept = [
            (await session.execute(text(f"SELECT {one}::text FROM {one}"))).scalar_one() for one in tables
        ]
    assert all(token[:12] in row for row in kept)
    assert all(token[12:] not in row for row in kept)


@pytest.mark.accepts("CT-011", "CT-020")
async def test_a_fresh_token_authenticates(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org)
    assert token.startswith("ct_live_")
    principal = await keys.authenticate(database, token)
    assert (principal.org_id, principal.mode) == (org, "live")


@pytest.mark.accepts("CT-012", "CT-015", "CT-141")
async def test_revocation_holds_from_the_very_next_request_and_for_good(
    database: Database, org: uuid.UUID, time: Clock
) -> None:
    key_id, token = await _create(database, org)
    await keys.authenticate(database, token)
    async with database.tenant(org) as session:
        await keys.revoke(session, key_id)
    await _refused(database, token, "revoked")
    time.moment += timedelta(hours=1)
    async with database.tenant(org) as session:
        again = await keys.revoke(session, key_id)
        assert again.revoked_at == NOON
        with pytest.raises(InvalidRequestError, match="revoked"):
            await keys.rotate(session, key_id)
    await _refused(database, token, "revoked")


@pytest.mark.accepts("CT-010")
async def test_another_key_takes_the_place_of_a_lost_one(database: Database, org: uuid.UUID) -> None:
    lost, _unknown = await _create(database, org)
    async with database.tenant(org) as session:
        await keys.revoke(session, lost)
    _id, token = await _create(database, org)
    assert (await keys.authenticate(database, token)).org_id == org


@pytest.mark.accepts("CT-016")
async def test_last_use_is_noted_with_at_most_one_write_a_minute(
    database: Database, org: uuid.UUID, time: Clock
) -> None:
    _id, token = await _create(database, org)
    assert (await _row(database, org)).last_used_at is None
    writes = list[str]()
    for seconds in (0, 1, 59.9, 60, 61, 119, 121):
        time.moment = NOON + timedelta(seconds=seconds)
        await keys.authenticate(database, token)
        writes.append((await _row(database, org)).written_by)
    first, second, third = writes[0], writes[3], writes[6]
    assert writes == [first, first, first, second, second, second, third]
    assert len({first, second, third}) == 3
    assert (await _row(database, org)).last_used_at == time.moment


@pytest.mark.accepts("CT-016")
async def test_of_requests_at_the_same_time_one_notes_its_use(
    database: Database, org: uuid.UUID, time: Clock
) -> None:
    _id, token = await _create(database, org)
    first = NOON + timedelta(seconds=5)
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE api_keys SET last_used_at = :first"), {"first": first})
        second = asyncio.create_task(keys.authenticate(database, token))
        while not await waiting_for_locks(database):
            assert not second.done()
            await asyncio.sleep(0.01)
    await second
    assert (await _row(database, org)).last_used_at == first != time.moment


@pytest.mark.accepts("CT-017")
async def test_a_rotation_keeps_both_keys_valid_until_the_old_one_is_revoked(
    database: Database, org: uuid.UUID
) -> None:
    expiry = clock.now() + timedelta(days=90)
    chosen: dict[str, Any] = {
        "wanted": ["analysis:read"],
        "expires_at": expiry,
        "allowed_ips": ["10.0.0.0/8"],
    }
    key_id, old = await _create(database, org, mode="test", **chosen)
    async with database.tenant(org) as session:
        key, new = await keys.rotate(session, key_id)
    assert (key.name, key.expires_at, key.mode, str(key.rotated_from)) == ("crm", expiry, "test", key_id)
    before, after = [await keys.authenticate(database, token, "10.1.1.1") for token in (old, new)]
    assert (before.scopes, before.mode) == (after.scopes, after.mode) == ({"analysis:read"}, "test")
    async with database.tenant(org) as session:
        await keys.revoke(session, key_id)
    await _refused(database, old, "revoked")
    assert (await keys.authenticate(database, new, "10.1.1.1")).key_id == key.id


async def test_a_rotated_key_stays_its_persons_with_the_limit_agreed_on(
    database: Database, org: uuid.UUID
) -> None:
    async with database.tenant(org) as session:
        person, _password = await create_user(session, org, f"{uuid.uuid4()}@v.test", "agent", "long enough")
        more = {"user_id": person.id, "rate_limit_per_minute": 7, "description": "for the CRM"}
        old, _token = await keys.create(session, org, name="mine", contract="callcov", more=more)
        new, _token = await keys.rotate(session, str(old.id))
        assert {name: getattr(new, name) for name in more} == more
        await session.delete(person)
        await session.flush()
        assert not await queries.keys(session), "both went with the person"


@pytest.mark.accepts("CT-141")
@pytest.mark.parametrize("token", [None, "", "ct_live_short", "sk_live_" + "a" * 46, "ct_live_" + "a" * 46])
async def test_a_malformed_token_is_refused_without_asking_the_database(token: str | None) -> None:
    nowhere = Database("postgresql://nobody@/nothing?host=/nonexistent")
    with pytest.raises(UnauthorizedError):
        await keys.authenticate(nowhere, token)


@pytest.mark.accepts("CT-141")
async def test_a_token_that_nobody_was_given_is_refused(database: Database) -> None:
    from calltrace.accounts.tokens import new_token

    await _refused(database, new_token("live").token, "not known")


async def test_another_organisations_key_cannot_be_revoked_or_rotated(
    database: Database, org: uuid.UUID, new_org: NewOrg
) -> None:
    key_id, token = await _create(database, org)
    async with database.tenant(await new_org()) as session:
        for verb in (keys.revoke, keys.rotate):
            with pytest.raises(NotFoundError):
                await verb(session, key_id)
    assert (await keys.authenticate(database, token)).org_id == org


async def test_a_key_that_is_called_like_another_does_not_keep_it_alive(
    database: Database, org: uuid.UUID
) -> None:
    lost, token = await _create(database, org)
    async with database.tenant(org) as session:
        namesake, _token = await keys.create(session, org, name=lost)
        assert str((await keys.rotate(session, lost))[0].rotated_from) == lost
        assert str((await keys.revoke(session, lost)).id) == lost
        assert namesake.revoked_at is None
    await _refused(database, token, "revoked")


async def test_every_deed_with_a_key_is_in_the_audit_trail(database: Database, org: uuid.UUID) -> None:
    key_id, _token = await _create(database, org, wanted=["calls:read"])
    jane = Actor("user", "jane@acme.test", uuid.uuid4())
    async with database.tenant(org) as session:
        rotated, _token = await keys.rotate(session, key_id, jane)
        await keys.revoke(session, key_id, jane)
        await keys.revoke(session, key_id, jane)  # again: nothing is done
        query = "SELECT action, actor_kind, actor, target_id, details FROM audit_entries ORDER BY created_at"
        found: Any = (await session.execute(text(query))).all()
    assert [(one.action, one.actor_kind, one.actor, one.target_id) for one in found] == [
        ("api_key.created", "operator", "command line", key_id),
        ("api_key.rotated", "user", "jane@acme.test", str(rotated.id)),
        ("api_key.revoked", "user", "jane@acme.test", key_id),
    ]
    assert found[1].details["rotatedFrom"] == key_id
    assert found[0].details["scopes"] == ["calls:read"]


async def test_what_is_rolled_back_leaves_no_entry(database: Database, org: uuid.UUID) -> None:
    async def break_off() -> None:
        async with database.tenant(org) as session:
            await keys.create(session, org, name="never")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    async with database.tenant(org) as session:
        assert await queries.keys(session) == []
        assert await session.scalar(text("SELECT count(*) FROM audit_entries")) == 0
