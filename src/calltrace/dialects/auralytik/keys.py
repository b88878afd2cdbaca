"""``/api-keys`` (acceptance AU-120 to AU-124): the keys of this contract."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, keys, request_secrets
from calltrace.accounts.audit import Deed
from calltrace.accounts.errors import InsufficientScopeError
from calltrace.accounts.models import ApiKey
from calltrace.accounts.scopes import AURALYTIK_SCOPES
from calltrace.dialects.auralytik.answers import AnswersDep, Many, One, Page
from calltrace.dialects.auralytik.deps import Id, KeyManager, PlatformDep, has_body, read_body
from calltrace.dialects.auralytik.documents.keys import Key, NewKey, NewSecret, RevokedKey
from calltrace.dialects.auralytik.door import CONTRACT, Caller
from calltrace.dialects.auralytik.engagements import total_of
from calltrace.dialects.auralytik.errors import ConflictError
from calltrace.dialects.auralytik.forms import iso, named, path_id, start_of, when, wrong
from calltrace.dialects.auralytik.happenings import KeyRotated
from calltrace.dialects.auralytik.schemas import Wire, body_of
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.webhooks import service as webhooks

router = APIRouter(prefix="/api-keys", tags=["API Keys"])
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Scopes = Annotated[list[str], Field(min_length=1, max_length=100)]
Networks = Annotated[list[Annotated[str, StringConstraints(max_length=50)]], Field(max_length=100)]
Moment = Annotated[str, StringConstraints(max_length=40)]
Rate = Annotated[int, Field(ge=1, le=1_000_000)]


class KeyRequest(Wire):
    """``POST /api-keys``."""

    name: Name = Field(examples=["CRM"])
    scopes: Scopes = Field(examples=[["evaluations:read"]])
    allowed_ips: Networks = Field(default_factory=list, description="Addresses and CIDRs; empty: anywhere.")
    expires_at: Moment | None = None
    rate_limit_per_minute: Rate | None = None


class KeyChanges(Wire):
    """``PATCH /api-keys/{id}``: what is sent counts."""

    name: Name = ""
    scopes: Scopes = Field(default_factory=list)
    allowed_ips: Networks = Field(default_factory=list)
    expires_at: Moment | None = None
    rate_limit_per_minute: Rate | None = None


class RotateRequest(Wire):
    """``POST /api-keys/{id}/rotate``; it may be left out."""

    grace_period_seconds: Annotated[int, Field(ge=0, le=86_400)] = 0


@router.get("")
async def list_keys(
    caller: KeyManager,
    platform: PlatformDep,
    answers: AnswersDep,
    part: Page,
) -> Many[Key]:
    """List API keys, those that were revoked too."""
    query = select(ApiKey).where(ApiKey.contract == CONTRACT)
    async with platform.database.tenant(caller.principal.org_id) as session:
        total = await total_of(session, query)
        cut = query.order_by(ApiKey.created_at.desc(), ApiKey.id.desc()).offset(part.offset).limit(part.size)
        rows = (await session.scalars(cut)).all()
    return answers.many([Key(**_shown(row)) for row in rows], part, total)


@router.post("", status_code=201, openapi_extra=body_of(KeyRequest))
async def create_key(
    request: Request, caller: KeyManager, platform: PlatformDep, answers: AnswersDep
) -> One[NewKey]:
    """Create API key: the key and its secret are told this once."""
    body = read_body(request, caller, KeyRequest)
    async with platform.database.tenant(caller.principal.org_id) as session:
        _require_all(caller, body.scopes)
        key, token = await keys.create(
            session, caller.principal.org_id, name=body.name, contract=CONTRACT, wanted=body.scopes,
            expires_at=_moment(body.expires_at), allowed_ips=body.allowed_ips,
            more={"rate_limit_per_minute": body.rate_limit_per_minute}, actor=caller.actor,
        )  # fmt: skip
        secret = request_secrets.give(key, platform.box)
        await session.flush()
        await session.refresh(key)
        return answers.one(NewKey(**_shown(key), key=token, hmac_secret=secret))


@router.patch("/{id}", openapi_extra=body_of(KeyChanges))
async def update_key(
    request: Request, caller: KeyManager, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[Key]:
    """Update API key."""
    key_id = path_id("key", thing)
    async with platform.database.tenant(caller.principal.org_id) as session:
        key = await _usable(session, caller, key_id)
        changes = read_body(request, caller, KeyChanges).model_dump(exclude_unset=True)
        if not changes:
            raise wrong("body", "Send at least one field.")
        _require_all(caller, changes.get("scopes", ()))
        if "expires_at" in changes:
            changes["expires_at"] = _moment(changes["expires_at"])
        await keys.change(session, key, changes, caller.actor)
        return answers.one(Key(**_shown(key)))


@router.delete("/{id}")
async def revoke_key(
    caller: KeyManager, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[RevokedKey]:
    """Revoke API key: at once and for good."""
    key_id = path_id("key", thing)
    async with platform.database.tenant(caller.principal.org_id) as session:
        key = await _find(session, key_id)
        if key.revoked_at is not None:
            raise NotFoundError("There is no API key with this id.")
        _require_all(caller, key.scopes)
        await keys.revoke(session, str(key.id), caller.actor)
        assert key.revoked_at is not None
        return answers.one(RevokedKey(id=named("key", key.id), revoked=True, revoked_at=iso(key.revoked_at)))


@router.post("/{id}/rotate", openapi_extra=body_of(RotateRequest, required=False))
async def rotate_key(
    request: Request, caller: KeyManager, platform: PlatformDep, answers: AnswersDep, thing: Id
) -> One[NewSecret]:
    """Rotate API key secret: the key stays, its secret is another one, told this once."""
    key_id = path_id("key", thing)
    async with platform.database.tenant(caller.principal.org_id) as session:
        key = await _usable(session, caller, key_id)
        body = (
            read_body(request, caller, RotateRequest)
            if has_body(caller)
            else RotateRequest.model_validate({})
        )
        overlap = timedelta(seconds=body.grace_period_seconds)
        secret = request_secrets.give(key, platform.box, overlap)
        await session.flush()
        deed = Deed("api_key.secret_rotated", key.id, {"gracePeriodSeconds": body.grace_period_seconds})
        await audit.record(session, key.org_id, caller.actor, deed)
        await webhooks.publish(session, key.org_id, "live", KeyRotated(key.id, key.name), None)
        return answers.one(NewSecret(**_shown(key), hmac_secret=secret))


async def _find(session: AsyncSession, key_id: uuid.UUID) -> ApiKey:
    """One key of this contract, locked.

    Raises:
        NotFoundError: there is none.
    """
    key = await session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.contract != CONTRACT:
        raise NotFoundError("There is no API key with this id.")
    return key


async def _usable(session: AsyncSession, caller: Caller, key_id: uuid.UUID) -> ApiKey:
    """A key that the caller may change.

    Raises:
        NotFoundError, ConflictError: it was revoked. InsufficientScopeError: it may do more than the caller.
    """
    key = await _find(session, key_id)
    _require_all(caller, key.scopes)
    if key.revoked_at is not None:
        raise ConflictError("The API key was revoked.")
    return key


def _require_all(caller: Caller, scopes: Collection[str]) -> None:
    """Nobody gives what they do not have; what does not exist is for the service to refuse."""
    missing = sorted((set(scopes) & set(AURALYTIK_SCOPES)) - caller.principal.scopes)
    if missing:
        raise InsufficientScopeError(f"Your own API key does not have {', '.join(missing)}.")


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return start_of(text)
    except (ValueError, OverflowError):
        raise wrong("expiresAt", "is no date (YYYY-MM-DD) and no date-time.") from None


def _shown(key: ApiKey) -> dict[str, Any]:
    ended = key.expires_at is not None and key.expires_at <= clock.now()
    return {
        "id": named("key", key.id), "name": key.name, "prefix": key.prefix, "scopes": key.scopes,
        "allowed_ips": key.allowed_ips, "rate_limit_per_minute": key.rate_limit_per_minute,
        "state": "revoked" if key.revoked_at else "expired" if ended else "active",
        "created_at": iso(key.created_at), "expires_at": when(key.expires_at),
        "last_used_at": when(key.last_used_at),
    }  # fmt: skip
