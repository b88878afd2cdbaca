"""``/admin/integrations/deliveries``: what was sent, and what came of it (acceptance CT-124, CT-125)."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from calltrace.kit.errors import NotFoundError
from calltrace.kit.ids import as_uuid
from calltrace.web.deps import DeskDep, PostedDep
from calltrace.web.pages.home import INTEGRATIONS
from calltrace.web.render import page
from calltrace.web.shown import pretty
from calltrace.webhooks import endpoints, queries, replay
from calltrace.webhooks.errors import DeliverySuppressedError, EndpointDisabledError
from calltrace.webhooks.events import EVENT_TYPES, PING
from calltrace.webhooks.queries import DeliveryFilters

PATH = f"{INTEGRATIONS}/deliveries"
router = APIRouter(prefix=PATH)
STATUSES = ("pending", "delivered", "failed")
EVENTS = (*EVENT_TYPES, PING)
PAGE = 50
LONGEST_SHOWN = 100_000
"""Characters of a payload on the page; the rest is in the file."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""What ids of deliveries are written with, whatever the contract."""


@router.get("")
async def show_all(
    request: Request, desk: DeskDep, endpoint: str = "", event: str = "", status: str = "",
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:  # fmt: skip
    """Deliveries, newest first, narrowed down by endpoint, event and status."""
    chosen = {"endpoint": endpoint, "event": event, "status": status}
    which = _filters(**chosen)
    async with desk.transaction() as session:
        known = await queries.endpoints(session)
        found, following = await replay.page(session, which, cursor=cursor, limit=PAGE)
    narrowed = {name: value for name, value in chosen.items() if value}
    return page(
        request, "deliveries/list.html", deliveries=found, endpoints={one.id: one for one in known},
        events=EVENTS, statuses=STATUSES, chosen=chosen, narrowed=bool(narrowed), first=cursor is None,
        newest=f"{PATH}?{urlencode(narrowed)}",
        older=f"{PATH}?{urlencode({**narrowed, 'cursor': following})}" if following else None,
    )  # fmt: skip


def _filters(endpoint: str, event: str, status: str) -> DeliveryFilters:
    """The filters of the address; what no form of ours offers leads to no page."""
    endpoint_id = as_uuid(endpoint) if endpoint else None
    if (endpoint and endpoint_id is None) or event not in {"", *EVENTS} or status not in {"", *STATUSES}:
        raise NotFoundError("There is no such filter.")
    return DeliveryFilters(endpoint_id, (status,) if status else (), event or None)


@router.get("/{delivery_id}")
async def show(request: Request, delivery_id: str, desk: DeskDep) -> Response:
    """One delivery with every attempt, what was sent, and what the receiver answered."""
    async with desk.transaction() as session:
        delivery, attempts = await replay.find(session, _checked(delivery_id), None)
        endpoint = await endpoints.find(session, delivery.endpoint_id, None)
    cut = len(delivery.body) > LONGEST_SHOWN
    return page(
        request, "deliveries/show.html", delivery=delivery, attempts=attempts, endpoint=endpoint, cut=cut,
        payload=delivery.body[:LONGEST_SHOWN] if cut else pretty(delivery.body),
    )  # fmt: skip


@router.get("/{delivery_id}/payload")
async def payload(delivery_id: str, desk: DeskDep) -> Response:
    """The exact body that every attempt sends and signs, as a file."""
    async with desk.transaction() as session:
        delivery, _attempts = await replay.find(session, _checked(delivery_id), None)
    headers = {"Content-Disposition": f'attachment; filename="{delivery.id}.json"'}
    return Response(delivery.body, media_type="application/json", headers=headers)


@router.post("/{delivery_id}/redeliver")
async def redeliver(delivery_id: str, desk: DeskDep, _form: PostedDep) -> Response:
    """Deliver once more: the same id and body, a fresh schedule."""
    checked = _checked(delivery_id)
    try:
        async with desk.transaction() as session:
            await replay.redeliver(session, checked, desk.actor)
    except (EndpointDisabledError, DeliverySuppressedError):
        return RedirectResponse(f"{PATH}/{checked}", 303)  # the page says so
    return RedirectResponse(f"{PATH}/{checked}?done=redelivered", 303)


def _checked(delivery_id: str) -> str:
    """An id from a path; a malformed one names nothing, like an unknown one."""
    if not _ID.fullmatch(delivery_id):
        raise NotFoundError("There is no delivery with this id.")
    return delivery_id
