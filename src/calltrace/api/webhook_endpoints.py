"""``/api/v1/webhook-endpoints``: who is told what, and the secrets that deliveries are signed with."""

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from calltrace.api.body import has_body, read_json
from calltrace.api.deps import ActorDep, PlatformDep, WebhookReader, WebhookWriter, only_known, path_id
from calltrace.api.openapi import json_body, problems
from calltrace.api.parameters import Limit, Moment, Position
from calltrace.api.webhook_schemas import (
    DeliveryList,
    EndpointChanges,
    EndpointList,
    EndpointRequest,
    Redelivered,
    RedeliverRequest,
    RotationRequest,
)
from calltrace.webhooks import endpoints, replay
from calltrace.webhooks.document import (
    DeliveryDocument,
    EndpointDocument,
    EndpointWithSecret,
    delivery_document,
    endpoint_document,
    endpoint_with_secret,
)
from calltrace.webhooks.endpoints import Caller, Desk
from calltrace.webhooks.events import EventName
from calltrace.webhooks.queries import DeliveryFilters

router = APIRouter(prefix="/webhook-endpoints", tags=["Webhooks"])
CONTRACT = "calltrace"
"""Endpoints of other contracts are managed by these."""
ONE = "/{endpoint_id}"
Status = Literal["pending", "delivered", "failed"]
LIST_PARAMETERS = frozenset({"limit", "cursor"})
DELIVERY_PARAMETERS = frozenset({"status", "event", "from", "to", "limit", "cursor"})


async def get_desk(platform: PlatformDep) -> Desk:
    """What managing endpoints needs."""
    return Desk(platform.database, platform.client, platform.box, platform.policy)


async def get_caller(principal: WebhookWriter, actor: ActorDep) -> Caller:
    """Who manages: a key sees the endpoints of its own mode."""
    return Caller(principal.org_id, actor, principal.mode, CONTRACT)


DeskDep = Annotated[Desk, Depends(get_desk)]
CallerDep = Annotated[Caller, Depends(get_caller)]


@router.post(
    "", status_code=201, responses=problems(400, 401, 403, 409, 413, 422, 500, 503),
    openapi_extra=json_body(EndpointRequest),
)  # fmt: skip
async def create_webhook_endpoint(
    request: Request, response: Response, desk: DeskDep, caller: CallerDep, principal: WebhookWriter
) -> EndpointWithSecret:
    """Subscribe a URL. The answer has the signing secret, this once."""
    wanted = await read_json(request, EndpointRequest)
    made, secret = await endpoints.create(desk, caller, wanted.wanted(principal.mode))
    response.headers["Location"] = f"{request.url.path}/{made.id}"
    return endpoint_with_secret(made, secret)


@router.get("", responses=problems(400, 401, 403, 500, 503))
async def list_webhook_endpoints(
    request: Request,
    platform: PlatformDep,
    principal: WebhookReader,
    limit: Limit = 50,
    cursor: Position = None,
) -> EndpointList:
    """Endpoints of the key's organisation and mode, newest first; never a secret."""
    only_known(request, LIST_PARAMETERS)
    async with platform.database.tenant(principal.org_id) as session:
        found, following = await endpoints.page(
            session, principal.mode, cursor=cursor, limit=limit, contract=CONTRACT
        )
    return EndpointList(data=[endpoint_document(one) for one in found], next_cursor=following)


@router.get(ONE, responses=problems(401, 403, 404, 500, 503))
async def get_webhook_endpoint(
    endpoint_id: str, platform: PlatformDep, principal: WebhookReader
) -> EndpointDocument:
    """One endpoint; never its secret."""
    async with platform.database.tenant(principal.org_id) as session:
        return endpoint_document(
            await endpoints.find(session, path_id(endpoint_id), principal.mode, CONTRACT)
        )


@router.patch(
    ONE, responses=problems(400, 401, 403, 404, 413, 422, 500, 503), openapi_extra=json_body(EndpointChanges)
)
async def change_webhook_endpoint(
    endpoint_id: str, request: Request, desk: DeskDep, caller: CallerDep
) -> EndpointDocument:
    """Change what is sent. Disabling ends what waits for the endpoint as failed; it can be redelivered."""
    body = await read_json(request, EndpointChanges)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return endpoint_document(await endpoints.change(desk, caller, path_id(endpoint_id), changes))


@router.delete(ONE, status_code=204, responses=problems(401, 403, 404, 500, 503))
async def delete_webhook_endpoint(endpoint_id: str, platform: PlatformDep, caller: CallerDep) -> None:
    """Delete an endpoint with its deliveries; what waits for it is not sent any more."""
    async with platform.database.tenant(caller.org_id) as session:
        found = await endpoints.find(session, path_id(endpoint_id), caller.mode, CONTRACT)
        await endpoints.delete(session, found, caller.actor)


@router.post(f"{ONE}/test", status_code=202, responses=problems(401, 403, 404, 409, 500, 503))
async def test_webhook_endpoint(
    endpoint_id: str, platform: PlatformDep, caller: CallerDep
) -> DeliveryDocument:
    """Send a `webhook.ping`."""
    async with platform.database.tenant(caller.org_id) as session:
        found = await endpoints.find(session, path_id(endpoint_id), caller.mode, CONTRACT)
        return delivery_document(await endpoints.test(session, found, caller.actor))


@router.post(
    f"{ONE}/rotate-secret", responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(RotationRequest, required=False),
)  # fmt: skip
async def rotate_webhook_secret(
    endpoint_id: str, request: Request, platform: PlatformDep, caller: CallerDep
) -> EndpointWithSecret:
    """Make a new secret, in the answer this once. The one of before stays good until the overlap ends."""
    wanted = (
        await read_json(request, RotationRequest) if has_body(request) else RotationRequest.model_validate({})
    )
    async with platform.database.tenant(caller.org_id) as session:
        found = await endpoints.find(session, path_id(endpoint_id), caller.mode, CONTRACT)
        secret = await endpoints.rotate(session, found, platform.box, wanted.overlap_hours, caller.actor)
        return endpoint_with_secret(found, secret)


@dataclass(frozen=True, slots=True)
class DeliveryQuery:
    """Which deliveries are wanted, and which part of them."""

    filters: DeliveryFilters
    limit: int
    cursor: str | None


async def delivery_query(
    status: Annotated[Status | None, Query()] = None,
    event: Annotated[EventName | None, Query()] = None,
    created_from: Annotated[Moment | None, Query(alias="from", description="createdAt, inclusive")] = None,
    created_to: Annotated[Moment | None, Query(alias="to", description="createdAt, inclusive")] = None,
    limit: Limit = 50,
    cursor: Position = None,
) -> DeliveryQuery:
    """The filters of a list and the part that is wanted."""
    statuses = (status,) if status else ()
    return DeliveryQuery(DeliveryFilters(None, statuses, event, created_from, created_to), limit, cursor)


@router.get(f"{ONE}/deliveries", responses=problems(400, 401, 403, 404, 500, 503))
async def list_webhook_deliveries(
    endpoint_id: str,
    request: Request,
    platform: PlatformDep,
    principal: WebhookReader,
    wanted: Annotated[DeliveryQuery, Depends(delivery_query)],
) -> DeliveryList:
    """Deliveries of an endpoint, newest first."""
    only_known(request, DELIVERY_PARAMETERS)
    async with platform.database.tenant(principal.org_id) as session:
        endpoint = await endpoints.find(session, path_id(endpoint_id), principal.mode, CONTRACT)
        which = replace(wanted.filters, endpoint_id=endpoint.id)
        found, following = await replay.page(session, which, cursor=wanted.cursor, limit=wanted.limit)
    return DeliveryList(data=[delivery_document(one) for one in found], next_cursor=following)


@router.post(
    f"{ONE}/redeliver", status_code=202, responses=problems(400, 401, 403, 404, 409, 413, 500, 503),
    openapi_extra=json_body(RedeliverRequest),
)  # fmt: skip
async def redeliver_webhooks(
    endpoint_id: str, request: Request, platform: PlatformDep, caller: CallerDep
) -> Redelivered:
    """Deliver once more what has ended in a range of time, in batches, oldest first."""
    wanted = await read_json(request, RedeliverRequest)
    count = await replay.redeliver_range(platform.database, caller, path_id(endpoint_id), wanted.span())
    return Redelivered(redelivered=count)
