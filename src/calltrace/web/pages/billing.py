"""``/billing``: the plan, what was used of it, and the way to where it is paid."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts.billing import bill
from calltrace.accounts.models import Plan
from calltrace.accounts.subscriptions import PAID
from calltrace.kit.errors import InvalidRequestError, NotFoundError
from calltrace.payments.service import PAGE, Order, Payments
from calltrace.web.deps import Desk, DeskDep, PostedDep
from calltrace.web.render import page

router = APIRouter(prefix=PAGE)
_SOLD: dict[str, Plan] = {"pro": "pro", "business": "business"}


@router.get("")
async def show(request: Request, desk: DeskDep) -> Response:
    """This month with its forecast, by key, and the months before; and the plans that can be paid for."""
    async with desk.transaction() as session:
        found = await bill(session, desk.who.org_id, desk.platform.plans)
    plans = desk.platform.plans
    sold = [(plan, plans[plan]) for plan in _SOLD.values()] if desk.platform.payments else []
    return page(
        request, "billing.html", bill=found, terms=found.minutes.terms, sold=sold,
        paid=found.plan in PAID, plans=plans, metered=desk.platform.metering is not None,
    )  # fmt: skip


@router.post("/plan")
async def take(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Go over to a plan, or to the page of Stripe's where the first one is paid."""
    plan = _SOLD.get(form.text("plan"))
    if plan is None:
        raise InvalidRequestError("There is no such plan.")
    order = Order(desk.who.org_id, plan, desk.actor, desk.who.email)
    way = await _payments(desk).change(order)
    if way is None:
        return RedirectResponse(f"{PAGE}?done=plan-changed", 303)
    return page(request, "billing_leave.html", way=way, terms=desk.platform.plans[plan])


@router.post("/portal")
async def portal(request: Request, desk: DeskDep, _form: PostedDep) -> Response:
    """To the page of Stripe's for cards, invoices and cancelling."""
    way = await _payments(desk).portal(desk.who.org_id, desk.who.email)
    return page(request, "billing_leave.html", way=way, terms=None)


def _payments(desk: Desk) -> Payments:
    if desk.platform.payments is None:
        raise NotFoundError("Nothing is paid for here.")
    return desk.platform.payments


@router.get("/plan")
@router.get("/portal")
async def again(_desk: DeskDep) -> Response:
    """The address of an answer to a form, when it is opened anew."""
    return RedirectResponse(PAGE, 303)
