"""``/api/v1/webhook-deliveries``: one delivery with its attempts, and delivering it once more."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Response

from calltrace.api.deps import PlatformDep, WebhookReader
from calltrace.api.openapi import problems
from calltrace.api.parameters import as_json
from calltrace.api.webhook_endpoints import CONTRACT, CallerDep
from calltrace.kit.errors import NotFoundError
from calltrace.webhooks import replay
from calltrace.webhooks.document import DeliveryDetail, DeliveryDocument, delivery_detail, delivery_document

router = APIRouter(prefix="/webhook-deliveries", tags=["Webhooks"])
DeliveryId = Annotated[str, Path(examples=["whd_01jz8n0f8ck2bk0smq7h2x1t0r"])]
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


@router.get("/{delivery_id}", response_model=DeliveryDetail, responses=problems(401, 403, 404, 500, 503))
async def get_webhook_delivery(
    delivery_id: DeliveryId, platform: PlatformDep, principal: WebhookReader
) -> Response:
    """A delivery with the body that is sent and its latest attempts (at most 100), first to last."""
    async with platform.database.tenant(principal.org_id) as session:
        found, attempts = await replay.find(session, known_form(delivery_id), principal.mode, CONTRACT)
    return await as_json(lambda: delivery_detail(found, attempts).model_dump(mode="json"))


@router.post("/{delivery_id}/redeliver", status_code=202, responses=problems(401, 403, 404, 409, 500, 503))
async def redeliver_webhook(
    delivery_id: DeliveryId, platform: PlatformDep, caller: CallerDep
) -> DeliveryDocument:
    """Deliver once more: the same `deliveryId` and body, a fresh schedule."""
    async with platform.database.tenant(caller.org_id) as session:
        redelivered = await replay.redeliver(
            session, known_form(delivery_id), caller.actor, caller.mode, caller.contract
        )
        return delivery_document(redelivered)


def known_form(text: str) -> str:
    """A delivery's id from a path; a text that can be none names nothing, like an unknown one.

    Raises:
        NotFoundError: it can be none.
    """
    if not _ID.fullmatch(text):
        raise NotFoundError("There is no delivery with this id.")
    return text
