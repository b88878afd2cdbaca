"""Verbs on API keys: create, authenticate, revoke, rotate."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, queries, scopes, tokens
from calltrace.accounts.audit import OPERATOR, Actor, Deed
from calltrace.accounts.errors import (
    AddressNotAllowedError,
    InsufficientScopeError,
    LiveKeyRequiredError,
    UnauthorizedError,
)
from calltrace.accounts.models import ApiKey, Contract, Mode
from calltrace.accounts.tokens import FORMS
from calltrace.db.session import Database
from calltrace.kit import clock
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.forwarded import address_of
from calltrace.kit.words import Words

LONGEST_NAME = 100
_NAME = Words("An API key needs a name of 1 to %(most)s characters.", most=LONGEST_NAME)
_OVER = Words("The last day has passed already.").where_programs_read("expiresAt has already passed.")
_USE_RESOLUTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: an organisation's key and what it may do. ``mode`` is whose data it works on."""

    org_id: uuid.UUID
    key_id: uuid.UUID
    prefix: str
    scopes: frozenset[str]
    mode: Mode

    def require(self, scope: str) -> None:
        """Refuse the call unless the key carries exactly this scope: none implies another (CT-023)."""
        if scope not in self.scopes:
            raise InsufficientScopeError(Words("This operation needs the scope %(scope)s.", scope=scope))

    def require_live(self) -> None:
        """Refuse the call of a test key: what live calls rest on is not for tests to change."""
        if self.mode != "live":
            raise LiveKeyRequiredError("Test keys can read this and use it, but only live keys change it.")


async def authenticate(
    database: Database, token: str | None, peer: str | None = None, contract: Contract = "calltrace"
) -> Principal:
    """Find out whose token this is. Revocation and expiry hold from the very next request.

    Args:
        database: where keys are kept.
        token: what was presented.
        peer: IP address of the caller, for keys that are bound to addresses.
        contract: whose paths are asked for; keys of another are unknown there.

    Raises:
        UnauthorizedError: missing, malformed, unknown, revoked or expired.
        AddressNotAllowedError: the key may not be used from there.
    """
    key = await presented(database, token, contract)
    check_address(key, peer)
    await note_use(database, key)
    return principal_of(key)


async def presented(database: Database, token: str | None, contract: Contract) -> ApiKey:
    """The key of a token, alive and of this contract; whether it may be used from there is not asked.

    Raises:
        UnauthorizedError: missing, malformed, unknown, of another contract, revoked or expired.
    """
    if not token:
        raise UnauthorizedError(
            Words(
                "Send the API key as 'Authorization: Bearer %(start)s…'.", start=FORMS[contract].start("live")
            )
        )
    if not tokens.well_formed(token, contract):
        raise UnauthorizedError("The API key is malformed.")
    hashed = tokens.hash_token(token)
    async with database.nobody() as session:
        key = await queries.presented_key(session, hashed)
    if key is None or key.contract != contract:
        raise UnauthorizedError("The API key is not known.")
    _check_alive(key)
    return key


def principal_of(key: ApiKey) -> Principal:
    """Who calls with a key."""
    return Principal(key.org_id, key.id, key.prefix, frozenset(key.scopes), key.mode)


def _check_alive(key: ApiKey) -> None:
    if key.revoked_at is not None:
        raise UnauthorizedError("The API key was revoked.")
    if key.expires_at is not None and key.expires_at <= clock.now():
        raise UnauthorizedError("The API key has expired.")


def check_address(key: ApiKey, peer: str | None) -> None:
    """Refuse a key that is bound to other addresses; IPv4 in IPv6 is compared as IPv4.

    Raises:
        AddressNotAllowedError: it may not be used from there.
    """
    if not key.allowed_ips:
        return
    address = address_of(peer) if peer else None
    if address is None or not any(address in ip_network(cidr) for cidr in key.allowed_ips):
        raise AddressNotAllowedError("The API key may not be used from this address.")


async def note_use(database: Database, key: ApiKey) -> None:
    """Remember the last use, with at most one write a minute, however many ask at once."""
    now = clock.now()
    if key.last_used_at is not None and key.last_used_at > now - _USE_RESOLUTION:
        return
    not_yet = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - _USE_RESOLUTION)
    async with database.tenant(key.org_id) as session:
        await session.execute(update(ApiKey).where(ApiKey.id == key.id, not_yet).values(last_used_at=now))


async def create(  # noqa: PLR0913 - columns of a key, by name
    session: AsyncSession,
    org_id: uuid.UUID,
    *,
    name: str,
    contract: Contract = "calltrace",
    wanted: Sequence[str] = (),
    mode: Mode = "live",
    expires_at: datetime | None = None,
    allowed_ips: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
    actor: Actor = OPERATOR,
) -> tuple[ApiKey, str]:
    """Create a key and answer it with its token: the only time that the token is known.

    Args:
        session: a transaction of the organisation.
        org_id: which one.
        name: what identifies the external system.
        contract: whose paths it opens.
        wanted: scopes; none means all.
        mode: whose data it works on.
        expires_at: from when on it is dead.
        allowed_ips: addresses and networks it may be used from; none means anywhere.
        more: other columns that the contract has a use for.
        actor: who makes it.

    Raises:
        InvalidRequestError: no or a too long name, unknown scope, bad address, an expiry that has passed, or
            a mode that the contract does not have.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise _wrong("/name", _NAME)
    if expires_at is not None and expires_at <= clock.now():
        raise _wrong("/expiresAt", _OVER)
    if mode not in FORMS[contract].modes:
        told = f"Keys of the contract {contract} have no mode {mode}."
        words = Words("Keys of this contract have no such mode.")
        raise _wrong("/mode", words.where_programs_read(told))
    token = tokens.new_token(mode, contract)
    key = ApiKey(
        org_id=org_id, name=name.strip(), contract=contract, mode=mode, prefix=token.prefix,
        token_hash=token.hash, scopes=scopes.checked(wanted, contract), expires_at=expires_at,
        allowed_ips=_networks(allowed_ips), **(more or {}),
    )  # fmt: skip
    session.add(key)
    await session.flush()
    deed = "api_key.rotated" if key.rotated_from else "api_key.created"
    await audit.record(session, org_id, actor, Deed(deed, key.id, _facts(key)))
    return key, token.token


async def change(session: AsyncSession, key: ApiKey, values: Mapping[str, Any], actor: Actor) -> None:
    """Give some of ``name``, ``scopes``, ``allowed_ips``, ``expires_at``, ``rate_limit_per_minute`` others.

    Args:
        session: of the organisation.
        key: locked, and not revoked.
        values: columns; what is not named stays.
        actor: who does it.

    Raises:
        InvalidRequestError: as in ``create``.
    """
    wanted = dict(values)
    if "name" in wanted and not 0 < len(wanted["name"].strip()) <= LONGEST_NAME:
        raise _wrong("/name", _NAME)
    if wanted.get("expires_at") is not None and wanted["expires_at"] <= clock.now():
        raise _wrong("/expiresAt", _OVER)
    if "scopes" in wanted:
        wanted["scopes"] = scopes.checked(wanted["scopes"], key.contract)
    if "allowed_ips" in wanted:
        wanted["allowed_ips"] = _networks(wanted["allowed_ips"])
    for name, value in wanted.items():
        setattr(key, name, value)
    await session.flush()
    await audit.record(session, key.org_id, actor, Deed("api_key.updated", key.id, _facts(key)))


def _facts(key: ApiKey) -> dict[str, Any]:
    """What the audit trail says of a key: all but the token."""
    return {
        "name": key.name, "prefix": key.prefix, "mode": key.mode, "scopes": key.scopes,
        "contract": key.contract,
        "expiresAt": clock.iso(key.expires_at) if key.expires_at else None, "allowedIps": key.allowed_ips,
        **({"rotatedFrom": str(key.rotated_from)} if key.rotated_from else {}),
    }  # fmt: skip


def _wrong(pointer: str, detail: Words) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(pointer, detail)])


def _networks(texts: Sequence[str]) -> list[str]:
    return [_network(text) for text in texts]


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        words = Words("%(text)s is no IP address, and no range of them.", text=text)
        told = words.where_programs_read(f"Not an IP address or CIDR range: {error}.")
        raise _wrong("/allowedIps", told) from error


async def find(session: AsyncSession, text: str) -> ApiKey:
    """The one key that an id, a name or a prefix names.

    Raises:
        NotFoundError: none, or more than one.
    """
    found = await queries.key_by_id_or_prefix(session, text)
    if len(found) != 1:
        told = f"{len(found) or 'No'} API keys match {text!r}; give the id of one."
        raise NotFoundError(Words("There is no API key with this id.").where_programs_read(told))
    return found[0]


async def revoke(session: AsyncSession, text: str, actor: Actor = OPERATOR) -> ApiKey:
    """Revoke a key, at once and for good (acceptance CT-015). Again is not an error."""
    key = await find(session, text)
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        await session.flush()
        await audit.record(session, key.org_id, actor, Deed("api_key.revoked", key.id, _facts(key)))
    return key


async def rotate(session: AsyncSession, text: str, actor: Actor = OPERATOR) -> tuple[ApiKey, str]:
    """A new key that is all that an old one is, which stays valid (CT-017).

    Where requests are signed it has no secret yet: ``request_secrets.of_new`` gives it one.

    Raises:
        NotFoundError: no such key. InvalidRequestError: it is revoked or has expired.
    """
    old = await find(session, text)
    if old.revoked_at is not None:
        raise InvalidRequestError("A revoked key cannot be rotated; create a new one.")
    return await create(
        session, old.org_id, name=old.name, contract=old.contract, wanted=old.scopes, mode=old.mode,
        expires_at=old.expires_at, allowed_ips=old.allowed_ips, more=_handed_on(old), actor=actor,
    )  # fmt: skip


def _handed_on(old: ApiKey) -> dict[str, Any]:
    """What a key is beside its arguments: a person's stays that person's, with the limit agreed on."""
    return {
        "rotated_from": old.id, "user_id": old.user_id, "description": old.description,
        "rate_limit_per_minute": old.rate_limit_per_minute,
    }  # fmt: skip
