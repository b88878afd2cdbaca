"""What endpoints are given: the platform's parts and who is calling."""

import uuid
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from calltrace.accounts.keys import Principal, authenticate
from calltrace.kit.errors import FieldError, InvalidRequestError, NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.pipeline.context import Platform

bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer ct_live_…`."
)


def get_platform(request: Request) -> Platform:
    """The parts that were built at start."""
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(get_platform)]


async def get_principal(
    request: Request,
    platform: PlatformDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Principal:
    """Whose key this is; employee sessions are no credential here (acceptance CT-003)."""
    token = credentials.credentials if credentials else None
    return await authenticate(platform.database, token, request.client.host if request.client else None)


PrincipalDep = Annotated[Principal, Depends(get_principal)]


def reader(principal: PrincipalDep) -> Principal:
    """A key that may read analyses (acceptance CT-025)."""
    principal.require("analysis:read")
    return principal


def writer(principal: PrincipalDep) -> Principal:
    """A key that may create analyses (acceptance CT-024)."""
    principal.require("analysis:write")
    return principal


Reader = Annotated[Principal, Depends(reader)]
Writer = Annotated[Principal, Depends(writer)]


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
