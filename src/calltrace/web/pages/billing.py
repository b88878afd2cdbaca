"""``/billing``: the plan, and what was used of it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from calltrace.accounts.billing import bill
from calltrace.accounts.quotas import WARN_AT
from calltrace.web.deps import DeskDep
from calltrace.web.render import page

PATH = "/billing"
router = APIRouter(prefix=PATH)


@router.get("")
async def show(request: Request, desk: DeskDep) -> Response:
    """This month with its forecast, by key, and the months before. Here no money moves."""
    async with desk.transaction() as session:
        found = await bill(session, desk.who.org_id, desk.platform.plans)
    return page(request, "billing.html", bill=found, terms=found.minutes.terms, warn_at=WARN_AT)
