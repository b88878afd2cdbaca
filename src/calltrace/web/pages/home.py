"""Addresses that lead somewhere else."""

from typing import get_args

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from calltrace.accounts.models import Mode
from calltrace.analyses import calls
from calltrace.analyses.list_queries import Filters, Listed
from calltrace.web.deps import AdministratorDep, PlatformDep, SignedInDep

INTEGRATIONS, WELCOME = "/admin/integrations", "/welcome"
router = APIRouter()


@router.get("/")
async def home(platform: PlatformDep, who: SignedInDep) -> RedirectResponse:
    """To what everybody works with; whoever administers an empty organisation is led to a first call."""
    if who.administers:
        async with platform.database.tenant(who.org_id) as session:
            if await newest_call(session) is None:
                return RedirectResponse(WELCOME, 303)
    return RedirectResponse("/calls", 303)


async def newest_call(session: AsyncSession) -> Listed | None:
    """The call that came in last, of either mode."""
    for mode in get_args(Mode):
        found, _more = await calls.listed(session, Filters(mode=mode), cursor=None, limit=1)
        if found:
            return found[0]
    return None


@router.get(INTEGRATIONS)
@router.get("/account/api-keys")
async def integrations(_who: AdministratorDep) -> RedirectResponse:
    """Admin > Integrations begins with the API keys (acceptance CT-001)."""
    return RedirectResponse(f"{INTEGRATIONS}/api-keys", 303)


@router.get("/account/webhooks")
async def webhooks(_who: AdministratorDep) -> RedirectResponse:
    """Where the sister products have it."""
    return RedirectResponse(f"{INTEGRATIONS}/webhooks", 303)
