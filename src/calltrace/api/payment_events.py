"""``POST /api/stripe/events``: what Stripe tells us. No operation of the contract: it is not for callers."""

from fastapi import APIRouter, Request

from calltrace.api.body import read
from calltrace.api.deps import PlatformDep
from calltrace.kit.errors import NotFoundError
from calltrace.payments import events

router = APIRouter(prefix="/api/stripe", include_in_schema=False)


@router.post("/events")
async def take_event(request: Request, platform: PlatformDep) -> dict[str, bool]:
    """Deal with an event that is signed; any answer but 2xx makes Stripe send it again."""
    if platform.payments is None:
        raise NotFoundError("Payments are not set up here.")
    secrets = [one.strip() for one in platform.settings.stripe_webhook_secret.split(",")]
    event = events.verified(await read(request), request.headers.get("stripe-signature"), secrets)
    await events.take(platform.payments, event)
    return {"received": True}
