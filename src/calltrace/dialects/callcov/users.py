"""``/users/me``: read, change, delete (acceptance CV-076 to CV-078)."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts import audit, leaving, links, passwords, profile, sessions, throttle
from calltrace.accounts import queries as accounts
from calltrace.accounts.audit import Actor, Deed
from calltrace.accounts.errors import RateLimitedError
from calltrace.accounts.models import Mode, User
from calltrace.accounts.names import checked_name
from calltrace.accounts.sessions import ADMINISTRATORS
from calltrace.analyses import erase, list_queries
from calltrace.dialects.callcov import schemas
from calltrace.dialects.callcov.auth import Email, Given, Password, PersonName, Phone, Taken
from calltrace.dialects.callcov.body import read_json
from calltrace.dialects.callcov.caller import Caller
from calltrace.dialects.callcov.door import ActorDep, PersonDep, PlatformDep
from calltrace.dialects.callcov.errors import CREDENTIALS, RefusedError, refused_field
from calltrace.dialects.callcov.paying import paying
from calltrace.dialects.callcov.reading import json_answer
from calltrace.dialects.callcov.routes import Routes
from calltrace.dialects.callcov.shown import created
from calltrace.kit import clock
from calltrace.kit.errors import NotFoundError
from calltrace.pipeline.context import Platform
from calltrace.webhooks import endpoints
from calltrace.webhooks import queries as webhooks
from calltrace.webhooks.single import Owner, secret_of

routes = Routes("/users", "User Management", security=({"bearer": []},))
_MODES: tuple[Mode, ...] = ("live", "test")
_BATCH = 100


class UserUpdate(Taken):
    """``PUT /users/me``: what is given is changed; a new password needs the current one."""

    name: PersonName | None = None
    phone_number: Phone | None = None
    email: Email | None = None
    password: Password | None = None
    current_password: Given | None = None


@routes.add("GET", "/me", schemas.User)
async def get_me(platform: PlatformDep, caller: PersonDep) -> Response:
    """Who you are."""
    async with platform.database.tenant(caller.org_id) as session:
        return json_answer(await _shown(session, platform, await _me(session, caller)))


async def _me(session: AsyncSession, caller: Caller) -> User:
    user = await accounts.locked_user(session, caller.require_person())
    if user is None:  # gone since this request came in
        raise RefusedError(401, CREDENTIALS)
    return user


async def _shown(session: AsyncSession, platform: Platform, user: User) -> dict[str, Any]:
    secret = None
    if user.role in ADMINISTRATORS:
        secret = await secret_of(session, Owner(user.org_id, "callcov", "live"), platform.box)
    return {
        "id": str(user.id), "object": "user", "created": created(user.created_at), "livemode": True,
        "email": user.email, "name": user.name, "phone_number": user.phone_number,
        "is_active": user.deactivated_at is None, "is_verified": user.email_verified, "role": user.role,
        "webhook_signing_secret": secret, "created_at": clock.iso(user.created_at),
        "updated_at": clock.iso(user.updated_at),
    }  # fmt: skip


@routes.add("PUT", "/me", schemas.User, sends=UserUpdate, errors=(400,))
async def update_me(request: Request, platform: PlatformDep, caller: PersonDep, actor: ActorDep) -> Response:
    """Change your name, phone number, address or password."""
    wanted = await read_json(request, UserUpdate)
    hashed = None
    if wanted.password is not None:
        await _confirm(platform, caller, wanted.current_password)
        hashed = await passwords.hashed(wanted.password)
    if wanted.email is not None:
        await _require_free(platform, caller, wanted.email)
    try:
        async with platform.database.tenant(caller.org_id) as session:
            user = await _me(session, caller)
            changed = await _change(session, platform, user, wanted, hashed)
            if changed:
                deed = Deed("user.updated", user.id, {"fields": sorted(changed)})
                await audit.record(session, user.org_id, actor, deed)
            await session.flush()
            await session.refresh(user)
            return json_answer(await _shown(session, platform, user))
    except IntegrityError as error:
        if profile.taken(error):
            raise RefusedError(400, "Email already registered") from error
        raise


async def _confirm(platform: Platform, caller: Caller, password: str | None) -> None:
    """The current password, before another takes its place."""
    if password is None:
        raise refused_field(("body", "current_password"), "missing", "Field required", {})
    await throttle.password_check(platform.database, caller.user_id)
    async with platform.database.tenant(caller.org_id) as session:
        known = await accounts.user(session, caller.require_person())
    right, _renewed = await passwords.verify(password, known.password_hash if known else None)
    if not right:
        raise RefusedError(400, "Current password is incorrect")


async def _require_free(platform: Platform, caller: Caller, email: str) -> None:
    async with platform.database.presenting(email.lower()) as session:
        known = await accounts.user_by_email(session, email)
    if known is not None and known.id != caller.user_id:
        raise RefusedError(400, "Email already registered")
    if known is not None and known.email == email:
        return  # no change, and no message; in other letters it is one
    if not await throttle.may_send_link(platform.database, email):
        raise RateLimitedError("Enough messages went to this address for now.", throttle.HOUR)


async def _change(
    session: AsyncSession, platform: Platform, user: User, wanted: UserUpdate, hashed: str | None
) -> set[str]:
    """Change what is given; a new address is to be confirmed."""
    values: Mapping[str, Any] = {
        name: getattr(wanted, name)
        for name in ("name", "phone_number", "email")
        if name in wanted.model_fields_set
    }
    changed = {name for name, value in values.items() if getattr(user, name) != value}
    if "name" in changed:
        user.name = checked_name(wanted.name)
    if "phone_number" in changed:
        user.phone_number = wanted.phone_number
    if "email" in changed and wanted.email is not None:
        await links.send_to_new_address(session, user, wanted.email, platform.public_url)
    if hashed is not None:
        user.password_hash = hashed
        await sessions.end_all(session, user.id)
        changed.add("password")
    return changed


@routes.add("DELETE", "/me", schemas.Deleted)
async def delete_me(platform: PlatformDep, caller: PersonDep, actor: ActorDep) -> Response:
    """Delete your account, and with the last owner everything that the organisation recorded."""
    user_id = caller.require_person()
    async with platform.database.tenant(caller.org_id) as session:
        last = await leaving.is_last_owner(session, user_id)
        if last:
            await leaving.close(session, user_id)
        else:
            await leaving.leave(session, user_id, actor, with_keys=False)
    if last:
        if platform.payments is not None:  # first: nobody pays for what is gone
            async with paying():
                await platform.payments.leave(caller.org_id)
        await _erase_everything(platform, caller, actor)
        async with platform.database.tenant(caller.org_id) as session:
            await leaving.leave(session, user_id, actor, with_keys=True)
    return json_answer({"id": str(user_id), "object": "user", "deleted": True})


async def _erase_everything(platform: Platform, caller: Caller, actor: Actor) -> None:
    """Every analysis with its recording, in both modes, what came without one, and every webhook."""
    for mode in _MODES:
        while found := await _some(platform, caller, mode):
            for one in found:
                try:
                    await erase.erase(platform.database, platform.vault, actor, caller.org_id, one.id, mode)
                except NotFoundError:
                    continue  # somebody else erased it meanwhile
    await erase.erase_rest(platform.database, platform.vault, caller.org_id)
    async with platform.database.tenant(caller.org_id) as session:
        for endpoint in await webhooks.every_endpoint(session):
            await endpoints.delete(session, endpoint, actor)


async def _some(platform: Platform, caller: Caller, mode: Mode) -> Any:
    async with platform.database.tenant(caller.org_id) as session:
        return await list_queries.calls(session, list_queries.Filters(mode=mode), after=None, limit=_BATCH)
