"""``/admin/integrations/webhooks``: endpoints and their secrets (acceptance CT-110, CT-111, CT-133)."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.accounts.errors import ForbiddenError, PlanRequiredError
from calltrace.accounts.models import Mode
from calltrace.kit import clock
from calltrace.kit.errors import CallTraceError, FieldError, InvalidRequestError
from calltrace.kit.ids import as_uuid
from calltrace.kit.outbound import UrlBlockedError, UrlNotHttpsError, UrlUnreachableError
from calltrace.kit.words import Words
from calltrace.web import once
from calltrace.web.deps import Desk, DeskDep, PostedDep, path_id
from calltrace.web.forms import Form, Mistakes
from calltrace.web.pages.home import INTEGRATIONS
from calltrace.web.pages.keys import CONTRACTS
from calltrace.web.render import NO_MISTAKES, page
from calltrace.webhooks import endpoints, queries, replay, rotation
from calltrace.webhooks.endpoints import NewEndpoint
from calltrace.webhooks.errors import EndpointDisabledError, TooManyEndpointsError, TooManySecretsError
from calltrace.webhooks.events import EVENT_TYPES
from calltrace.webhooks.models import Endpoint
from calltrace.webhooks.queries import DeliveryFilters

PATH = f"{INTEGRATIONS}/webhooks"
OWNERS_ONLY = frozenset({"callcenterrate"})
"""Contracts whose webhooks only owners manage (acceptance CR-031)."""


async def managed(request: Request, desk: DeskDep) -> None:
    """Refuse whoever may not manage the endpoint that a path names, if there is one.

    Raises:
        ForbiddenError: only owners may.
    """
    named = as_uuid(request.path_params.get("endpoint_id", ""))
    if named is None:
        return
    async with desk.transaction() as session:
        endpoint = await queries.endpoint_by_id(session, named, None)
    if endpoint is not None:
        _require_owner(desk, endpoint.contract)


def _require_owner(desk: Desk, contract: str) -> None:
    if contract in OWNERS_ONLY and desk.who.role != "owner":
        raise ForbiddenError(
            Words("Webhooks of %(contract)s are for owners. Ask one of yours.", contract=CONTRACTS[contract])
        )


router = APIRouter(prefix=PATH, dependencies=[Depends(managed)])
LONGEST_URL, LONGEST_DESCRIPTION = 8192, 255
RECENT = 10
"""Deliveries on the page of an endpoint; the list has all."""
OVERLAPS = (0, 1, 24, 72, rotation.LONGEST_OVERLAP_HOURS)
_FIELDS = ("contract", "url", "description", "events", "mode")
_BLANK = Form({"events": ["analysis.completed", "analysis.failed"], "mode": ["live"]})
_URL_ERRORS = (UrlNotHttpsError, UrlBlockedError, UrlUnreachableError)
_REFUSED = (InvalidRequestError, PlanRequiredError, TooManyEndpointsError, *_URL_ERRORS)


@router.get("")
async def show_all(request: Request, desk: DeskDep) -> Response:
    """All endpoints of both modes."""
    async with desk.transaction() as session:
        found = await queries.endpoints(session)
    return page(request, "endpoints/list.html", endpoints=found)


@router.get("/new")
async def form(request: Request, desk: DeskDep) -> Response:
    """The form for a new endpoint."""
    return _form(request, desk, _BLANK, None)


def _form(
    request: Request, desk: Desk, filled: Form, endpoint: Endpoint | None, error: CallTraceError | None = None
) -> Response:
    mistakes = Mistakes.of(error, _FIELDS, "url" if isinstance(error, _URL_ERRORS) else "") if error else None
    return page(
        request, "endpoints/form.html", status=error.status if error else 200, form=filled, endpoint=endpoint,
        event_types=EVENT_TYPES, contracts=CONTRACTS.items(),
        once=once.ticket(desk.who), mistakes=mistakes or NO_MISTAKES,
    )  # fmt: skip


@router.post("/new")
async def create(request: Request, desk: DeskDep, form: PostedDep) -> Response:
    """Subscribe a URL and show its secret, this once: a reload makes no second endpoint."""
    try:
        wanted = _wanted(form)
        _require_owner(desk, wanted.contract)
        await once.use(desk.platform.database, desk.who, form.exact("once"))
        endpoint, secret = await endpoints.create(desk.webhooks, desk.caller, wanted)
    except _REFUSED as error:
        return _form(request, desk, form, None, error)
    return page(
        request, "endpoints/secret.html", status=201, endpoint=endpoint, secret=secret, overlap_until=None
    )


def _wanted(form: Form) -> NewEndpoint:
    """An endpoint as the form describes it."""
    url, description, mode = form.text("url"), form.text("description"), form.text("mode")
    if not 0 < len(url) <= LONGEST_URL:
        raise _wrong("url", Words("Write the HTTPS URL of the receiver."))
    if len(description) > LONGEST_DESCRIPTION:
        raise _wrong(
            "description",
            Words(
                "A description has at most %(longest_description)s characters.",
                longest_description=LONGEST_DESCRIPTION,
            ),
        )
    if not form.every("events"):
        raise _wrong("events", Words("Choose at least one event."))
    contract = form.text("contract") or "calltrace"
    if contract not in CONTRACTS:
        raise _wrong("contract", Words("Choose one of these."))
    if contract in OWNERS_ONLY:
        mode = "live"
    if mode not in {"live", "test"}:
        raise _wrong("mode", Words("Choose live or test."))
    return NewEndpoint(url, form.every("events"), cast("Mode", mode), description or None, contract)


def _wrong(field: str, detail: str) -> InvalidRequestError:
    return InvalidRequestError(detail, errors=[FieldError(f"/{field}", detail)])


@router.get("/{endpoint_id}")
async def show(request: Request, endpoint_id: str, desk: DeskDep) -> Response:
    """One endpoint: how it is doing, what can be done with it, and its latest deliveries."""
    async with desk.transaction() as session:
        endpoint = await endpoints.find(session, path_id(endpoint_id), None)
        which = DeliveryFilters(endpoint_id=endpoint.id)
        deliveries, following = await replay.page(session, which, cursor=None, limit=RECENT)
    return page(
        request, "endpoints/show.html", endpoint=endpoint, deliveries=deliveries, more=following is not None,
        overlap_until=rotation.last_until(endpoint, clock.now()),
    )  # fmt: skip


async def _find(desk: Desk, endpoint_id: UUID) -> Endpoint:
    async with desk.transaction() as session:
        return await endpoints.find(session, endpoint_id, None)


@router.get("/{endpoint_id}/edit")
async def edit_form(request: Request, endpoint_id: str, desk: DeskDep) -> Response:
    """The form to change an endpoint."""
    endpoint = await _find(desk, path_id(endpoint_id))
    filled = {
        "url": [endpoint.url], "description": [endpoint.description or ""], "events": endpoint.events,
        "mode": [endpoint.mode], "contract": [endpoint.contract],
    }  # fmt: skip
    return _form(request, desk, Form(filled), endpoint)


@router.post("/{endpoint_id}/edit")
async def edit(request: Request, endpoint_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Change URL, events or description; the mode of an endpoint stays."""
    endpoint = await _find(desk, path_id(endpoint_id))
    filled = Form({**form.values, "mode": [endpoint.mode], "contract": [endpoint.contract]})
    try:
        wanted = _wanted(filled)
        changes = {"url": wanted.url, "events": wanted.events, "description": wanted.description}
        await endpoints.change(desk.webhooks, desk.caller, endpoint.id, changes)
    except _REFUSED as error:
        return _form(request, desk, filled, endpoint, error)
    return RedirectResponse(f"{PATH}/{endpoint.id}?done=endpoint-changed", 303)


@router.post("/{endpoint_id}/disable")
async def disable(endpoint_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Stop sending; what waits ends as failed."""
    found = path_id(endpoint_id)
    await endpoints.change(desk.webhooks, desk.caller, found, {"disabled": True})
    return RedirectResponse(f"{PATH}/{found}?done=endpoint-disabled", 303)


@router.post("/{endpoint_id}/enable")
async def enable(endpoint_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Send again, as if it had never failed."""
    found = path_id(endpoint_id)
    await endpoints.change(desk.webhooks, desk.caller, found, {"disabled": False})
    return RedirectResponse(f"{PATH}/{found}?done=endpoint-enabled", 303)


@router.post("/{endpoint_id}/test")
async def send_test(endpoint_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Send a test event, and lead to where it can be watched."""
    try:
        async with desk.transaction() as session:
            endpoint = await endpoints.find(session, path_id(endpoint_id), None)
            delivery = await endpoints.test(session, endpoint, desk.actor)
    except EndpointDisabledError:
        return RedirectResponse(f"{PATH}/{path_id(endpoint_id)}", 303)  # the page says that it is disabled
    return RedirectResponse(f"{INTEGRATIONS}/deliveries/{delivery.id}?done=test-sent", 303)


@router.get("/{endpoint_id}/delete")
async def ask_delete(request: Request, endpoint_id: str, desk: DeskDep) -> Response:
    """Whether it is really meant: the history goes too."""
    return page(request, "endpoints/delete.html", endpoint=await _find(desk, path_id(endpoint_id)))


@router.post("/{endpoint_id}/delete")
async def delete(endpoint_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Delete an endpoint, at once for everybody."""
    async with desk.transaction() as session:
        endpoint = await endpoints.find(session, path_id(endpoint_id), None)
        await endpoints.delete(session, endpoint, desk.actor)
    return RedirectResponse(f"{PATH}?done=endpoint-deleted", 303)


@router.get("/{endpoint_id}/rotate")
async def rotate_form(request: Request, endpoint_id: str, desk: DeskDep) -> Response:
    """What rotating does, and how long the old secret stays good."""
    return _rotate_form(request, desk, await _find(desk, path_id(endpoint_id)))


def _rotate_form(
    request: Request, desk: Desk, endpoint: Endpoint, error: CallTraceError | None = None
) -> Response:  # fmt: skip
    return page(
        request, "endpoints/rotate.html", status=error.status if error else 200, endpoint=endpoint,
        overlaps=OVERLAPS, usual=rotation.DEFAULT_OVERLAP_HOURS, once=once.ticket(desk.who),
        mistakes=Mistakes.of(error, ("overlapHours",)) if error else NO_MISTAKES,
    )  # fmt: skip


@router.post("/{endpoint_id}/rotate")
async def rotate(request: Request, endpoint_id: str, desk: DeskDep, form: PostedDep) -> Response:
    """Give an endpoint a new secret and show it, this once: a reload makes no third one."""
    endpoint = await _find(desk, path_id(endpoint_id))
    try:
        hours = _overlap(form)
        await once.use(desk.platform.database, desk.who, form.exact("once"))
        async with desk.transaction() as session:
            endpoint = await endpoints.find(session, endpoint.id, None)
            secret = await endpoints.rotate(session, endpoint, desk.platform.box, hours, desk.actor)
    except (InvalidRequestError, TooManySecretsError) as error:
        return _rotate_form(request, desk, endpoint, error)
    until = rotation.last_until(endpoint, clock.now())
    return page(
        request, "endpoints/secret.html", status=201, endpoint=endpoint, secret=secret, overlap_until=until
    )


def _overlap(form: Form) -> int:
    text = form.text("overlapHours")
    if text not in map(str, OVERLAPS):
        raise _wrong("overlapHours", Words("Choose how long the old secret stays good."))
    return int(text)
