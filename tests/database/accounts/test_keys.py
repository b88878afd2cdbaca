"""API keys (acceptance CT-005 to CT-023)."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from calltrace.accounts import keys, queries
from calltrace.accounts.errors import InsufficientScopeError, UnauthorizedError
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.errors import InvalidRequestError


async def _create(database: Database, org: uuid.UUID, **options: object) -> tuple[str, str]:
    async with database.tenant(org) as session:
        key, token = await keys.create(session, org, name="crm", **options)  # type: ignore[arg-type] - options by name
        return str(key.id), token


async def test_ct_009_only_a_hash_and_a_prefix_are_stored(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org)
    async with database.tenant(org) as session:
        row = str((await session.execute(text("SELECT api_keys::text FROM api_keys"))).scalar_one())
    assert token not in row
    assert token[:12] in row


async def test_ct_020_a_fresh_token_authenticates(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org)
    assert (await keys.authenticate(database, token)).org_id == org


@pytest.mark.parametrize("token", [None, "", "ct_live_short", "sk_live_" + "a" * 46, "ct_live_" + "a" * 46])
async def test_ct_141_a_malformed_token_is_refused(database: Database, token: str | None) -> None:
    with pytest.raises(UnauthorizedError):
        await keys.authenticate(database, token)


async def test_ct_014_an_expired_key_is_refused(database: Database, org: uuid.UUID) -> None:
    key_id, token = await _create(database, org, expires_at=clock.now() + timedelta(hours=1))
    async with database.tenant(org) as session:
        await session.execute(text("UPDATE api_keys SET expires_at = now() - interval '1 s'"))
    with pytest.raises(UnauthorizedError, match="expired"):
        await keys.authenticate(database, token)
    assert key_id


async def test_ct_015_the_very_next_request_after_revocation_is_refused(
    database: Database, org: uuid.UUID
) -> None:
    key_id, token = await _create(database, org)
    await keys.authenticate(database, token)
    async with database.tenant(org) as session:
        await keys.revoke(session, key_id)
    with pytest.raises(UnauthorizedError, match="revoked"):
        await keys.authenticate(database, token)


async def test_ct_016_last_use_is_noted_at_most_once_a_minute(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org)
    seen = set[object]()
    for _ in range(3):
        await keys.authenticate(database, token)
        async with database.tenant(org) as session:
            seen.add((await queries.keys(session))[0].last_used_at)
    assert len(seen) == 1
    assert None not in seen


async def test_ct_017_after_rotation_both_keys_are_valid(database: Database, org: uuid.UUID) -> None:
    key_id, old = await _create(database, org, wanted=["analysis:read"])
    async with database.tenant(org) as session:
        _key, new = await keys.rotate(session, key_id)
    assert (await keys.authenticate(database, old)).scopes == (await keys.authenticate(database, new)).scopes


async def test_ct_023_no_scope_implies_another(database: Database, org: uuid.UUID) -> None:
    _id, token = await _create(database, org, wanted=["analysis:write"])
    principal = await keys.authenticate(database, token)
    principal.require("analysis:write")
    with pytest.raises(InsufficientScopeError):
        principal.require("analysis:read")


async def test_unknown_scopes_are_refused_by_name(database: Database, org: uuid.UUID) -> None:
    with pytest.raises(InvalidRequestError, match="calls:fly"):
        await _create(database, org, wanted=["calls:fly"])
