"""``/api-keys/``: keys that a person makes for themself (acceptance CV-079 to CV-081)."""

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Request, Response
from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import keys
from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor
from calltrace.accounts.models import ApiKey
from calltrace.dialects.callcov import schemas
from calltrace.dialects.callcov.auth import Taken
from calltrace.dialects.callcov.body import read_json
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.door import ActorDep, PersonDep, PlatformDep
from calltrace.dialects.callcov.errors import CREDENTIALS, RefusedError, refused_field
from calltrace.dialects.callcov.intake import fingerprint
from calltrace.dialects.callcov.once import once
from calltrace.dialects.callcov.query import Query
from calltrace.dialects.callcov.reading import json_answer
from calltrace.dialects.callcov.routes import IDEMPOTENCY, PAGE, Routes
from calltrace.dialects.callcov.shown import created
from calltrace.kit import clock
from calltrace.kit.ids import as_uuid

routes = Routes("/api-keys", "API Keys", security=({"bearer": []},))
MOST_ACTIVE = 10
_MOST, _DEFAULT = 100, 20
_UNNAMED = "API key"


class KeyCreate(Taken):
    """``POST /api-keys/``."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=keys.LONGEST_NAME)] | None = None
    description: Annotated[str, StringConstraints(max_length=500)] | None = None
    mode: Literal["live", "test"] = "live"
    expires_at: str | None = None


@routes.add(
    "POST", "/", schemas.NewApiKey, status=201, sends=KeyCreate, parameters=[IDEMPOTENCY], errors=(400,)
)
async def create_api_key(
    request: Request, platform: PlatformDep, caller: PersonDep, actor: ActorDep
) -> Response:
    """Make a key; it is shown whole this once."""
    caller.require_administrator()
    wanted = await read_json(request, KeyCreate)
    expires_at = _moment(wanted.expires_at)

    async def work() -> Response:
        async with platform.database.tenant(caller.org_id) as session:
            key, token = await _made(session, caller, actor, wanted, expires_at)
            await session.refresh(key)
            return json_answer({**_shown(key), "api_key": token}, 201)

    return await once(request, platform, caller, fingerprint(wanted.model_dump(mode="json")), work)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError) as error:
        told = "Input should be a valid datetime"
        raise refused_field(("body", "expires_at"), "datetime_parsing", told, text) from error
    if moment.tzinfo is None or moment <= clock.now():
        told = "Value error, give a moment to come, with its zone"
        raise refused_field(("body", "expires_at"), "value_error", told, text)
    return moment


async def _made(
    session: AsyncSession, caller: Caller, actor: Actor, wanted: KeyCreate, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """Of several that are made at once, the one too many is refused: the person is locked."""
    user_id = caller.require_person()
    if await accounts.locked_user(session, user_id) is None:
        raise RefusedError(401, CREDENTIALS)
    if sum(map(_active, await accounts.own_keys(session, user_id, "callcov"))) >= MOST_ACTIVE:
        raise RefusedError(400, f"Maximum of {MOST_ACTIVE} active API keys reached")
    return await keys.create(
        session, caller.org_id, name=(wanted.name or "").strip() or _UNNAMED, contract="callcov",
        mode=wanted.mode, expires_at=expires_at, actor=actor,
        more={"user_id": user_id, "description": wanted.description},
    )  # fmt: skip


def _active(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > clock.now())


def _shown(key: ApiKey) -> dict[str, Any]:
    return {
        "id": str(key.id), "object": "api_key", "created": created(key.created_at),
        "livemode": key.mode == "live", "name": key.name, "description": key.description,
        "key_prefix": key.prefix, "is_active": _active(key), "last_used_at": _iso(key.last_used_at),
        "expires_at": _iso(key.expires_at), "created_at": clock.iso(key.created_at),
    }  # fmt: skip


def _iso(moment: datetime | None) -> str | None:
    return clock.iso(moment) if moment else None


@routes.add("GET", "/", schemas.ApiKeyList, parameters=PAGE)
async def list_api_keys(request: Request, platform: PlatformDep, caller: PersonDep) -> Response:
    """The keys that you made, newest first; revoked ones among them."""
    caller.require_administrator()
    asked = Query(request.query_params)
    skip, limit = asked.integer(["skip"], 0, 0), asked.integer(["limit"], _DEFAULT, 1, _MOST)
    asked.check()
    async with platform.database.tenant(caller.org_id) as session:
        found = await accounts.own_keys(session, caller.require_person(), "callcov")
    items = [_shown(key) for key in found[skip : skip + limit]]
    return json_answer({"items": items, "total": len(found), "skip": skip, "limit": limit})


@routes.add("DELETE", "/{key_id}", schemas.RevokedApiKey, errors=(404,))
async def revoke_api_key(key_id: str, platform: PlatformDep, caller: PersonDep, actor: ActorDep) -> Response:
    """Revoke one of your keys: from the next request on it opens nothing."""
    caller.require_administrator()
    async with platform.database.tenant(caller.org_id) as session:
        key = await _own(session, caller, as_uuid(key_id))
        await keys.revoke(session, str(key.id), actor)
    return json_answer({"id": str(key.id), "object": "api_key", "deleted": True, "is_active": False})


async def _own(session: AsyncSession, caller: Caller, key_id: uuid.UUID | None) -> ApiKey:
    """A key of this person that is not revoked yet."""
    mine = await accounts.own_keys(session, caller.require_person(), "callcov")
    found = next((key for key in mine if key.id == key_id and key.revoked_at is None), None)
    if found is None:
        raise RefusedError(404, "API key not found")
    return found
