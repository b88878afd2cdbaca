"""What endpoints are given: the platform's parts and who is calling.

All are coroutines: a plain function would be sent to a thread for each request.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from calltrace.accounts.audit import Actor
from calltrace.accounts.keys import Principal, authenticate
from calltrace.accounts.usage import Asked
from calltrace.api.throttle import throttle
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.pipeline.context import Platform

bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer ct_live_…`."
)


async def get_platform(request: Request) -> Platform:
    """The parts that were built at start."""
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(get_platform)]


async def get_principal(
    request: Request,
    platform: PlatformDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Principal:
    """Whose key this is; employee sessions are no credential here (acceptance CT-003).

    Every call with a valid key counts against the limits, also one that is refused for another reason.
    """
    token = credentials.credentials if credentials else None
    peer = request.client.host if request.client else None
    principal = await authenticate(platform.database, token, peer)
    await throttle(request, platform, principal)
    platform.meter.note(
        platform.database, Asked(principal.org_id, "calltrace", principal.mode, principal.key_id)
    )
    return principal


PrincipalDep = Annotated[Principal, Depends(get_principal)]


async def get_actor(request: Request, principal: PrincipalDep) -> Actor:
    """The caller as the audit trail names it."""
    address = request.client.host if request.client else None
    return Actor("api_key", principal.prefix, principal.key_id, address, request.scope["request_id"])


ActorDep = Annotated[Actor, Depends(get_actor)]


def scoped(scope: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency that lets keys with one scope pass (acceptance CT-023)."""

    async def check(principal: PrincipalDep) -> Principal:
        principal.require(scope)
        return principal

    return check


Reader = Annotated[Principal, Security(scoped("analysis:read"), scopes=["analysis:read"])]
Writer = Annotated[Principal, Security(scoped("analysis:write"), scopes=["analysis:write"])]
CallReader = Annotated[Principal, Security(scoped("calls:read"), scopes=["calls:read"])]
Uploader = Annotated[Principal, Security(scoped("storage:write"), scopes=["storage:write"])]
WebhookReader = Annotated[Principal, Security(scoped("webhooks:read"), scopes=["webhooks:read"])]
WebhookWriter = Annotated[Principal, Security(scoped("webhooks:write"), scopes=["webhooks:write"])]
CatalogReader = Annotated[Principal, Security(scoped("catalog:read"), scopes=["catalog:read"])]


def live(scope: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency that lets live keys with one scope pass: what they change serves test calls, too."""

    async def check(
        principal: Annotated[Principal, Security(scoped(scope), scopes=[scope])],
    ) -> Principal:
        principal.require_live()
        return principal

    return check


CatalogWriter = Annotated[Principal, Depends(live("catalog:write"))]


def path_id(text: str) -> uuid.UUID:
    """An id from a path; a malformed one names nothing, like an unknown one.

    Raises:
        NotFoundError: it is no UUID.
    """
    found = as_uuid(text)
    if found is None:
        raise NotFoundError("There is nothing with this id.")
    return found


def only_known(request: Request, known: frozenset[str]) -> None:
    """Refuse query parameters that do not exist or come twice: a misspelt filter must not answer everything.

    Raises:
        InvalidRequestError: naming them.
    """
    names = [name for name, _ in request.query_params.multi_items()]
    wrong = sorted({name for name in names if name not in known or names.count(name) > 1})
    if wrong:
        fields = [FieldError(f"/{name}", "Unknown, or given twice.") for name in wrong]
        raise InvalidRequestError(f"Unknown or repeated parameter: {', '.join(wrong)}.", errors=fields)
