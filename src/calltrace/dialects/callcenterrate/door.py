"""Who is calling: the key, and what the plan of its organisation gives (acceptance CR-001 to CR-008)."""

from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from calltrace.accounts import plan_access
from calltrace.accounts.keys import Principal, authenticate
from calltrace.accounts.quotas import quota_of
from calltrace.accounts.usage import Asked
from calltrace.pipeline.context import Platform

bearer = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="An API key: `Authorization: Bearer ccr_live_…`."
)


async def get_platform(request: Request) -> Platform:
    """The parts that were built at start."""
    return cast("Platform", request.app.state.platform)


PlatformDep = Annotated[Platform, Depends(get_platform)]


async def get_caller(
    request: Request,
    platform: PlatformDep,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> Principal:
    """Whose key this is. A call counts from here on, whatever is answered to it (decision CRX-5).

    Raises:
        UnauthorizedError: missing, malformed, unknown or revoked. PlanRequiredError: the plan has no API.
        QuotaExceededError: the calls of this month are used up.
    """
    token = credentials.credentials if credentials else None
    peer = request.client.host if request.client else None
    principal = await authenticate(platform.database, token, peer, "callcenterrate")
    async with platform.database.tenant(principal.org_id) as session:
        organisation = await plan_access.require_api(session, principal.org_id, "callcenterrate")
    if quota := quota_of(organisation, platform.plans, "api_calls"):
        await platform.quotas.use(platform.database, quota)
    asked = Asked(principal.org_id, "callcenterrate", principal.mode, principal.key_id)
    platform.meter.note(platform.database, asked)
    return principal


CallerDep = Annotated[Principal, Depends(get_caller)]
