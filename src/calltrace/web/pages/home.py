"""Addresses that lead somewhere else."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from calltrace.web.deps import AdministratorDep, SignedInDep

INTEGRATIONS = "/admin/integrations"
router = APIRouter()


@router.get("/")
async def home(_who: SignedInDep) -> RedirectResponse:
    """To what everybody works with."""
    return RedirectResponse("/calls", 303)


@router.get(INTEGRATIONS)
@router.get("/account/api-keys")
async def integrations(_who: AdministratorDep) -> RedirectResponse:
    """Admin > Integrations begins with the API keys (acceptance CT-001)."""
    return RedirectResponse(f"{INTEGRATIONS}/api-keys", 303)


@router.get("/account/webhooks")
async def webhooks(_who: AdministratorDep) -> RedirectResponse:
    """Where the sister products have it."""
    return RedirectResponse(f"{INTEGRATIONS}/webhooks", 303)
